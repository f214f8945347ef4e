using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;

namespace Gateway.Host.Devices.Telemetry;

// How clients see the values: name → {"ts": seconds, "value": …}, names in ordinal order, and the position once more as one object.
internal sealed partial class TelemetryValues
{
    private const string Group = "position";
    private const string GroupPrefix = "position.";

    /// <summary>Writes the values as a JSON object.</summary>
    /// <param name="json">Takes it.</param>
    /// <param name="selection">Which parameters; null for all.</param>
    /// <param name="device">Whose values they are: for <c>device.id</c>, <c>device.name</c> and <c>device.type.id</c>, which no message stores.</param>
    internal void WriteJson(Utf8JsonWriter json, ParameterSelection? selection, MessageDevice device)
    {
        List<TelemetryValue> all = [.. All(device)];
        all.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));

        json.WriteStartObject();
        foreach (TelemetryValue one in all)
        {
            if (selection?.Matches(Encoding.UTF8.GetBytes(one.Name)) is false) continue;
            json.WriteStartObject(one.Name);
            json.WriteNumber("ts", one.TimeUs / 1e6m);
            json.WritePropertyName("value");
            json.WriteRawValue(one.Json, skipInputValidation: true);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>All values as JSON, and what messages show although they do not store it.</summary>
    private List<TelemetryValue> Collect(MessageDevice device)
    {
        Span<byte> scratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        var json = new ArrayBufferWriter<byte>();
        lock (_gate)
        {
            var all = new List<TelemetryValue>(_count + 7);
            for (int i = 0; i < _count; i++)
            {
                json.ResetWrittenCount();
                if (!MessageJson.WriteValue(_bytes.AsSpan(_places[i].Start, _places[i].Length), json)) continue;
                all.Add(new TelemetryValue(Encoding.UTF8.GetString(names.NameOf(_numbers[i], scratch)), _times[i], json.WrittenSpan.ToArray()));
            }
            if (_origin.ServerTimeUs == 0) return all;

            (string Name, object Value)[] envelope =
            [
                ("channel.id", _origin.ChannelId), ("protocol.id", _origin.ProtocolId), ("server.timestamp", _origin.ServerTimeUs / 1e6m),
                ("device.id", device.Id), ("device.name", device.Name), ("device.type.id", device.TypeId),
            ];
            foreach ((string name, object value) in envelope)
            {
                all.RemoveAll(one => one.Name == name);
                byte[] text = value is ReadOnlyMemory<byte> utf8 ? Quoted(utf8.Span) : Encoding.ASCII.GetBytes(FormattableString.Invariant($"{value}"));
                all.Add(new TelemetryValue(name, _origin.ServerTimeUs, text));
            }
            return all;
        }
    }

    /// <summary>The position of one moment: latitude and longitude of the newest fix, and what else was said of it then. Null when there is no fix.</summary>
    private static TelemetryValue? PositionOf(List<TelemetryValue> all)
    {
        int latitude = all.FindIndex(static one => one.Name == "position.latitude"), longitude = all.FindIndex(static one => one.Name == "position.longitude");
        if (latitude < 0 || longitude < 0 || all[latitude].TimeUs != all[longitude].TimeUs) return null;
        long fixUs = all[latitude].TimeUs;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (TelemetryValue one in all.Where(one => one.TimeUs == fixUs && one.Name.StartsWith(GroupPrefix, StringComparison.Ordinal)).OrderBy(one => one.Name, StringComparer.Ordinal))
            {
                json.WritePropertyName(one.Name[GroupPrefix.Length..]);
                json.WriteRawValue(one.Json, skipInputValidation: true);
            }
            json.WriteEndObject();
        }
        return new TelemetryValue(Group, fixUs, buffer.WrittenSpan.ToArray());
    }

    private static byte[] Quoted(ReadOnlySpan<byte> utf8)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) json.WriteStringValue(utf8);
        return buffer.WrittenSpan.ToArray();
    }
}
