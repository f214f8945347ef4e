using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Logs;

namespace Gateway.Host.Api;

/// <summary><c>/platform/subaccounts</c>: accounts below the caller's.</summary>
internal static class SubaccountRoutes
{
    private static readonly string[] s_settable = ["name", "limit_id", "metadata", "cid"];

    private static readonly ItemShape<Account> s_shape = new(
        new("id", true, (json, account) => json.WriteNumberValue(account.Id)),
        new("cid", true, (json, account) => json.WriteNumberValue(account.OwnerId)),
        new("name", true, (json, account) => json.WriteStringValue(account.Name)),
        new("limit_id", true, (json, account) => json.WriteNumberValue(account.LimitId)),
        new("owner_id", false, (json, account) => json.WriteNumberValue(account.OwnerId)),
        new("created", false, (json, account) => json.WriteNumberValue(account.Created)),
        new("metadata", true, (json, account) => json.WriteRawValue(account.MetadataJson)));

    // A subaccount is an item of the account above it: nobody sees itself here.
    internal static ItemKind<Account> Kind { get; } = new(
        "subaccount", "platform/subaccounts", call => call.Service<AccountDirectory>().All.Where(IsSubaccount),
        (call, id) => call.Service<AccountDirectory>().Find(id) is { } account && IsSubaccount(account) ? account : null, account => account.Id, account => account.OwnerId, _ => s_shape)
    {
        Journal = AccountItem.Subaccount,
    };

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/platform/subaccounts", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "Creates accounts below this one."),
        new("GET", "/platform/subaccounts/{sel}", RouteInputs.Fields, Kind.ReadAsync, "Shows accounts below this one."),
        new("PUT", "/platform/subaccounts/{sel}", RouteInputs.Fields | RouteInputs.Body, ChangeAsync, "Changes accounts below this one, and the limits they are under."),
        new("DELETE", "/platform/subaccounts/{sel}", RouteInputs.None, RemoveAsync, "Removes accounts that have neither channels nor subaccounts, with their tokens and limits."),
    ];

    private static bool IsSubaccount(Account account) => account.Id != AccountDirectory.RootId;

    private static Task CreateAsync(ApiCall call)
    {
        AccountDirectory accounts = call.Service<AccountDirectory>();
        LimitDirectory limits = call.Service<LimitDirectory>();
        return Kind.CreateAsync(
            call, s_shape, item => Read(call, item, new Account { Id = 0, OwnerId = call.Caller.AccountId }, cid => ItemKind<Account>.CidOfNew(call, cid)),
            draft => accounts.CreateAsync(draft, () => limits.ProblemOf(draft.OwnerId, LimitName.SubaccountsCount, id => accounts.CountBelow(id)), CancellationToken.None));
    }

    private static Task ChangeAsync(ApiCall call)
    {
        return Kind.ChangeAsync(
            call, (item, account) => Change(item, account),
            async (item, account) =>
                await call.Service<AccountDirectory>().UpdateAsync(account.Id, before => Change(item, before), CancellationToken.None).ConfigureAwait(false) is { } after
                    ? (after, null) : (null, ApiProblem.Absent("subaccount", account.Id)),
            () => call.Service<ChannelDirectory>().ApplyLimitsAsync(CancellationToken.None));

        Account Change(JsonElement item, Account account) =>
            Read(call, item, account, cid => cid == account.OwnerId ? cid : throw ApiProblem.BadRequest("cid of a subaccount can't be changed."));
    }

    private static Task RemoveAsync(ApiCall call)
    {
        AccountDirectory accounts = call.Service<AccountDirectory>();
        AccessTokens tokens = call.Service<AccessTokens>();
        LimitDirectory limits = call.Service<LimitDirectory>();
        ChannelDirectory channels = call.Service<ChannelDirectory>();
        DeviceDirectory devices = call.Service<DeviceDirectory>();
        return Kind.RemoveAsync(call, async account =>
        {
            string? problem = await accounts.RemoveAsync(
                account.Id,
                async () => await channels.CountOfAsync(account.Id, CancellationToken.None).ConfigureAwait(false) is > 0 and int count ? $"Account {account.Id} still has {count} channels; remove or move them first."
                    : await devices.CountOfAsync(account.Id, CancellationToken.None).ConfigureAwait(false) is > 0 and int registered ? $"Account {account.Id} still has {registered} devices; remove or move them first."
                    : null,
                CancellationToken.None).ConfigureAwait(false);
            if (problem is not null) return problem;

            // From here on its tokens open nothing; what a stop leaves of them is not read again.
            foreach (Token token in tokens.All.Where(token => token.Cid == account.Id)) await tokens.RemoveAsync(token.Id, CancellationToken.None).ConfigureAwait(false);
            foreach (Limit limit in limits.All.Where(limit => limit.Cid == account.Id)) await limits.RemoveAsync(limit.Id, CancellationToken.None).ConfigureAwait(false);
            await ForgetAsync(call, account).ConfigureAwait(false);
            return null;
        });
    }

    /// <summary>Removes what the journal and the logs of devices and sessions keep in an account that is gone; what happened to it stays with the account above. A disk that refuses is not waited for: nobody can read it any more.</summary>
    private static async Task ForgetAsync(ApiCall call, Account account)
    {
        try
        {
            await Task.WhenAll(call.Service<AccountJournal>().ForgetAsync(account.Id), call.Service<DeviceLogs>().ForgetAsync(account.Id), call.Service<SessionJournal>().ForgetAsync(account.Id)).WaitAsync(RecordAnswer.FlushTimeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException or OperationCanceledException)
        {
            ApiLog.JournalStays(ApiLog.For(call.Http), exception, account.Id);
        }
    }

    private static Account Read(ApiCall call, JsonElement item, Account account, Func<long, long> checkCid)
    {
        long limitId = account.LimitId;
        foreach (JsonProperty field in item.EnumerateObject())
        {
            switch (field.Name)
            {
                case "name":
                    account = account with { Name = field.Text(Account.NameLengthMax) };
                    break;
                case "limit_id":
                    limitId = field.Integer(0, long.MaxValue);
                    break;
                case "metadata":
                    account = account with { MetadataJson = field.ObjectText(Account.MetadataLengthMax) };
                    break;
                case "cid":
                    account = account with { OwnerId = checkCid(field.Integer(0, long.MaxValue)) };
                    break;
                default:
                    throw field.Unknown("subaccount", s_settable);
            }
        }
        if (limitId != account.LimitId && limitId != 0) CheckLimit(call, account, limitId);
        return account with { LimitId = limitId };
    }

    /// <summary>A subaccount can be put under limits of the accounts above it, as far as the caller may see them.</summary>
    private static void CheckLimit(ApiCall call, Account account, long limitId)
    {
        AccountDirectory accounts = call.Service<AccountDirectory>();
        bool isThere = call.Service<LimitDirectory>().Find(limitId) is { } limit
            && call.Service<AccessPolicy>().Sees(call.Caller, LimitRoutes.Kind.Collection, limit.Cid, limit.Id)
            && accounts.IsWithin(account.OwnerId, limit.Cid);
        if (!isThere) throw ApiProblem.NotFound("limit", limitId);
    }
}
