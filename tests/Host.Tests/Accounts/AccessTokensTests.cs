using Gateway.Host.Accounts;
using Gateway.Host.Configuration;
using Xunit;

namespace Gateway.Host.Tests.Accounts;

public sealed class AccessTokensTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-tokens-");

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<AccessTokens> OpenAsync(IConfigurationStore store)
    {
        var accounts = new AccountDirectory(store, TimeProvider.System);
        await accounts.OpenAsync(CancellationToken.None);
        return new AccessTokens(store, accounts, TimeProvider.System);
    }

    [Fact]
    public async Task The_first_start_makes_a_token_that_later_starts_know_and_do_not_show()
    {
        string? made;
        await using (SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder.FullName))
        {
            using AccessTokens tokens = await OpenAsync(store);
            made = await tokens.OpenAsync(null, CancellationToken.None);
            await tokens.KeepAsync(CancellationToken.None);
            Assert.Equal(64, made?.Length);
            Assert.True(tokens.TryFind(made, out _));
        }

        await using (SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder.FullName))
        {
            using AccessTokens tokens = await OpenAsync(store);
            Assert.Null(await tokens.OpenAsync(null, CancellationToken.None));
            Assert.True(tokens.TryFind(made, out Token? token));
            Assert.Equal(1, token.Id);
        }
    }

    [Fact]
    public async Task The_key_is_nowhere_in_the_data_folder()
    {
        string? made;
        await using (SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder.FullName))
        {
            using AccessTokens tokens = await OpenAsync(store);
            made = await tokens.OpenAsync(null, CancellationToken.None);
            await tokens.KeepAsync(CancellationToken.None);
        }
        foreach (string file in Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories))
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(made!)));
    }

    [Fact]
    public async Task A_start_that_fails_leaves_no_token_that_nobody_has_seen()
    {
        await using SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder.FullName);
        string? unseen = await (await OpenAsync(store)).OpenAsync(null, CancellationToken.None);      // and not kept
        using AccessTokens tokens = await OpenAsync(store);
        Assert.NotNull(await tokens.OpenAsync(null, CancellationToken.None));
        Assert.False(tokens.TryFind(unseen, out _));
    }

    [Theory]
    [InlineData("the-token", true)]
    [InlineData("FlespiToken the-token", true)]
    [InlineData("flespitoken  the-token ", true)]
    [InlineData("the-toke", false)]
    [InlineData("the-tokenx", false)]
    [InlineData("FlespiToken", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public async Task Only_the_configured_token_opens(string? shown, bool expected)
    {
        await using SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder.FullName);
        using AccessTokens tokens = await OpenAsync(store);
        Assert.Null(await tokens.OpenAsync("the-token", CancellationToken.None));
        Assert.Equal(expected, tokens.TryFind(shown, out _));
    }

    [Fact]
    public async Task A_key_of_any_length_is_looked_at_without_harm()
    {
        await using SqliteConfigurationStore store = SqliteConfigurationStore.Open(_folder.FullName);
        using AccessTokens tokens = await OpenAsync(store);
        await tokens.OpenAsync("the-token", CancellationToken.None);
        Assert.False(tokens.TryFind(new string('€', 1_000_000), out _));
        Assert.False(tokens.TryFind(new string('€', AccessToken.LengthMax), out _));
    }
}
