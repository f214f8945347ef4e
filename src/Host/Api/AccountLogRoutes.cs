using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary>What happened in an account, and to its tokens, limits and subaccounts.</summary>
internal static class AccountLogRoutes
{
    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/platform/customer/logs", RouteInputs.Data, ReadAsync, "Reads what happened in the account: items created, changed, removed; requests that changed something or were refused."),
        new("GET", "/platform/tokens/{sel}/logs", RouteInputs.Data, call => ReadAsync(call, AccountItem.Token, TokenRoutes.Kind), "Reads what happened to tokens."),
        new("GET", "/platform/limits/{sel}/logs", RouteInputs.Data, call => ReadAsync(call, AccountItem.Limit, LimitRoutes.Kind), "Reads what happened to limits."),
        new("GET", "/platform/subaccounts/{sel}/logs", RouteInputs.Data, call => ReadAsync(call, AccountItem.Subaccount, SubaccountRoutes.Kind), "Reads what happened to subaccounts, as seen from above."),
    ];

    private static async Task ReadAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync().ConfigureAwait(false);
        MessageQuery query = MessageQuery.ForLogs(data?.RootElement);
        byte[]? prefix = query.ItemType is { } type ? AccountJournal.PrefixOf((AccountItem)type) : null;
        RingIdentMatch? match = prefix is null ? null : ident => ident.StartsWith(prefix);
        await WriteAsync(call, query, [(call.Caller.AccountId, call.Caller.AccountId, match)]).ConfigureAwait(false);
    }

    private static async Task ReadAsync<T>(ApiCall call, AccountItem item, ItemKind<T> kind) where T : class
    {
        using JsonDocument? data = await call.ReadDataAsync().ConfigureAwait(false);
        MessageQuery query = MessageQuery.ForLogs(data?.RootElement);
        List<T> selected = kind.Select(call);
        await WriteAsync(call, query, query.IsOfType((int)item) ? [.. selected.Select(one => (kind.CidOf(one), kind.IdOf(one), MatchOf(item, kind.IdOf(one))))] : []).ConfigureAwait(false);
    }

    private static RingIdentMatch? MatchOf(AccountItem item, long id)
    {
        byte[] wanted = AccountJournal.IdentOf(item, id);
        return ident => ident.SequenceEqual(wanted);
    }

    private static async Task WriteAsync(ApiCall call, MessageQuery query, IReadOnlyList<(long Cid, long Id, RingIdentMatch? Match)> wanted)
    {
        AccountJournal journal = call.Service<AccountJournal>();
        using var shape = new LogJson(query, call.Service<TimeProvider>());
        await RecordAnswer.WriteAsync(call, query, shape, wanted, one => one.Id, (one, times) => [journal.RingOf(one.Cid).Read(times with { Ident = one.Match })]).ConfigureAwait(false);
    }
}
