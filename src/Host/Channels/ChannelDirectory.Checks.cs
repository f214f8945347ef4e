using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Accounts;
using Gateway.Host.Listeners;

namespace Gateway.Host.Channels;

// What is looked at before a change: the wish itself, and the port.
public sealed partial class ChannelDirectory
{
    private readonly record struct Resolution(Codec? Codec, ChannelSettings? Settings, string? Problem);

    private Resolution Resolve(ChannelDraft draft, Channel? existing)
    {
        if (draft.Name?.Length > ChannelDefinition.NameLengthMax) return Wrong($"name must have at most {ChannelDefinition.NameLengthMax} characters.");
        if (draft.MessagesTtlSeconds is < 0 or > ChannelDefinition.MessagesTtlSecondsMax)
            return Wrong($"messages_ttl must be 0 to {ChannelDefinition.MessagesTtlSecondsMax} seconds.");
        if (ProblemOf(draft.ConfigurationJson, "configuration") is { } configurationProblem) return Wrong(configurationProblem);
        if (ProblemOf(draft.MetadataJson, "metadata") is { } metadataProblem) return Wrong(metadataProblem);

        if (existing is { Fault: { } fault, Codec: AbsentCodec }) return Wrong($"Channel {existing.Id} can only be removed now. {fault}");
        if (existing is null && draft.ProtocolId is null == draft.ProtocolName is null) return Wrong("Either protocol_id or protocol_name is needed.");
        Codec? codec = draft.ProtocolId is { } id ? _protocols.Find(id) : draft.ProtocolName is { } name ? _protocols.Find(name) : existing!.Codec;
        if (codec is null && (draft.ProtocolId is { } number ? _catalog.FaultOf(number) : _catalog.FaultOf(draft.ProtocolName ?? "")) is { } specFault) return Wrong(specFault);
        if (codec is null)
            return Wrong($"There is no protocol {draft.ProtocolId?.ToString() ?? draft.ProtocolName}; known are: {string.Join(", ", _protocols.All.Select(known => known.Info.Name))}.");
        if (existing is not null && codec.Info.Id != existing.Definition.ProtocolId) return Wrong("The protocol of a channel can't be changed; create another channel.");

        string configuration = draft.ConfigurationJson ?? existing?.Definition.ConfigurationJson ?? "{}";
        ChannelSettings? settings = SettingsOf(configuration, codec.Info, existing?.Definition.Cid ?? draft.Cid ?? AccountDirectory.RootId, out string problem);
        return settings is null ? Wrong(problem) : new Resolution(codec, settings, null);

        static Resolution Wrong(string problem) => new(null, null, problem);
    }

    /// <summary>A configuration, checked, within the limits of the account whose channel it is.</summary>
    private ChannelSettings? SettingsOf(string configurationJson, ProtocolInfo protocol, long cid, out string problem) =>
        ChannelSettings.TryParse(configurationJson, protocol, _options, out problem)?.Within(_limits, cid);

    private static string? ProblemOf(string? json, string field)
    {
        if (json is null) return null;
        if (json.Length > ChannelDefinition.JsonLengthMax) return $"{field} must have at most {ChannelDefinition.JsonLengthMax} characters.";
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind is JsonValueKind.Object ? null : $"{field} must be a JSON object, not {document.RootElement.ValueKind}.";
        }
        catch (JsonException)
        {
            return $"{field} must be a JSON object.";
        }
    }

    private static ChannelDefinition Merge(ChannelDraft draft, ChannelDefinition definition) =>
        definition with
        {
            Name = draft.Name ?? definition.Name,
            Enabled = draft.Enabled ?? definition.Enabled,
            ConfigurationJson = draft.ConfigurationJson ?? definition.ConfigurationJson,
            MessagesTtlSeconds = draft.MessagesTtlSeconds ?? definition.MessagesTtlSeconds,
            MetadataJson = draft.MetadataJson ?? definition.MetadataJson,
        };

    /// <summary>Finds a port and opens it.</summary>
    /// <param name="asked">The port wished for; null for any of the range.</param>
    /// <param name="codec">Says which transports the port must have.</param>
    /// <param name="open">False only reserves the number, for a disabled channel.</param>
    /// <param name="except">A channel whose port may be taken: its own.</param>
    /// <param name="sockets">The open sockets, null when not <paramref name="open"/>.</param>
    /// <param name="problem">Why there is none.</param>
    /// <returns>The port, 0 when there is none.</returns>
    private int OpenPort(int? asked, Codec codec, bool open, Channel? except, out ChannelSockets? sockets, out string problem)
    {
        sockets = null;
        HashSet<int> taken = [.. _channels.Values.Where(channel => channel != except).Select(channel => channel.Definition.Port)];
        if (asked is { } wished)
        {
            problem = $"port {wished} is in use by another channel";
            if (taken.Contains(wished)) return 0;
            if (!open) return wished;
            sockets = ChannelSockets.TryBind(_options.BindAddress, wished, codec.Info.Tcp, codec.Info.Udp, out problem);
            return sockets is null ? 0 : wished;
        }

        int count = _options.ChannelPortLast - _options.ChannelPortFirst + 1;
        for (int i = 0; i < count; i++)
        {
            int candidate = _portHint;
            _portHint = candidate >= _options.ChannelPortLast ? _options.ChannelPortFirst : candidate + 1;
            if (taken.Contains(candidate)) continue;
            problem = "";
            if (!open) return candidate;
            sockets = ChannelSockets.TryBind(_options.BindAddress, candidate, codec.Info.Tcp, codec.Info.Udp, out problem);
            if (sockets is not null) return candidate;
        }
        problem = $"no free port in {_options.ChannelPortFirst} to {_options.ChannelPortLast}";
        return 0;
    }
}
