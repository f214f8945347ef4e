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
    private const double UsPerSecond = 1_000_000;

    /// <summary>The form that was found by trying; null where the field says how it is written.</summary>
    public NumberForm? Form { get; init; }

    /// <summary>Holds numbers below zero by itself.</summary>
    public bool IsSigned => Form is null && NumberOnWire.IsSigned(Field);

    /// <summary>Writes a point of a drive into the packet; what the form can't take stays as it was.</summary>
    public bool TryWrite(byte[] packet, in RoutePoint point)
    {
        Span<byte> bytes = packet.AsSpan(Start, Length);
        if (Kind is SlotKind.Time && Form is not null) return Form.TryWrite(bytes, (point.TimeUs + ZoneUs) / UsPerSecond);
        if (Kind is SlotKind.Time) return TimeOnWire.TryWrite(bytes, Field, point.TimeUs + ZoneUs);
        double value = Kind switch
        {
            SlotKind.Latitude => point.Latitude,
            SlotKind.Longitude => point.Longitude,
            SlotKind.Speed => point.SpeedKmh,
            _ => point.Direction,
        };
        if (Form is not null) return Form.TryWrite(bytes, value);
        if (!IsSigned) value = Math.Abs(value);
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
