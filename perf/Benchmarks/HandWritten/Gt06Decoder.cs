using System.Buffers.Binary;
using Gateway.Codecs.Reading;

namespace Gateway.Perf.Benchmarks.HandWritten;

/// <summary>A GT06 location as somebody would decode it who knows nothing but that frame.</summary>
public static class Gt06Decoder
{
    /// <summary>Decodes a location (type 0x12) with a cell, and writes the answer.</summary>
    /// <param name="frame">7878 | length 1 | type 1 | time 6 | satellites 1 | latitude 4 | longitude 4 | speed 1 | course and flags 2 | cell 8 | serial 2 | CRC 2 | 0D0A.</param>
    /// <param name="messages">Takes the message and the reply.</param>
    /// <returns>False when it is no such frame.</returns>
    public static bool TryDecodeLocation(ReadOnlySpan<byte> frame, PlainMessages messages)
    {
        if (frame.Length < 36 || BinaryPrimitives.ReadUInt16BigEndian(frame) != 0x7878 || frame[3] != 0x12) return false;
        if (Checksums.Crc16X25(frame[2..^4]) != BinaryPrimitives.ReadUInt16BigEndian(frame[^4..])) return false;
        if (!Clock.TryCivil(2000 + frame[4], frame[5], frame[6], frame[7], frame[8], frame[9], out long timeUs)) return false;

        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(frame[20..]);
        double latitude = BinaryPrimitives.ReadUInt32BigEndian(frame[11..]) / 1_800_000.0;
        double longitude = BinaryPrimitives.ReadUInt32BigEndian(frame[15..]) / 1_800_000.0;
        if (latitude > 90 || longitude > 180) return false;

        messages.Begin();
        messages.Decimal(Keys.MessageType, frame[3]);
        messages.Time(Keys.Timestamp, timeUs);
        messages.Integer(Keys.PositionSatellites, frame[10] & 0x0F);
        messages.Integer(Keys.PositionSpeed, frame[19]);
        messages.Integer(Keys.PositionDirection, flags & 0x03FF);
        messages.Boolean(Keys.PositionValid, (flags & 0x1000) != 0);
        if ((flags & 0x4000) != 0) messages.Boolean(Keys.EngineIgnitionStatus, (flags & 0x8000) != 0);
        messages.Real(Keys.PositionLatitude, (flags & 0x0400) != 0 ? latitude : -latitude);
        messages.Real(Keys.PositionLongitude, (flags & 0x0800) != 0 ? -longitude : longitude);
        messages.Integer(Keys.GsmMcc, BinaryPrimitives.ReadUInt16BigEndian(frame[22..]));
        messages.Integer(Keys.GsmMnc, frame[24]);
        messages.Integer(Keys.GsmLac, BinaryPrimitives.ReadUInt16BigEndian(frame[25..]));
        messages.Integer(Keys.GsmCellid, frame[27] << 16 | frame[28] << 8 | frame[29]);
        messages.End();

        Span<byte> reply = messages.Reply;
        reply[0] = reply[1] = 0x78;
        reply[2] = 5;
        reply[3] = 0x12;
        frame.Slice(frame.Length - 6, 2).CopyTo(reply[4..]);
        BinaryPrimitives.WriteUInt16BigEndian(reply[6..], (ushort)Checksums.Crc16X25(reply[2..6]));
        reply[8] = 0x0D;
        reply[9] = 0x0A;
        messages.ReplyLength = 10;
        return true;
    }
}
