using System.Runtime.CompilerServices;
using System.Text;

namespace Gateway.Codecs;

/// <summary>Finds the values of some names in stored payloads, all in one pass over the payload and without JSON. Immutable: one serves many threads.</summary>
/// <remarks>Sees what <see cref="MessageJson"/> shows: the same names, the last value of a name, and the envelope's values whatever the payload says. Allocates nothing.</remarks>
public sealed class MessageLookup
{
    /// <summary>Most names of one lookup.</summary>
    public const int NamesMax = 64;

    // A name can be stored under two keys: that of its row, and the numbered form of the row's base. Sorted by nothing: few, and searched as vectors.
    private readonly int[] _keys;
    private readonly byte[] _slotOfKey;
    private readonly byte[][] _names;
    private readonly bool _hasOpenNames;
    private readonly int _channelIdSlot;
    private readonly int _protocolIdSlot;
    private readonly int _serverTimeSlot;
    private readonly int _deviceIdSlot;
    private readonly int _deviceNameSlot;
    private readonly int _deviceTypeIdSlot;

    /// <summary>Prepares a lookup.</summary>
    /// <param name="names">Distinct names; values are given in their order.</param>
    /// <exception cref="ArgumentException">There are more than <see cref="NamesMax"/>.</exception>
    public MessageLookup(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count > NamesMax) throw new ArgumentException($"A lookup has at most {NamesMax} names.", nameof(names));
        List<int> keys = [];
        List<byte> slots = [];
        _names = [.. names.Select(Encoding.UTF8.GetBytes)];
        for (int slot = 0; slot < names.Count; slot++)
        {
            if (!ParameterDictionary.TryGetKey(names[slot], out int key))
            {
                _hasOpenNames = true;
                continue;
            }
            keys.Add(key);
            slots.Add((byte)slot);
            if (ParameterDictionary.Find(key) is not { } row || row.Number == key || row.Name != names[slot]) continue;
            keys.Add(row.Number);
            slots.Add((byte)slot);
        }
        _keys = [.. keys];
        _slotOfKey = [.. slots];
        _channelIdSlot = SlotOf(ParameterKeys.ChannelId);
        _protocolIdSlot = SlotOf(ParameterKeys.ProtocolId);
        _serverTimeSlot = SlotOf(ParameterKeys.ServerTimestamp);
        _deviceIdSlot = SlotOf(ParameterKeys.DeviceId);
        _deviceNameSlot = SlotOf(ParameterKeys.DeviceName);
        _deviceTypeIdSlot = SlotOf(ParameterKeys.DeviceTypeId);
    }

    /// <summary>Number of names.</summary>
    public int Count => _names.Length;

    /// <summary>Whether <c>device.name</c> is among the names: then texts may lie behind the payload, see <see cref="TryFind"/>.</summary>
    public bool HasDeviceName => _deviceNameSlot >= 0;

    /// <summary>Finds the values.</summary>
    /// <param name="payload">A stored payload; texts found point into it. The name of the envelope's device is no part of it: its text points behind the payload's end, as if it followed there.</param>
    /// <param name="envelope">Gives <c>channel.id</c>, <c>protocol.id</c>, <c>server.timestamp</c> and, of a registered device, <c>device.id</c>, <c>device.name</c> and <c>device.type.id</c>.</param>
    /// <param name="values">Takes one value per name, in the order of the names; <see cref="ValueKind.Null"/> for what is not there.</param>
    /// <returns>False when the payload is no message; the values mean nothing then.</returns>
    [SkipLocalsInit]
    public bool TryFind(ReadOnlySpan<byte> payload, in MessageEnvelope envelope, Span<StoredValue> values)
    {
        Span<int> places = stackalloc int[NamesMax];
        places = places[.._names.Length];
        places.Fill(-1);

        int p = 0;
        if (!MessagePackScan.TryMapHeader(payload, ref p, out int count)) return false;
        for (int i = 0; i < count; i++)
        {
            if (!MessagePackScan.TryKey(payload, ref p, out int key, out int nameStart, out int nameLength)) return false;
            int start = p;
            if (!MessagePackScan.TrySkip(payload, ref p)) return false;
            int slot = nameLength < 0 ? SlotOf(key) : SlotOf(payload.Slice(nameStart, nameLength));
            if (slot < 0 && nameLength < 0 && _hasOpenNames) slot = SlotOfFormatted(key);
            if (slot >= 0) places[slot] = start;
        }

        for (int slot = 0; slot < places.Length; slot++) values[slot] = places[slot] < 0 ? default : ReadAt(payload, places[slot]);
        if (_channelIdSlot >= 0) values[_channelIdSlot] = StoredValue.Of((double)envelope.ChannelId);
        if (_protocolIdSlot >= 0) values[_protocolIdSlot] = StoredValue.Of((double)envelope.ProtocolId);
        if (_serverTimeSlot >= 0) values[_serverTimeSlot] = StoredValue.Of(envelope.ServerTimeUs / 1e6);
        if (envelope.Device is not { } device) return true;
        if (_deviceIdSlot >= 0) values[_deviceIdSlot] = StoredValue.Of((double)device.Id);
        if (_deviceNameSlot >= 0) values[_deviceNameSlot] = StoredValue.OfText(payload.Length, device.Name.Length);
        if (_deviceTypeIdSlot >= 0) values[_deviceTypeIdSlot] = StoredValue.Of((double)device.TypeId);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SlotOf(int key)
    {
        int at = _keys.AsSpan().IndexOf(key);
        return at < 0 ? -1 : _slotOfKey[at];
    }

    private int SlotOf(ReadOnlySpan<byte> name)
    {
        for (int slot = 0; slot < _names.Length; slot++)
            if (name.SequenceEqual(_names[slot])) return slot;
        return -1;
    }

    /// <summary>For keys that the dictionary does not know: data of a newer gateway have the name <c>parameter.N</c>.</summary>
    [SkipLocalsInit]
    private int SlotOfFormatted(int key)
    {
        if (ParameterDictionary.RankOf(key) >= 0) return -1;
        Span<byte> name = stackalloc byte[ParameterDictionary.NameBytesMax];
        return SlotOf(name[..ParameterDictionary.WriteName(key, name)]);
    }

    private static StoredValue ReadAt(ReadOnlySpan<byte> payload, int p)
    {
        byte code = payload[p];
        if (MessagePackScan.TryReal(payload, ref p, out double real)) return StoredValue.Of(real);
        if (MessagePackScan.TryInteger(payload, ref p, out long integer)) return StoredValue.Of(code == 0xCF ? (ulong)integer : (double)integer);
        if (MessagePackScan.TryText(payload, ref p, out int start, out int length)) return StoredValue.OfText(start, length);
        if (code is 0xC2 or 0xC3) return StoredValue.Of(code == 0xC3);
        if (MessagePackScan.TryTime(payload, ref p, out long timeUs)) return StoredValue.Of(timeUs / 1e6);
        bool isValue = code is (>= 0xC4 and <= 0xC6) or (>= 0x80 and <= 0x9F) or (>= 0xDC and <= 0xDF);
        return isValue ? StoredValue.Other : default;       // nil, and extensions that JSON shows as null
    }
}
