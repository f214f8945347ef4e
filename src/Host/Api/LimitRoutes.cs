using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;

namespace Gateway.Host.Api;

/// <summary><c>/platform/limits</c>: what accounts are held to.</summary>
internal static class LimitRoutes
{
    private static readonly string[] s_settable = ["name", "description", "metadata", "cid", .. LimitName.All.Select(name => name.Name)];

    private static readonly ItemShape<Limit> s_shape = new(
    [
        new("id", true, (json, limit) => json.WriteNumberValue(limit.Id)),
        new("cid", true, (json, limit) => json.WriteNumberValue(limit.Cid)),
        new("name", true, (json, limit) => json.WriteStringValue(limit.Name)),
        new("description", true, (json, limit) => json.WriteStringValue(limit.Description)),
        new("metadata", false, (json, limit) => json.WriteRawValue(limit.MetadataJson)),
        .. LimitName.All.Select(name => new ItemField<Limit>(name.Name, true, (json, limit) => json.WriteNumberValue(limit.Of(name)))),
    ]);

    internal static ItemKind<Limit> Kind { get; } = new(
        "limit", "platform/limits", call => call.Service<LimitDirectory>().All, (call, id) => call.Service<LimitDirectory>().Find(id), limit => limit.Id, limit => limit.Cid, _ => s_shape)
    {
        Journal = AccountItem.Limit,
    };

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/platform/limits", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "Creates limits."),
        new("GET", "/platform/limits/{sel}", RouteInputs.Fields, Kind.ReadAsync, "Shows limits."),
        new("PUT", "/platform/limits/{sel}", RouteInputs.Fields | RouteInputs.Body, ChangeAsync, "Changes limits; accounts under them are held to the new numbers at once."),
        new("DELETE", "/platform/limits/{sel}", RouteInputs.None, RemoveAsync, "Removes limits that no subaccount is under."),
    ];

    private static Task CreateAsync(ApiCall call) => Kind.CreateAsync(
        call, s_shape, item => Read(item, new Limit { Id = 0, Cid = call.Caller.AccountId }, cid => ItemKind<Limit>.CidOfNew(call, cid)),
        draft => call.Service<LimitDirectory>().CreateAsync(draft, CancellationToken.None));

    private static Task ChangeAsync(ApiCall call)
    {
        return Kind.ChangeAsync(
            call, (item, limit) => Change(item, limit),
            async (item, limit) =>
                await call.Service<LimitDirectory>().UpdateAsync(limit.Id, before => Change(item, before), CancellationToken.None).ConfigureAwait(false) is { } after
                    ? (after, null) : (null, ApiProblem.Absent("limit", limit.Id)),
            () => call.Service<ChannelDirectory>().ApplyLimitsAsync(CancellationToken.None));

        static Limit Change(JsonElement item, Limit limit) => Read(item, limit, cid => cid == limit.Cid ? cid : throw ApiProblem.BadRequest("cid of a limit can't be changed."));
    }

    private static Task RemoveAsync(ApiCall call) => Kind.RemoveAsync(call, limit => call.Service<LimitDirectory>().RemoveAsync(limit.Id, CancellationToken.None));

    private static Limit Read(JsonElement item, Limit limit, Func<long, long> checkCid)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (JsonProperty field in item.EnumerateObject())
        {
            if (LimitName.Find(field.Name) is { } name)
            {
                values[name.Name] = field.Integer(Limit.None, long.MaxValue);
                if (values[name.Name] != Limit.None && values[name.Name] < name.Min) throw ApiProblem.BadRequest($"{name.Name} must be at least {name.Min}, or {Limit.None} for none.");
                continue;
            }
            limit = field.Name switch
            {
                "name" => limit with { Name = field.Text(Account.NameLengthMax) },
                "description" => limit with { Description = field.Text(Limit.DescriptionLengthMax) },
                "metadata" => limit with { MetadataJson = field.ObjectText(Account.MetadataLengthMax) },
                "cid" => limit with { Cid = checkCid(field.Integer(0, long.MaxValue)) },
                _ => throw field.Unknown("limit", s_settable),
            };
        }
        return limit.With(values);
    }
}
