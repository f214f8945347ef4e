using Gateway.Codecs;

namespace Gateway.Host.Simulation;

/// <summary>A place in a packet that the simulator fills in anew each time.</summary>
/// <param name="Kind">What goes there.</param>
/// <param name="Message">Message of the packet, from 0.</param>
/// <param name="Start">First byte in the packet.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Field">How it is written.</param>
/// <param name="Unit">Dictionary value = unit × scaled value: 1, or the factor of a unit that the decoder converts.</param>
/// <param name="ZoneUs">For times: what the device's clock is ahead of UTC, µs.</param>
internal sealed record Slot(SlotKind Kind, int Message, int Start, int Length, FieldInfo Field, double Unit, long ZoneUs)
{
    /// <summary>Writes a point of a drive into the packet; what the form can't take stays as it was.</summary>
    public bool TryWrite(byte[] packet, in RoutePoint point)
    {
        Span<byte> bytes = packet.AsSpan(Start, Length);
        if (Kind is SlotKind.Time) return TimeOnWire.TryWrite(bytes, Field, point.TimeUs + ZoneUs);
        double value = Kind switch
        {
            SlotKind.Latitude => point.Latitude,
            SlotKind.Longitude => point.Longitude,
            SlotKind.Speed => point.SpeedKmh,
            _ => point.Direction,
        };
        if (!NumberOnWire.IsSigned(Field)) value = Math.Abs(value);
        return NumberOnWire.TryWrite(bytes, Field, (value / Unit - Field.Add) * Denominator / Multiplier);
    }

    /// <summary>The value in the dictionary's unit that the bytes hold now.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, FieldInfo field, out double value)
    {
        bool isRead = NumberOnWire.TryRead(bytes, field, out double raw);
        value = raw * (field.Multiply == 0 ? 1 : field.Multiply) / (field.Divide == 0 ? 1 : field.Divide) + field.Add;
        return isRead;
    }

    private double Multiplier => Field.Multiply == 0 ? 1 : Field.Multiply;

    private double Denominator => Field.Divide == 0 ? 1 : Field.Divide;
}

/// <summary>What a <see cref="Slot"/> holds.</summary>
internal enum SlotKind : byte
{
    /// <summary>A time, a date or a time of day.</summary>
    Time,
    /// <summary><c>position.latitude</c>.</summary>
    Latitude,
    /// <summary><c>position.longitude</c>.</summary>
    Longitude,
    /// <summary><c>position.speed</c>.</summary>
    Speed,
    /// <summary><c>position.direction</c>.</summary>
    Direction,
}

/// <summary>A checksum of a packet.</summary>
/// <param name="FrameStart">First byte of its frame in the packet.</param>
/// <param name="FrameLength">Length of the frame.</param>
/// <param name="Check">How it is made and stored.</param>
/// <param name="From">First covered byte in the frame.</param>
/// <param name="Length">Covered bytes.</param>
/// <param name="StoredAt">Where it is stored in the frame.</param>
internal sealed record ChecksumSlot(int FrameStart, int FrameLength, CheckInfo Check, int From, int Length, int StoredAt)
{
    /// <summary>Makes the checksum right.</summary>
    public bool TryWrite(byte[] packet) => ChecksumOnWire.TryWrite(packet.AsSpan(FrameStart, FrameLength), Check, From, Length, StoredAt);
}

/// <summary>A place where a packet carries the ident: as text, or as hexadecimal or BCD digits, half a byte each.</summary>
/// <param name="Start">First byte, or first half byte when <paramref name="IsNibbles"/>, in the packet.</param>
/// <param name="IsNibbles">Half bytes instead of bytes.</param>
internal sealed record IdentSlot(int Start, bool IsNibbles)
{
    /// <summary>Writes an ident of the same length as the one that was there.</summary>
    public void Write(byte[] packet, string ident)
    {
        for (int i = 0; i < ident.Length; i++)
        {
            if (!IsNibbles)
            {
                packet[Start + i] = (byte)ident[i];
                continue;
            }
            int at = Start + i;
            int digit = Convert.ToInt32(ident[i].ToString(), 16);
            packet[at / 2] = (byte)(at % 2 == 0 ? packet[at / 2] & 0x0F | digit << 4 : packet[at / 2] & 0xF0 | digit);
        }
    }

    /// <summary>All places of an ident in some bytes.</summary>
    /// <param name="bytes">The packet.</param>
    /// <param name="ident">The ident as the decoder gave it.</param>
    public static IReadOnlyList<IdentSlot> FindAll(byte[] bytes, string ident)
    {
        List<IdentSlot> slots = [];
        byte[] text = System.Text.Encoding.UTF8.GetBytes(ident);
        for (int at = 0; (at = IndexOf(bytes, text, at)) >= 0; at += text.Length) slots.Add(new IdentSlot(at, IsNibbles: false));
        if (slots.Count > 0 || !ident.All(char.IsAsciiHexDigit)) return slots;

        string digits = Convert.ToHexString(bytes);
        for (int at = 0; (at = digits.IndexOf(ident, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += ident.Length) slots.Add(new IdentSlot(at, IsNibbles: true));
        return slots;
    }

    private static int IndexOf(byte[] bytes, byte[] text, int from)
    {
        int at = bytes.AsSpan(from).IndexOf(text);
        return at < 0 ? -1 : from + at;
    }
}
