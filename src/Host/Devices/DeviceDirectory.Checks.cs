using System.Text.Json;
using Gateway.Codecs;

namespace Gateway.Host.Devices;

// What is looked at before a change.
internal sealed partial class DeviceDirectory
{
    /// <summary>What is wrong with a wish itself, whatever other devices there are; null when nothing is.</summary>
    internal string? Check(DeviceDraft draft, Device? existing) => Resolve(draft, existing?.Definition ?? Blank(draft), out _);

    private static DeviceDefinition Blank(DeviceDraft draft) => new() { Id = 0, Cid = draft.Cid ?? Accounts.AccountDirectory.RootId };

    /// <summary>The definition that a wish makes of another one.</summary>
    /// <returns>What is wrong with the wish; null when nothing is.</returns>
    private string? Resolve(DeviceDraft draft, DeviceDefinition before, out DeviceDefinition after)
    {
        after = before;
        if (draft.Name?.Length > DeviceDefinition.NameLengthMax) return $"name must have at most {DeviceDefinition.NameLengthMax} characters.";
        if ((ProblemOf(draft.ConfigurationJson, "configuration") ?? ProblemOf(draft.MetadataJson, "metadata")) is { } tooLong) return tooLong;
        if ((Ttl(draft.MessagesTtlSeconds, "messages_ttl") ?? Ttl(draft.MediaTtlSeconds, "media_ttl")) is { } ttlProblem) return ttlProblem;
        if ((Rotate(draft.MessagesRotate, "messages_rotate") ?? Rotate(draft.MediaRotate, "media_rotate")) is { } rotateProblem) return rotateProblem;
        if (TypeOf(draft, before, out long typeId, out int protocolId) is { } typeProblem) return typeProblem;

        string configuration = Put(draft.ConfigurationJson, before.ConfigurationJson, draft.IsMerge);
        string metadata = Put(draft.MetadataJson, before.MetadataJson, draft.IsMerge);
        if ((ProblemOf(configuration, "configuration") ?? ProblemOf(metadata, "metadata")) is { } mergedTooLong) return mergedTooLong;
        DeviceConfiguration checkedConfiguration = DeviceConfiguration.Read(configuration, hasType: typeId != 0, out string problem);
        if (problem.Length > 0) return problem;

        after = before with
        {
            Name = draft.Name ?? before.Name,
            Enabled = draft.Enabled ?? before.Enabled,
            DeviceTypeId = typeId,
            ProtocolId = protocolId,
            Ident = checkedConfiguration.Ident,
            ConfigurationJson = configuration,
            MessagesTtlSeconds = draft.MessagesTtlSeconds ?? before.MessagesTtlSeconds,
            MessagesRotate = draft.MessagesRotate ?? before.MessagesRotate,
            MediaTtlSeconds = draft.MediaTtlSeconds ?? before.MediaTtlSeconds,
            MediaRotate = draft.MediaRotate ?? before.MediaRotate,
            MetadataJson = metadata,
        };
        return null;
    }

    /// <summary>The type that a wish asks for, or the one that is there.</summary>
    private string? TypeOf(DeviceDraft draft, DeviceDefinition before, out long typeId, out int protocolId)
    {
        (typeId, protocolId) = (before.DeviceTypeId, before.ProtocolId);
        if (draft.DeviceTypeName is not null && draft.ProtocolName is null) return "device_type_name needs protocol_name; or give device_type_id.";
        if (draft.ProtocolName is { } protocolName)
        {
            if (draft.DeviceTypeId is not null) return "Give either device_type_id or protocol_name.";
            if (protocols.Find(protocolName) is not { } codec) return $"There is no protocol {protocolName}.";
            string name = draft.DeviceTypeName ?? DeviceType.GenericName;
            DeviceType? named = types.Of(codec).FirstOrDefault(type => string.Equals(type.Name, name, StringComparison.OrdinalIgnoreCase));
            if (named is null) return $"The protocol {codec.Info.Name} has no device type {name}; GET /gw/channel-protocols/{codec.Info.Id}/device-types/all lists them.";
            (typeId, protocolId) = (named.Id, codec.Info.Id);
        }
        else if (draft.DeviceTypeId is { } asked && asked != before.DeviceTypeId)
        {
            DeviceType? found = types.Find(asked);
            if (asked != 0 && found is null) return $"The device type {asked} is not found; GET /gw/channel-protocols/all/device-types/all lists them. 0 is a device without a type.";
            (typeId, protocolId) = (asked, found?.Codec.Info.Id ?? 0);
        }
        return null;
    }

    private static string? ProblemOf(string? json, string field)
    {
        if (json is null) return null;
        if (json.Length > DeviceDefinition.JsonLengthMax) return $"{field} must have at most {DeviceDefinition.JsonLengthMax} characters.";
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind is JsonValueKind.Object ? null : $"{field} must be a JSON object, not {document.RootElement.ValueKind}.";
    }

    private static string Put(string? json, string before, bool isMerge) => json is null ? before : isMerge ? JsonMerge.Merge(before, json) : json;

    private static string? Ttl(long? seconds, string field) =>
        seconds is < 0 or > DeviceDefinition.TtlSecondsMax ? $"{field} must be 0 to {DeviceDefinition.TtlSecondsMax} seconds." : null;

    private static string? Rotate(long? bytes, string field) =>
        bytes is < 0 or > DeviceDefinition.RotateBytesMax ? $"{field} must be 0 to {DeviceDefinition.RotateBytesMax} bytes." : null;
}
