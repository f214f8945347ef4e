using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;

namespace Gateway.Host.Api;

/// <summary><c>/gw/channels</c>: create, read, change, remove.</summary>
internal static class ChannelRoutes
{
    private static readonly string[] s_draftFields = ["name", "enabled", "protocol_id", "protocol_name", "configuration", "messages_ttl", "metadata", "cid"];

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/gw/channels", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "Creates channels and opens their ports."),
        new("GET", "/gw/channels/{sel}", RouteInputs.Fields, ReadAsync, "Shows channels."),
        new("PUT", "/gw/channels/{sel}", RouteInputs.Fields | RouteInputs.Body, ChangeAsync, "Changes channels."),
        new("PUT", "/gw/channels/{sel}/cid", RouteInputs.Fields | RouteInputs.Body, MoveAsync, "Gives channels to another account.") { Audience = RouteAudience.Unlisted },
        new("DELETE", "/gw/channels/{sel}", RouteInputs.None, RemoveAsync, "Removes channels and their messages."),
    ];

    /// <summary>What a channel looks like.</summary>
    internal static ItemShape<Channel> Shape(GatewayOptions options) => new(
        new("id", true, (json, channel) => json.WriteNumberValue(channel.Id)),
        new("name", true, (json, channel) => json.WriteStringValue(channel.Definition.Name)),
        new("enabled", true, (json, channel) => json.WriteBooleanValue(channel.Definition.Enabled)),
        new("protocol_id", true, (json, channel) => json.WriteNumberValue(channel.Definition.ProtocolId)),
        new("protocol_name", false, (json, channel) => json.WriteStringValue(channel.Codec.Info.Name)),
        new("configuration", true, (json, channel) => json.WriteRawValue(channel.Definition.ConfigurationJson)),
        new("messages_ttl", true, (json, channel) => json.WriteNumberValue(channel.Definition.MessagesTtlSeconds)),
        new("uri", true, (json, channel) => json.WriteStringValue($"{options.ChannelHost}:{channel.Definition.Port}")),
        new("secondary_uri", true, (json, _) => json.WriteStringValue("")),
        new("metadata", false, (json, channel) => json.WriteRawValue(channel.Definition.MetadataJson)),
        new("blocked", false, (json, channel) => json.WriteNumberValue(channel.Blocked)),
        new("blocked_reason", false, (json, channel) => json.WriteStringValue(channel.BlockedReason ?? "")),
        new("connections_count", false, (json, channel) => json.WriteNumberValue(channel.Connections.Count)),
        new("messages_size", false, (json, channel) => json.WriteNumberValue(channel.Log.State.Bytes)),
        new("cid", true, (json, channel) => json.WriteNumberValue(channel.Definition.Cid)));

    internal static ItemKind<Channel> Kind { get; } = new(
        "channel", "gw/channels", call => call.Service<ChannelDirectory>().All, (call, id) => call.Service<ChannelDirectory>().TryFind(id, out Channel? channel) ? channel : null,
        channel => channel.Id, channel => channel.Definition.Cid, call => Shape(call.Service<GatewayOptions>()));

    /// <summary>Finds the channels of the path's selector that the caller may see and use so.</summary>
    internal static List<Channel> Select(ApiCall call, string name = "sel") => Kind.Select(call, name);

    /// <summary>As <see cref="Select"/>, for what needs the buffer: a channel that could not be opened is an entry of the errors instead.</summary>
    internal static List<Channel> SelectOpen(ApiCall call)
    {
        List<Channel> channels = Select(call);
        foreach (Channel channel in channels)
            if (channel.Fault is { } fault) call.Errors.Add(ApiError.Unavailable(fault, channel.Id));
        channels.RemoveAll(channel => channel.Fault is not null);
        return channels;
    }

    /// <summary>Adds an error for each channel that was removed since it was selected: then it reads as if it had never been there.</summary>
    internal static void TellRemoved(ApiCall call, IEnumerable<Channel> selected)
    {
        ChannelDirectory directory = call.Service<ChannelDirectory>();
        foreach (Channel channel in selected)
            if (!directory.TryFind(channel.Id, out _)) call.Errors.Add(ApiProblem.Absent("channel", channel.Id));
    }

    private static async Task CreateAsync(ApiCall call)
    {
        ItemShape<Channel>.Projection fields = Shape(call.Service<GatewayOptions>()).Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync();
        List<ChannelDraft> drafts = [.. BodyFields.ItemsOf(body, Kind.Noun).Select(item => DraftOf(call, item)).Select(draft => draft with { Cid = ItemKind<Channel>.CidOfNew(call, draft.Cid) })];

        // All are looked at before the first is made: a request that is wrong changes nothing.
        ChannelDirectory directory = call.Service<ChannelDirectory>();
        foreach (ChannelDraft draft in drafts)
            if (directory.Check(draft, null) is { } problem) throw ApiProblem.BadRequest(problem);

        var created = new List<Channel>(drafts.Count);
        foreach (ChannelDraft draft in drafts)
        {
            ChannelOutcome outcome = await directory.CreateAsync(draft, CancellationToken.None);
            if (outcome.Channel is not null) created.Add(outcome.Channel);
            else call.Errors.Add(ErrorOf(outcome, null));
        }
        await call.WriteAsync(created, fields.Write);
    }

    private static Task ReadAsync(ApiCall call)
    {
        ItemShape<Channel>.Projection fields = Shape(call.Service<GatewayOptions>()).Choose(call.Fields);
        return call.WriteAsync(Select(call), fields.Write);
    }

    private static async Task ChangeAsync(ApiCall call)
    {
        ItemShape<Channel>.Projection fields = Shape(call.Service<GatewayOptions>()).Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync();
        ChannelDraft draft = DraftOf(call, BodyFields.ItemOf(body, Kind.Noun));
        if (draft.Cid is not null) throw ApiProblem.BadRequest("cid is changed by PUT /gw/channels/{selector}/cid.");

        ChannelDirectory directory = call.Service<ChannelDirectory>();
        List<Channel> selected = Select(call);
        foreach (Channel channel in selected)
            if (directory.Check(draft, channel) is { } problem) throw ApiProblem.BadRequest(problem);

        var changed = new List<Channel>(selected.Count);
        foreach (Channel channel in selected)
        {
            ChannelOutcome outcome = await directory.UpdateAsync(channel, draft, CancellationToken.None);
            if (outcome.Channel is not null) changed.Add(outcome.Channel);
            else call.Errors.Add(ErrorOf(outcome, channel.Id));
        }
        await call.WriteAsync(changed, fields.Write);
    }

    private static async Task MoveAsync(ApiCall call)
    {
        ItemShape<Channel>.Projection fields = Kind.ShapeOf(call).Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync();
        JsonElement item = BodyFields.ItemOf(body, "channel");
        if (item.EnumerateObject().ToArray() is not [{ Name: "cid" } field]) throw ApiProblem.BadRequest("The body must be {\"cid\":ACCOUNT}.");
        long cid = ItemKind<Channel>.CidOfNew(call, field.Integer(0, long.MaxValue));

        ChannelDirectory directory = call.Service<ChannelDirectory>();
        var moved = new List<Channel>();
        foreach (Channel channel in Select(call))
        {
            ChannelOutcome outcome = await directory.MoveAsync(channel, cid, CancellationToken.None);
            if (outcome.Channel is not null) moved.Add(outcome.Channel);
            else call.Errors.Add(ErrorOf(outcome, channel.Id));
        }
        await call.WriteAsync(moved, fields.Write);
    }

    private static async Task RemoveAsync(ApiCall call)
    {
        ChannelDirectory directory = call.Service<ChannelDirectory>();
        var removed = new List<Channel>();
        foreach (Channel channel in Select(call))
        {
            if (await directory.RemoveAsync(channel, CancellationToken.None)) removed.Add(channel);
            else call.Errors.Add(new ApiError(ApiErrorCode.NotFound, $"Channel {channel.Id} was changed or removed meanwhile.", channel.Id));
        }
        await Kind.WriteIdsAsync(call, removed);
    }

    private static ApiError ErrorOf(ChannelOutcome outcome, long? id) => new(outcome.IsLimitReached ? ApiErrorCode.LimitReached : ApiErrorCode.BadRequest, outcome.Problem!, id);

    private static ChannelDraft DraftOf(ApiCall call, JsonElement item)
    {
        var draft = new ChannelDraft();
        foreach (JsonProperty field in item.EnumerateObject())
        {
            draft = field.Name switch
            {
                "name" => draft with { Name = field.Text(ChannelDefinition.NameLengthMax) },
                "enabled" => draft with { Enabled = field.Flag() },
                "protocol_id" => draft with { ProtocolId = (int)field.Integer(0, int.MaxValue) },
                "protocol_name" => draft with { ProtocolName = field.Text(ChannelDefinition.NameLengthMax) },
                "configuration" => draft with { ConfigurationJson = field.ObjectText(ChannelDefinition.JsonLengthMax) },
                "messages_ttl" => draft with { MessagesTtlSeconds = (int)field.Integer(0, ChannelDefinition.MessagesTtlSecondsMax) },
                "metadata" => draft with { MetadataJson = field.ObjectText(ChannelDefinition.JsonLengthMax) },
                "cid" => draft with { Cid = field.Integer(0, long.MaxValue) },
                "commands_ttl" => WithoutCommands(call, field, draft),
                _ => throw field.Unknown("channel", s_draftFields),
            };
        }
        return draft;
    }

    /// <summary>Clients from the time when channels had commands still send how long those are kept.</summary>
    private static ChannelDraft WithoutCommands(ApiCall call, JsonProperty field, ChannelDraft draft)
    {
        field.Integer(0, int.MaxValue);
        call.Warnings.Add(new ApiWarning("commands_ttl has no effect: commands are sent to devices, and each has a ttl of its own.", null));
        return draft;
    }
}
