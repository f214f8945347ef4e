using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;

namespace Gateway.Host.Api;

/// <summary><c>/platform/customer</c>: the caller's own account, what it is held to and what it uses.</summary>
internal static class CustomerRoutes
{
    private static readonly string[] s_settable = ["name", "metadata"];

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/platform/customer", RouteInputs.Fields, ReadAsync, "Shows the account, its limits and what it uses."),
        new("PUT", "/platform/customer", RouteInputs.Fields | RouteInputs.Body, ChangeAsync, "Changes name and metadata of the account."),
    ];

    private static ItemShape<Account> ShapeOf(ApiCall call) => new(
        new("id", true, (json, account) => json.WriteNumberValue(account.Id)),
        new("name", true, (json, account) => json.WriteStringValue(account.Name)),
        new("owner_id", true, (json, account) => json.WriteNumberValue(account.OwnerId)),
        new("limit_id", true, (json, account) => json.WriteNumberValue(account.LimitId)),
        new("created", true, (json, account) => json.WriteNumberValue(account.Created)),
        new("metadata", false, (json, account) => json.WriteRawValue(account.MetadataJson)),
        new("limits", true, (json, account) => WriteLimits(json, call, account)),
        new("counters", true, (json, account) => WriteCounters(json, call, account)));

    private static Task ReadAsync(ApiCall call)
    {
        ItemShape<Account>.Projection fields = ShapeOf(call).Choose(call.Fields);
        return call.WriteAsync([AccountOf(call)], fields.Write);
    }

    private static async Task ChangeAsync(ApiCall call)
    {
        ItemShape<Account>.Projection fields = ShapeOf(call).Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        JsonElement item = BodyFields.ItemOf(body, "customer");
        Account before = AccountOf(call);
        Change(before);
        Account changed = await call.Service<AccountDirectory>().UpdateAsync(call.Caller.AccountId, Change, CancellationToken.None).ConfigureAwait(false)
            ?? throw ApiProblem.NotFound("account", call.Caller.AccountId);
        call.Service<AccountJournal>().Note(changed.Id, AccountEventCode.Updated, AccountItem.Customer, changed.Id, json => WriteKept(json, before), json => WriteKept(json, changed));
        await call.WriteAsync([changed], fields.Write).ConfigureAwait(false);

        Account Change(Account account)
        {
            foreach (JsonProperty field in item.EnumerateObject())
            {
                account = field.Name switch
                {
                    "name" => account with { Name = field.Text(Account.NameLengthMax) },
                    "metadata" => account with { MetadataJson = field.ObjectText(Account.MetadataLengthMax) },
                    _ => throw field.Unknown("customer", s_settable),
                };
            }
            return account;
        }
    }

    /// <summary>What of an account its owner can change: the rest is counted, not kept.</summary>
    private static void WriteKept(Utf8JsonWriter json, Account account)
    {
        json.WriteStartObject();
        json.WriteNumber("id", account.Id);
        json.WriteString("name", account.Name);
        json.WritePropertyName("metadata");
        json.WriteRawValue(account.MetadataJson);
        json.WriteEndObject();
    }

    private static Account AccountOf(ApiCall call) => call.Service<AccountDirectory>().Find(call.Caller.AccountId) ?? throw ApiProblem.NotFound("account", call.Caller.AccountId);

    /// <summary>The numbers that hold for the account: of its own limit and of those above it the least. What is not limited is left out.</summary>
    private static void WriteLimits(Utf8JsonWriter json, ApiCall call, Account account)
    {
        LimitDirectory limits = call.Service<LimitDirectory>();
        json.WriteStartObject();
        foreach (LimitName name in LimitName.All)
            if (limits.Least(account.Id, name) is { } value) json.WriteNumber(name.Name, value);
        json.WriteEndObject();
    }

    /// <summary>What the account and those below it use, under the names of the limits; requests and bytes are those of the running minute.</summary>
    private static void WriteCounters(Utf8JsonWriter json, ApiCall call, Account account)
    {
        (long calls, long bytes) = call.Service<CallBudget>().Used(account.Id);
        json.WriteStartObject();
        json.WriteNumber(LimitName.ApiCalls.Name, calls);
        json.WriteNumber(LimitName.ApiTraffic.Name, bytes);
        json.WriteNumber(LimitName.ChannelsCount.Name, call.Service<ChannelDirectory>().CountBelow(account.Id));
        json.WriteNumber(LimitName.TokensCount.Name, call.Service<AccessTokens>().CountBelow(account.Id));
        json.WriteNumber(LimitName.SubaccountsCount.Name, call.Service<AccountDirectory>().CountBelow(account.Id));
        json.WriteNumber(LimitName.LimitsCount.Name, call.Service<LimitDirectory>().CountBelow(account.Id));
        json.WriteEndObject();
    }
}
