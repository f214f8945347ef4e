using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Devices;

namespace Gateway.Host.Api;

/// <summary><c>/gw/devices</c>: register, read, change, remove.</summary>
internal static class DeviceRoutes
{
    private static readonly string[] s_settable =
    [
        "name", "enabled", "device_type_id", "protocol_name", "device_type_name", "configuration", "messages_ttl", "messages_rotate", "media_ttl", "media_rotate", "metadata", "cid",
    ];

    /// <summary>What the API has to know about devices.</summary>
    internal static ItemKind<Device> Kind { get; } = new(
        "device", "gw/devices", call => call.Service<DeviceDirectory>().All, (call, id) => call.Service<DeviceDirectory>().TryFind(id, out Device? device) ? device : null,
        device => device.Id, device => device.Definition.Cid, call => ShapeOf(call.Service<DeviceTypes>(), call.Service<CodecRegistry>()));

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/gw/devices", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "Registers devices."),
        new("GET", "/gw/devices/{sel}", RouteInputs.Fields, Kind.ReadAsync, "Shows devices."),
        new("PUT", "/gw/devices/{sel}", RouteInputs.Fields | RouteInputs.Body, call => ChangeAsync(call, isMerge: false), "Changes devices; configuration and metadata are replaced."),
        new("PATCH", "/gw/devices/{sel}", RouteInputs.Fields | RouteInputs.Body, call => ChangeAsync(call, isMerge: true), "Changes devices; configuration and metadata are merged member by member, null removes a member."),
        new("PUT", "/gw/devices/{sel}/cid", RouteInputs.Fields | RouteInputs.Body, MoveAsync, "Gives devices to another account.") { Audience = RouteAudience.Unlisted },
        new("DELETE", "/gw/devices/{sel}", RouteInputs.None, RemoveAsync, "Removes devices; their messages stay in the channels."),
    ];

    /// <summary>What a device looks like.</summary>
    internal static ItemShape<Device> ShapeOf(DeviceTypes types, CodecRegistry protocols) => new(
        new("id", true, (json, device) => json.WriteNumberValue(device.Id)),
        new("name", true, (json, device) => json.WriteStringValue(device.Definition.Name)),
        new("enabled", true, (json, device) => json.WriteBooleanValue(device.Definition.Enabled)),
        new("device_type_id", true, (json, device) => json.WriteNumberValue(device.Definition.DeviceTypeId)),
        new("device_type_name", false, (json, device) => json.WriteStringValue(types.Find(device.Definition.DeviceTypeId)?.Name ?? "")),
        new("protocol_id", true, (json, device) => json.WriteNumberValue(device.Definition.ProtocolId)),
        new("protocol_name", false, (json, device) => json.WriteStringValue(protocols.Find(device.Definition.ProtocolId)?.Info.Name ?? "")),
        new("cid", true, (json, device) => json.WriteNumberValue(device.Definition.Cid)),
        new("configuration", true, (json, device) => json.WriteRawValue(device.Definition.ConfigurationJson)),
        new("ident", false, (json, device) => json.WriteStringValue(device.Definition.Ident)),
        new("ident_normalized", false, (json, device) => json.WriteStringValue(device.Ident)),
        new("messages_ttl", true, (json, device) => json.WriteNumberValue(device.Definition.MessagesTtlSeconds)),
        new("messages_rotate", true, (json, device) => json.WriteNumberValue(device.Definition.MessagesRotate)),
        new("media_ttl", true, (json, device) => json.WriteNumberValue(device.Definition.MediaTtlSeconds)),
        new("media_rotate", true, (json, device) => json.WriteNumberValue(device.Definition.MediaRotate)),
        new("metadata", false, (json, device) => json.WriteRawValue(device.Definition.MetadataJson)),
        new("connected", false, (json, device) => json.WriteBooleanValue(device.IsConnected)),
        new("telemetry", false, (json, device) => device.Telemetry.WriteJson(json, null, device.Facts)),
        new("last_active", false, (json, device) => WriteTime(json, device.LastActiveUs)),
        new("blocked", false, (json, device) => json.WriteNumberValue(BlockedOf(types, device))),
        new("blocked_reason", false, (json, device) => json.WriteStringValue(BlockedOf(types, device) == 0 ? "" : $"There is no device type {device.Definition.DeviceTypeId} now: its protocol is not there.")));

    private static async Task CreateAsync(ApiCall call)
    {
        ItemShape<Device>.Projection fields = Kind.ShapeOf(call).Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        DeviceDirectory directory = call.Service<DeviceDirectory>();
        List<DeviceDraft> drafts = [.. BodyFields.ItemsOf(body, "device").Select(DraftOf).Select(draft => draft with { Cid = ItemKind<Device>.CidOfNew(call, draft.Cid) })];
        // What is wrong by itself changes nothing; what collides with another device is left out, and the others are made.
        foreach (DeviceDraft draft in drafts)
            if (directory.Check(draft, null) is { } problem) throw ApiProblem.BadRequest(problem);

        IReadOnlyList<DeviceOutcome> outcomes = await directory.CreateAsync(drafts, CancellationToken.None).ConfigureAwait(false);
        await AnswerAsync(call, fields, outcomes, _ => null).ConfigureAwait(false);
    }

    private static async Task ChangeAsync(ApiCall call, bool isMerge)
    {
        ItemShape<Device>.Projection fields = Kind.ShapeOf(call).Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        DeviceDraft draft = DraftOf(BodyFields.ItemOf(body, "device")) with { IsMerge = isMerge };
        if (draft.Cid is not null) throw ApiProblem.BadRequest("cid is changed by PUT /gw/devices/{selector}/cid.");
        DeviceDirectory directory = call.Service<DeviceDirectory>();
        List<Device> selected = Kind.Select(call);
        foreach (Device device in selected)
            if (directory.Check(draft, device) is { } problem) throw ApiProblem.BadRequest(problem);

        IReadOnlyList<DeviceOutcome> outcomes = await directory.UpdateAsync(selected, draft, CancellationToken.None).ConfigureAwait(false);
        await AnswerAsync(call, fields, outcomes, place => selected[place].Id).ConfigureAwait(false);
    }

    private static async Task MoveAsync(ApiCall call)
    {
        ItemShape<Device>.Projection fields = Kind.ShapeOf(call).Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        if (BodyFields.ItemOf(body, "device").EnumerateObject().ToArray() is not [{ Name: "cid" } field]) throw ApiProblem.BadRequest("The body must be {\"cid\":ACCOUNT}.");
        long cid = ItemKind<Device>.CidOfNew(call, field.Integer(0, long.MaxValue));
        List<Device> selected = Kind.Select(call);
        IReadOnlyList<DeviceOutcome> outcomes = await call.Service<DeviceDirectory>().MoveAsync(selected, cid, CancellationToken.None).ConfigureAwait(false);
        await AnswerAsync(call, fields, outcomes, place => selected[place].Id).ConfigureAwait(false);
    }

    private static async Task RemoveAsync(ApiCall call)
    {
        IReadOnlyList<Device> removed = await call.Service<DeviceDirectory>().RemoveAsync(Kind.Select(call), CancellationToken.None).ConfigureAwait(false);
        await Kind.WriteIdsAsync(call, removed).ConfigureAwait(false);
    }

    private static Task AnswerAsync(ApiCall call, ItemShape<Device>.Projection fields, IReadOnlyList<DeviceOutcome> outcomes, Func<int, long?> idAt)
    {
        var done = new List<Device>(outcomes.Count);
        for (int i = 0; i < outcomes.Count; i++)
        {
            if (outcomes[i].Device is { } device) done.Add(device);
            else call.Errors.Add(new ApiError(outcomes[i].IsLimitReached ? ApiErrorCode.LimitReached : ApiErrorCode.BadRequest, outcomes[i].Problem!, idAt(i)));
        }
        return call.WriteAsync(done, fields.Write);
    }

    private static DeviceDraft DraftOf(JsonElement item)
    {
        var draft = new DeviceDraft();
        foreach (JsonProperty field in item.EnumerateObject())
            draft = field.Name switch
            {
                "name" => draft with { Name = field.Text(DeviceDefinition.NameLengthMax) },
                "enabled" => draft with { Enabled = field.Flag() },
                "device_type_id" => draft with { DeviceTypeId = field.Integer(0, long.MaxValue) },
                "protocol_name" => draft with { ProtocolName = field.Text(DeviceDefinition.NameLengthMax) },
                "device_type_name" => draft with { DeviceTypeName = field.Text(DeviceDefinition.NameLengthMax) },
                "configuration" => draft with { ConfigurationJson = field.ObjectText(DeviceDefinition.JsonLengthMax) },
                "messages_ttl" => draft with { MessagesTtlSeconds = field.Integer(0, DeviceDefinition.TtlSecondsMax) },
                "messages_rotate" => draft with { MessagesRotate = field.Integer(0, DeviceDefinition.RotateBytesMax) },
                "media_ttl" => draft with { MediaTtlSeconds = field.Integer(0, DeviceDefinition.TtlSecondsMax) },
                "media_rotate" => draft with { MediaRotate = field.Integer(0, DeviceDefinition.RotateBytesMax) },
                "metadata" => draft with { MetadataJson = field.ObjectText(DeviceDefinition.JsonLengthMax) },
                "cid" => draft with { Cid = field.Integer(0, long.MaxValue) },
                _ => throw field.Unknown("device", s_settable),
            };
        return draft;
    }

    /// <summary>The code of what is wrong with a device: 6 when its type is not there.</summary>
    private static int BlockedOf(DeviceTypes types, Device device) => device.Definition.DeviceTypeId != 0 && types.Find(device.Definition.DeviceTypeId) is null ? 6 : 0;

    private static void WriteTime(Utf8JsonWriter json, long timeUs)
    {
        if (timeUs == 0) json.WriteNullValue();
        else json.WriteNumberValue(timeUs / 1_000_000);
    }
}
