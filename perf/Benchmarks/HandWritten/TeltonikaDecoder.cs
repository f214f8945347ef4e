using System.Buffers.Binary;
using Gateway.Codecs.Reading;

namespace Gateway.Perf.Benchmarks.HandWritten;

/// <summary>A Teltonika codec 8 packet as somebody would decode it who knows nothing but that codec.</summary>
public static class TeltonikaDecoder
{
    private const int FixedBytes = 26;

    /// <summary>Decodes all records of a packet, and writes the answer.</summary>
    /// <param name="frame">Zero 4 | length 4 | codec 1 | count 1 | records | count 1 | CRC 4.</param>
    /// <param name="messages">Takes the messages and the reply.</param>
    /// <returns>False when it is no such packet.</returns>
    public static bool TryDecodePacket(ReadOnlySpan<byte> frame, PlainMessages messages)
    {
        if (frame.Length < 15 || BinaryPrimitives.ReadUInt32BigEndian(frame) != 0 || frame[8] != 8) return false;
        if (BinaryPrimitives.ReadUInt32BigEndian(frame[4..]) != frame.Length - 12) return false;
        if (Checksums.Crc16Arc(frame[8..^4]) != BinaryPrimitives.ReadUInt32BigEndian(frame[^4..])) return false;

        int count = frame[9];
        ReadOnlySpan<byte> rest = frame[10..^4];
        for (int i = 0; i < count; i++)
            if (!TryDecodeRecord(ref rest, messages)) return false;
        if (rest.Length != 1 || rest[0] != count) return false;

        BinaryPrimitives.WriteInt32BigEndian(messages.Reply, count);
        messages.ReplyLength = 4;
        return true;
    }

    private static bool TryDecodeRecord(ref ReadOnlySpan<byte> rest, PlainMessages messages)
    {
        if (rest.Length < FixedBytes) return false;
        double longitude = BinaryPrimitives.ReadInt32BigEndian(rest[9..]) / 1e7;
        double latitude = BinaryPrimitives.ReadInt32BigEndian(rest[13..]) / 1e7;
        if (Math.Abs(latitude) > 90 || Math.Abs(longitude) > 180) return false;

        messages.Begin();
        messages.Time(Keys.Timestamp, BinaryPrimitives.ReadInt64BigEndian(rest) * 1000);
        messages.Integer(Keys.EventPriorityEnum, rest[8]);
        messages.Real(Keys.PositionLongitude, longitude);
        messages.Real(Keys.PositionLatitude, latitude);
        messages.Integer(Keys.PositionAltitude, BinaryPrimitives.ReadInt16BigEndian(rest[17..]));
        messages.Integer(Keys.PositionDirection, BinaryPrimitives.ReadUInt16BigEndian(rest[19..]));
        messages.Integer(Keys.PositionSatellites, rest[21]);
        messages.Boolean(Keys.PositionValid, rest[21] > 0);
        messages.Integer(Keys.PositionSpeed, BinaryPrimitives.ReadUInt16BigEndian(rest[22..]));
        messages.Integer(Keys.EventEnum, rest[24]);
        rest = rest[FixedBytes..];

        for (int width = 1; width <= 8; width *= 2)
        {
            if (rest.IsEmpty) return false;
            int items = rest[0];
            rest = rest[1..];
            for (int i = 0; i < items; i++)
            {
                if (rest.Length < 1 + width) return false;
                WriteItem(rest[0], rest.Slice(1, width), messages);
                rest = rest[(1 + width)..];
            }
        }
        messages.End();
        return true;
    }

    private static void WriteItem(byte id, ReadOnlySpan<byte> value, PlainMessages messages)
    {
        long number = value.Length switch
        {
            1 => value[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(value),
            4 => BinaryPrimitives.ReadUInt32BigEndian(value),
            _ => BinaryPrimitives.ReadInt64BigEndian(value),
        };
        switch (id)
        {
            case 239: messages.Boolean(Keys.EngineIgnitionStatus, number != 0); break;
            case 240: messages.Boolean(Keys.MovementStatus, number != 0); break;
            case 21: messages.Integer(Keys.GsmSignalLevel, number * 20); break;
            case 200: messages.Integer(Keys.SleepModeEnum, number); break;
            case 181: messages.Real(Keys.PositionPdop, number / 10.0); break;
            case 182: messages.Real(Keys.PositionHdop, number / 10.0); break;
            case 66: messages.Real(Keys.ExternalPowersourceVoltage, number / 1000.0); break;
            case 67: messages.Real(Keys.BatteryVoltage, number / 1000.0); break;
            case 68: messages.Real(Keys.BatteryCurrent, number / 1000.0); break;
            case 113: messages.Integer(Keys.BatteryLevel, number); break;
            case 69: messages.Integer(Keys.GnssStateEnum, number); break;
            case 17: messages.Real(Keys.XAcceleration, (short)number / 1000.0); break;
            case 9: messages.Real(Keys.Ain | 1 << 16, number / 1000.0); break;
            case 241: messages.Decimal(Keys.GsmOperatorCode, number); break;
            case 16: messages.Real(Keys.VehicleMileage, number / 1000.0); break;
        }
    }
}
