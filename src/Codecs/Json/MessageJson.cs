using System.Buffers;
using System.Runtime.CompilerServices;

namespace Gateway.Codecs;

/// <summary>Turns stored payloads into flat JSON, without an object in between: UTF-8, names in ordinal order, last value of a name wins.</summary>
/// <remarks>Times are seconds with up to six decimals, reals the shortest decimals that read back the same. Allocates nothing but what the output does.</remarks>
public static class MessageJson
{
    private const int EntriesOnStack = 96;
    private const int EnvelopeEntries = 6;
    private const int EnvelopeBytesMax = 320;
    private const int ChannelIdValue = -1;
    private const int ProtocolIdValue = -2;
    private const int ServerTimeValue = -3;
    private const int DeviceIdValue = -4;
    private const int DeviceNameValue = -5;
    private const int DeviceTypeIdValue = -6;

    /// <summary>Writes one message as a JSON object.</summary>
    /// <param name="payload">A payload as <see cref="MessageSink"/> writes it; lists, maps and bytes in values are understood too.</param>
    /// <param name="envelope">Gives <c>channel.id</c>, <c>protocol.id</c>, <c>server.timestamp</c> and, of a registered device, <c>device.id</c>, <c>device.name</c> and <c>device.type.id</c>, whatever the payload says.</param>
    /// <param name="output">Takes the JSON; unchanged when the result is false.</param>
    /// <param name="fields">The wanted parameters; null for all.</param>
    /// <returns>False when the payload is no message.</returns>
    [SkipLocalsInit]
    public static bool Write(ReadOnlySpan<byte> payload, in MessageEnvelope envelope, IBufferWriter<byte> output, ParameterSelection? fields = null)
    {
        int p = 0;
        if (!MessagePackScan.TryMapHeader(payload, ref p, out int count)) return false;
        int entriesMax = count + EnvelopeEntries;
        if (entriesMax <= EntriesOnStack)
        {
            Span<ulong> order = stackalloc ulong[EntriesOnStack];
            Span<Entry> entries = stackalloc Entry[EntriesOnStack];
            return Write(payload, p, count, in envelope, output, fields, order, entries);
        }

        ulong[] orderArray = ArrayPool<ulong>.Shared.Rent(entriesMax);
        Entry[] entryArray = ArrayPool<Entry>.Shared.Rent(entriesMax);
        bool written = Write(payload, p, count, in envelope, output, fields, orderArray, entryArray);
        ArrayPool<ulong>.Shared.Return(orderArray);
        ArrayPool<Entry>.Shared.Return(entryArray);
        return written;
    }

    /// <summary>Writes one value of a payload as JSON.</summary>
    /// <param name="value">As <see cref="MessageValues.Value"/> gives it.</param>
    /// <param name="output">Takes the JSON; unchanged when the result is false.</param>
    /// <returns>False when it is not one whole value.</returns>
    public static bool WriteValue(ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        int end = 0;
        if (!MessagePackScan.TrySkip(value, ref end) || end != value.Length) return false;
        output.Advance(JsonValue.Write(value, 0, output.GetSpan((int)RoomOf(value, 0, end))));
        return true;
    }

    private static bool Write(ReadOnlySpan<byte> payload, int p, int count, in MessageEnvelope envelope, IBufferWriter<byte> output,
        ParameterSelection? fields, Span<ulong> order, Span<Entry> entries)
    {
        // First pass: where each value is, the rank of its name, and how much room the JSON may need.
        long room = EnvelopeBytesMax + (envelope.Device is { } device ? device.Name.Length * 6L : 0);
        int used = 0;
        for (int i = 0; i < count; i++)
        {
            if (!MessagePackScan.TryKey(payload, ref p, out int key, out int nameStart, out int nameLength)) return false;
            Entry entry = new(p, key, nameStart, nameLength);
            if (!MessagePackScan.TrySkip(payload, ref p)) return false;

            int rank = nameLength < 0 ? ParameterDictionary.RankOf(key) : -1;
            if (rank >= 0)
            {
                if (fields is not null && !fields.MatchesRank(rank)) continue;
                room += ParameterDictionary.JsonNameAt(rank).Length;
                order[used] = ParameterOrder.Known(rank, used);
            }
            else
            {
                if (fields is not null && !MatchesOpenName(payload, entry, fields)) continue;
                room += 8 + (nameLength < 0 ? ParameterDictionary.NameBytesMax : nameLength * 6L);
                order[used] = ParameterOrder.Open(payload, entry, used);
            }
            room += RoomOf(payload, entry.Value, p);
            entries[used++] = entry;
        }
        if (room > Array.MaxLength) return false;

        used = AddEnvelope(order, entries, used, fields, ChannelIdValue, ParameterKeys.ChannelId);
        used = AddEnvelope(order, entries, used, fields, ProtocolIdValue, ParameterKeys.ProtocolId);
        used = AddEnvelope(order, entries, used, fields, ServerTimeValue, ParameterKeys.ServerTimestamp);
        if (envelope.Device is not null)
        {
            used = AddEnvelope(order, entries, used, fields, DeviceIdValue, ParameterKeys.DeviceId);
            used = AddEnvelope(order, entries, used, fields, DeviceNameValue, ParameterKeys.DeviceName);
            used = AddEnvelope(order, entries, used, fields, DeviceTypeIdValue, ParameterKeys.DeviceTypeId);
        }
        order = order[..used];
        ParameterOrder.Sort(payload, order, entries);

        Span<byte> json = output.GetSpan((int)room);
        json[0] = (byte)'{';
        int length = 1;
        for (int i = 0; i < order.Length; i++)
        {
            if (i + 1 < order.Length && ParameterOrder.SameName(payload, order[i], order[i + 1], entries)) continue;
            if (length > 1) json[length++] = (byte)',';
            ref readonly Entry entry = ref entries[ParameterOrder.IndexOf(order[i])];
            length += ParameterOrder.TryRank(order[i], out int rank)
                ? JsonText.Copy(ParameterDictionary.JsonNameAt(rank), json[length..])
                : WriteOpenName(payload, entry, json[length..]);
            length += entry.Value switch
            {
                ChannelIdValue => JsonText.WriteInteger(json[length..], envelope.ChannelId),
                ProtocolIdValue => JsonText.WriteInteger(json[length..], envelope.ProtocolId),
                ServerTimeValue => JsonText.WriteTime(json[length..], envelope.ServerTimeUs),
                DeviceIdValue => JsonText.WriteInteger(json[length..], envelope.Device!.Id),
                DeviceNameValue => JsonText.WriteText(json[length..], envelope.Device!.Name.Span),
                DeviceTypeIdValue => JsonText.WriteInteger(json[length..], envelope.Device!.TypeId),
                _ => JsonValue.Write(payload, entry.Value, json[length..]),
            };
        }
        json[length++] = (byte)'}';
        output.Advance(length);
        return true;
    }

    private static int AddEnvelope(Span<ulong> order, Span<Entry> entries, int used, ParameterSelection? fields, int value, int key)
    {
        int rank = ParameterDictionary.RankOf(key);
        if (fields is not null && !fields.MatchesRank(rank)) return used;
        order[used] = ParameterOrder.Known(rank, used);
        entries[used] = new Entry(value, key, 0, -1);
        return used + 1;
    }

    /// <summary>Most bytes of JSON for a value and its comma: texts grow to six times by escapes, lists and maps less than eight times.</summary>
    private static long RoomOf(ReadOnlySpan<byte> payload, int start, int end)
    {
        byte code = payload[start];
        bool isContainer = (code & 0xE0) == 0x80 || code is >= 0xDC and <= 0xDF;
        return JsonText.NumberBytesMax + (end - start > 15 || isContainer ? (end - start) * 8L : (end - start) * 6L);
    }

    [SkipLocalsInit]
    private static bool MatchesOpenName(ReadOnlySpan<byte> payload, in Entry entry, ParameterSelection fields)
    {
        Span<byte> scratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        return fields.Matches(entry.NameOf(payload, scratch));
    }

    [SkipLocalsInit]
    private static int WriteOpenName(ReadOnlySpan<byte> payload, in Entry entry, Span<byte> json)
    {
        Span<byte> scratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        int length = JsonText.WriteText(json, entry.NameOf(payload, scratch));
        json[length] = (byte)':';
        return length + 1;
    }

    /// <summary>A value of a payload: where it is, and its name.</summary>
    /// <param name="Value">Where the value starts, or one of the envelope's.</param>
    /// <param name="Key">Dictionary key, when <paramref name="NameLength"/> is -1.</param>
    /// <param name="NameStart">Where the open name starts.</param>
    /// <param name="NameLength">Length of the open name.</param>
    internal readonly record struct Entry(int Value, int Key, int NameStart, int NameLength)
    {
        /// <summary>The name, formatted into <paramref name="scratch"/> where it is not in the payload.</summary>
        public ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> payload, Span<byte> scratch) =>
            NameLength >= 0 ? payload.Slice(NameStart, NameLength) : scratch[..ParameterDictionary.WriteName(Key, scratch)];
    }
}
