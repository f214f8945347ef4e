using Gateway.Codecs;
using Gateway.Codecs.Reading;
using Gateway.Host.Inspection;

namespace Gateway.Host.Simulation;

/// <summary>Makes a checksum right after the bytes under it changed.</summary>
internal static class ChecksumOnWire
{
    /// <summary>Computes the checksum over a range of a frame and stores it as the spec declares it.</summary>
    /// <param name="frame">The whole frame.</param>
    /// <param name="check">Algorithm and stored form.</param>
    /// <param name="from">First covered byte.</param>
    /// <param name="length">Covered bytes.</param>
    /// <param name="storedAt">Where it is stored.</param>
    /// <returns>False when the algorithm is not known here; nothing was written.</returns>
    public static bool TryWrite(Span<byte> frame, CheckInfo check, int from, int length, int storedAt)
    {
        if (from < 0 || length < 0 || from + length > frame.Length || storedAt < 0 || storedAt > frame.Length) return false;
        if (Compute(check.Algorithm, frame.Slice(from, length)) is not { } value) return false;

        bool isText = check.Type.StartsWith("hex", StringComparison.Ordinal);
        Span<byte> stored = frame.Slice(storedAt, Explanation.ChecksumLength(check, frame.Length - storedAt));
        if (isText)
        {
            bool isUpper = stored.IndexOfAnyInRange((byte)'a', (byte)'f') < 0;
            ReadOnlySpan<byte> digits = isUpper ? "0123456789ABCDEF"u8 : "0123456789abcdef"u8;
            for (int i = stored.Length - 1; i >= 0; i--, value >>= 4) stored[i] = digits[(int)(value & 15)];
            return true;
        }
        for (int i = 0; i < stored.Length; i++, value >>= 8) stored[check.BigEndian ? stored.Length - 1 - i : i] = (byte)value;
        return true;
    }

    private static uint? Compute(string algorithm, ReadOnlySpan<byte> data) => algorithm switch
    {
        "crc16.arc" => Checksums.Crc16Arc(data),
        "crc16.modbus" => Checksums.Crc16Modbus(data),
        "crc16.x25" => Checksums.Crc16X25(data),
        "crc16.ccitt" => Checksums.Crc16CcittFalse(data),
        "crc16.kermit" => Checksums.Crc16Kermit(data),
        "crc16.xmodem" => Checksums.Crc16Xmodem(data),
        "crc8.nrsc5" => Checksums.Crc8Nrsc5(data),
        "crc8.maxim" => Checksums.Crc8Maxim(data),
        "crc8.rohc" => Checksums.Crc8Rohc(data),
        "crc32" => Checksums.Crc32(data),
        "crc32.mpeg2" => Checksums.Crc32Mpeg2(data),
        "xor8" => Checksums.Xor8(data),
        "sum8" => Checksums.Sum8(data),
        "sum16" => Checksums.Sum16(data),
        _ => null,
    };
}
