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
        "limit", "platform/limits", call => call.Service<LimitDirectory>().All, (call, id) => call.Service<LimitDirectory>().Find(id), limit => limit.Id, limit => limit.Cid, _ => s_shape);

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/platform/limits", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "Creates limits."),
        new("GET", "/platform/limits/{sel}", RouteInputs.Fields, Kind.ReadAsync, "Shows limits."),
        new("PUT", "/platform/limits/{sel}", RouteInputs.Fields | RouteInputs.Body, ChangeAsync, "Changes limits; accounts under them are held to the new numbers at once."),
        new("DELETE", "/platform/limits/{sel}", RouteInputs.None, RemoveAsync, "Removes limits that no subaccount is under."),
    ];

    private static async Task CreateAsync(ApiCall call)
    {
        ItemShape<Limit>.Projection fields = s_shape.Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        List<Limit> drafts = [.. BodyFields.ItemsOf(body, "limit").Select(item => Read(item, new Limit { Id = 0, Cid = call.Caller.AccountId }, cid => ItemKind<Limit>.CidOfNew(call, cid)))];

        LimitDirectory limits = call.Service<LimitDirectory>();
        var created = new List<Limit>(drafts.Count);
        foreach (Limit draft in drafts)
        {
            (Limit? limit, string? problem) = await limits.CreateAsync(draft, CancellationToken.None).ConfigureAwait(false);
            if (limit is not null) created.Add(limit);
            else call.Errors.Add(new ApiError(ApiErrorCode.LimitReached, problem!));
        }
        await call.WriteAsync(created, fields.Write).ConfigureAwait(false);
    }

    private static async Task ChangeAsync(ApiCall call)
    {
        ItemShape<Limit>.Projection fields = s_shape.Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        JsonElement item = BodyFields.ItemOf(body, "limit");
        List<Limit> selected = Kind.Select(call);
        foreach (Limit limit in selected) Change(limit);

        LimitDirectory limits = call.Service<LimitDirectory>();
        var changed = new List<Limit>(selected.Count);
        foreach (Limit limit in selected)
        {
            if (await limits.UpdateAsync(limit.Id, Change, CancellationToken.None).ConfigureAwait(false) is { } after) changed.Add(after);
            else call.Errors.Add(ApiProblem.Absent("limit", limit.Id));
        }
        await call.Service<ChannelDirectory>().ApplyLimitsAsync(CancellationToken.None).ConfigureAwait(false);
        await call.WriteAsync(changed, fields.Write).ConfigureAwait(false);

        Limit Change(Limit limit) => Read(item, limit, cid => cid == limit.Cid ? cid : throw ApiProblem.BadRequest("cid of a limit can't be changed."));
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
