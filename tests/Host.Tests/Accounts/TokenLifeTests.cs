using Gateway.Host.Accounts;
using Gateway.Host.Configuration;
using Xunit;

namespace Gateway.Host.Tests.Accounts;

/// <summary>Promise: a token opens exactly while ttl or expire, its switch and its account let it, over restarts too; and nobody is locked out of the gateway for good.</summary>
public sealed class TokenLifeTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-tokens-");
    private readonly ManualTime _time = new();
    private SqliteConfigurationStore _store = null!;
    private AccountDirectory _accounts = null!;
    private AccessTokens _tokens = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    public async ValueTask InitializeAsync() => await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_token_with_ttl_lives_from_use_to_use()
    {
        string key = await CreateAsync(ttl: 100);
        for (int i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(99));
            Assert.True(_tokens.TryFind(key, out _));
        }
        _time.Advance(TimeSpan.FromSeconds(100));
        Assert.False(_tokens.TryFind(key, out _));
    }

    [Fact]
    public async Task A_token_is_valid_while_either_ttl_or_expire_holds()
    {
        string key = await CreateAsync(ttl: 100, expire: Now + 1_000);
        _time.Advance(TimeSpan.FromSeconds(999));
        Assert.True(_tokens.TryFind(key, out _));
        _time.Advance(TimeSpan.FromSeconds(99));
        Assert.True(_tokens.TryFind(key, out _));
        _time.Advance(TimeSpan.FromSeconds(100));
        Assert.False(_tokens.TryFind(key, out _));
    }

    [Fact]
    public async Task The_last_use_is_stored_by_the_sweep_and_holds_after_a_restart()
    {
        string key = await CreateAsync(ttl: 1_000);
        _time.Advance(TimeSpan.FromSeconds(900));
        Assert.True(_tokens.TryFind(key, out _));
        Assert.Empty(await _tokens.SweepAsync(Cancelled));
        await RestartAsync();
        _time.Advance(TimeSpan.FromSeconds(900));
        Assert.True(_tokens.TryFind(key, out Token? token));
        Assert.Equal(Now, _tokens.AccessedOf(token));
    }

    [Fact]
    public async Task The_sweep_removes_what_ended_and_nothing_else()
    {
        string ends = await CreateAsync(ttl: 100);
        string stays = await CreateAsync(ttl: 200);
        _time.Advance(TimeSpan.FromSeconds(150));
        Assert.Single(await _tokens.SweepAsync(Cancelled));
        await RestartAsync();
        Assert.False(_tokens.TryFind(ends, out _));
        Assert.True(_tokens.TryFind(stays, out _));
    }

    [Fact]
    public async Task A_switched_off_a_changed_and_a_removed_token_are_so_at_once_and_after_a_restart()
    {
        string key = await CreateAsync(ttl: 100);
        Assert.True(_tokens.TryFind(key, out Token? token));
        await _tokens.UpdateAsync(token.Id, found => found with { Enabled = false }, Cancelled);
        Assert.False(_tokens.TryFind(key, out _));
        await RestartAsync();
        Assert.False(_tokens.TryFind(key, out _));
        await _tokens.UpdateAsync(token.Id, found => found with { Enabled = true, Access = TokenAccess.Master }, Cancelled);
        Assert.True(_tokens.TryFind(key, out token));
        Assert.Equal(TokenKind.Master, token.Access.Kind);
        Assert.Null(await _tokens.RemoveAsync(token.Id, Cancelled));
        Assert.False(_tokens.TryFind(key, out _));
        await RestartAsync();
        Assert.False(_tokens.TryFind(key, out _));
    }

    [Fact]
    public async Task A_start_makes_a_start_token_when_no_master_token_of_the_root_is_left()
    {
        string standard = await CreateAsync(ttl: 1_000_000);
        Assert.Null(await _tokens.RemoveAsync(AccessTokens.StartTokenId, Cancelled));
        string? made = await RestartAsync();
        Assert.NotNull(made);
        Assert.True(_tokens.TryFind(made, out Token? start));
        Assert.Equal((AccessTokens.StartTokenId, TokenKind.Master), (start.Id, start.Access.Kind));
        Assert.True(_tokens.TryFind(standard, out _));
        Assert.Null(await RestartAsync());
        Assert.True(_tokens.TryFind(made, out _));
    }

    [Fact]
    public async Task A_configured_key_takes_the_place_of_the_start_token_and_leaves_the_others()
    {
        string other = await CreateAsync(ttl: 1_000_000);
        await RestartAsync("configured-key");
        Assert.False(_tokens.TryFind(_made, out _));
        Assert.True(_tokens.TryFind("configured-key", out Token? start));
        Assert.Equal(AccessTokens.StartTokenId, start.Id);
        Assert.True(_tokens.TryFind(other, out _));
        Assert.NotNull((await _tokens.UpdateAsync(start.Id, same => same, Cancelled)).Problem);
        Assert.NotNull(await _tokens.RemoveAsync(start.Id, Cancelled));
        Assert.Null(await RestartAsync());
        Assert.True(_tokens.TryFind(_made, out _));
        Assert.False(_tokens.TryFind("configured-key", out _));
    }

    [Fact]
    public async Task A_token_from_before_accounts_is_the_roots_master_token()
    {
        await StopAsync();
        TokenHash hash = AccessToken.Hash("old-key");
        await using (SqliteConfigurationStore old = SqliteConfigurationStore.Open(_folder.FullName))
        {
            foreach (ConfigurationItem item in await old.ListAsync("token", Cancelled)) await old.DeleteAsync("token", item.Id, item.Revision, Cancelled);
            await old.PutAsync("token", 1, $$"""{"name":"first","sha256":"{{hash}}"}""", 0, Cancelled);
        }
        Assert.Null(await StartAsync());
        Assert.True(_tokens.TryFind("FlespiToken old-key", out Token? token));
        Assert.Equal((1, AccountDirectory.RootId, "first", TokenKind.Master, true), (token.Id, token.Cid, token.Info, token.Access.Kind, token.IsStart));
    }

    [Fact]
    public async Task Tokens_of_an_account_that_is_gone_open_nothing()
    {
        (Account? account, _) = await _accounts.CreateAsync(new Account { Id = 0, OwnerId = AccountDirectory.RootId }, () => null, Cancelled);
        string key = await CreateAsync(ttl: 1_000_000, cid: account!.Id);
        Assert.True(_tokens.TryFind(key, out _));
        Assert.Null(await _accounts.RemoveAsync(account.Id, () => new((string?)null), Cancelled));
        Assert.False(_tokens.TryFind(key, out _));
        await RestartAsync();
        Assert.False(_tokens.TryFind(key, out _));
        Assert.DoesNotContain(_tokens.All, token => token.Cid == account.Id);
    }

    private string? _made;

    private async Task<string> CreateAsync(long ttl, long expire = 0, long cid = AccountDirectory.RootId)
    {
        var draft = new Token { Id = 0, Cid = cid, Ttl = ttl, Expire = expire, Access = TokenAccess.Standard, Hash = default };
        (Token? token, string key, string? problem) = await _tokens.CreateAsync(draft, () => null, Cancelled);
        Assert.Null(problem);
        Assert.NotNull(token);
        return key;
    }

    private async Task<string?> RestartAsync(string? configured = null)
    {
        await StopAsync();
        return await StartAsync(configured);
    }

    private async Task<string?> StartAsync(string? configured = null)
    {
        _store = SqliteConfigurationStore.Open(_folder.FullName);
        _accounts = new AccountDirectory(_store, _time);
        await _accounts.OpenAsync(Cancelled);
        _tokens = new AccessTokens(_store, _accounts, _time);
        string? made = await _tokens.OpenAsync(configured, Cancelled);
        await _tokens.KeepAsync(Cancelled);
        _made ??= made;
        return made;
    }

    private async Task StopAsync()
    {
        _tokens.Dispose();
        _accounts.Dispose();
        await _store.DisposeAsync();
    }
}
