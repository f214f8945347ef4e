using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Gateway.Perf.Shared;

/// <summary>Composes the frames that the benchmarks decode and the load generator sends. Written from the vendors' documents, apart from the specs, so that both can't share an error.</summary>
public static class TrackerFrames
{
    /// <summary>IO values of a record from <see cref="TeltonikaPacket"/>: six of 1 byte, seven of 2 bytes, two of 4 bytes.</summary>
    public const int TeltonikaValuesPerRecord = 15;

    private static ReadOnlySpan<byte> TeltonikaIds1 => [239, 240, 113, 21, 200, 69];
    private static ReadOnlySpan<byte> TeltonikaIds2 => [181, 182, 66, 17, 67, 68, 9];
    private static ReadOnlySpan<byte> TeltonikaIds4 => [241, 16];

    /// <summary>The login of a Teltonika device over TCP: length 2 | IMEI.</summary>
    /// <param name="imei">15 digits.</param>
    public static byte[] TeltonikaLogin(string imei)
    {
        byte[] frame = new byte[2 + imei.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)imei.Length);
        Encoding.ASCII.GetBytes(imei, frame.AsSpan(2));
        return frame;
    }

    /// <summary>A Teltonika codec 8 packet over TCP: zero 4 | length 4 | codec 1 | count 1 | records | count 1 | CRC-16/ARC 4.</summary>
    /// <param name="records">1 to 255 records with a position and 15 IO values each.</param>
    /// <param name="firstTimeMs">Time of the first record, ms since 1970; the others follow at 1 s.</param>
    public static byte[] TeltonikaPacket(int records, long firstTimeMs)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(records is >= 1 and <= 255, true);
        byte[] frame = new byte[12 + 3 + records * 76];
        int at = 8;
        frame[at++] = 8;
        frame[at++] = (byte)records;
        for (int i = 0; i < records; i++) at += WriteTeltonikaRecord(frame.AsSpan(at), firstTimeMs + i * 1000L, i);
        frame[at++] = (byte)records;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), at - 8);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(at), Crc16(frame.AsSpan(8..at), 0xA001, 0, 0));
        return frame.AsSpan(0, at + 4).ToArray();
    }

    /// <summary>A GT06 location (type 0x12) with GPS and cell: 7878 | length 1 | type 1 | body | serial 2 | CRC-16/X-25 2 | 0D0A.</summary>
    /// <param name="serial">Serial number of the frame.</param>
    public static byte[] Gt06Location(ushort serial)
    {
        byte[] frame =
        [
            0x78, 0x78, 0x1F, 0x12,
            23, 11, 14, 22, 13, (byte)(serial % 60),    // 2023-11-14 22:13:ss
            0xCB,                                       // 11 satellites
            0x02, 0x6B, 0x3F, 0x3C,                     // 22.546096 degrees
            0x0C, 0x3C, 0xE3, 0x57,                     // 114.0649728 degrees
            42, 0x14, 0x8F,                             // km/h; north, east, fixed, course 143
            0x01, 0xCC, 0x00, 0x28, 0x66, 0x00, 0x10, 0xEF,
            (byte)(serial >> 8), (byte)serial, 0, 0, 0x0D, 0x0A,
        ];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(^4), Crc16(frame.AsSpan(2..^4), 0x8408, 0xFFFF, 0xFFFF));
        return frame;
    }

    /// <summary>The login of a GT06 device: type 1, the IMEI as 8 bytes BCD.</summary>
    /// <param name="imei">15 digits.</param>
    public static byte[] Gt06Login(string imei)
    {
        byte[] frame = [0x78, 0x78, 0x0D, 0x01, .. Convert.FromHexString("0" + imei), 0, 1, 0, 0, 0x0D, 0x0A];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(^4), Crc16(frame.AsSpan(2..^4), 0x8408, 0xFFFF, 0xFFFF));
        return frame;
    }

    /// <summary>The login of a Wialon IPS 1.1 device, with its line end.</summary>
    public static byte[] WialonLogin(string imei) => Encoding.ASCII.GetBytes($"#L#{imei};NA\r\n");

    /// <summary>A short Wialon IPS 1.1 data line (SD): position only, with its line end.</summary>
    /// <param name="second">0 to 59, the second of the fix.</param>
    public static byte[] WialonShortData(int second) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"#SD#141123;2213{second:00};5441.2320;N;02516.7820;E;54;90;112;11\r\n"));

    /// <summary>A full Wialon IPS 1.1 data line (D) with two analog inputs and three own parameters, with its line end.</summary>
    /// <param name="second">0 to 59, the second of the fix.</param>
    public static byte[] WialonData(int second) =>
        Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"#D#141123;2213{second:00};5441.2320;N;02516.7820;E;54;90;112;11;0.8;1;0;12.5,3.2;NA;bat:1:87,temp:2:21.5,driver:3:Ann\r\n"));

    private static int WriteTeltonikaRecord(Span<byte> to, long timeMs, int index)
    {
        BinaryPrimitives.WriteInt64BigEndian(to, timeMs);
        to[8] = 0;
        BinaryPrimitives.WriteInt32BigEndian(to[9..], 252_797_000 + index * 1_000);
        BinaryPrimitives.WriteInt32BigEndian(to[13..], 546_872_000 + index * 1_000);
        BinaryPrimitives.WriteInt16BigEndian(to[17..], 112);
        BinaryPrimitives.WriteUInt16BigEndian(to[19..], (ushort)(index * 7 % 360));
        to[21] = 11;
        BinaryPrimitives.WriteUInt16BigEndian(to[22..], 54);
        to[24] = 239;
        to[25] = TeltonikaValuesPerRecord;
        int at = 26;
        to[at++] = (byte)TeltonikaIds1.Length;
        foreach (byte id in TeltonikaIds1)
        {
            to[at++] = id;
            to[at++] = (byte)(id is 239 or 240 ? 1 : id == 21 ? 4 : id == 200 ? 0 : id == 113 ? 87 : 1);
        }
        to[at++] = (byte)TeltonikaIds2.Length;
        foreach (byte id in TeltonikaIds2)
        {
            to[at++] = id;
            BinaryPrimitives.WriteUInt16BigEndian(to[at..], (ushort)(id switch { 66 => 12_650 + index, 67 => 4_012, 17 => -12, 181 => 12, 182 => 8, 68 => 25, _ => 240 + index }));
            at += 2;
        }
        to[at++] = (byte)TeltonikaIds4.Length;
        foreach (byte id in TeltonikaIds4)
        {
            to[at++] = id;
            BinaryPrimitives.WriteUInt32BigEndian(to[at..], id == 241 ? 24_602u : 123_456u + (uint)index);
            at += 4;
        }
        to[at++] = 0;
        return at;
    }

    /// <summary>A reflected CRC-16, bit by bit: slow, and plainly right.</summary>
    private static ushort Crc16(ReadOnlySpan<byte> bytes, int polynomial, int initial, int final)
    {
        int crc = initial;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ polynomial : crc >> 1;
        }
        return (ushort)(crc ^ final);
    }
}
