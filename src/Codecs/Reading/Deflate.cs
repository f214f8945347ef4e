using System.Buffers.Binary;
using System.IO.Compression;

namespace Gateway.Codecs.Reading;

/// <summary>Unpacks compressed containers. Rare, so it allocates a stream; bounded, so a small packet can't become a large one.</summary>
public static class Deflate
{
    /// <summary>Most output bytes per input byte.</summary>
    public const int RatioMax = 20;

    /// <summary>Unpacks zlib data (or bare deflate data, when there is no zlib header).</summary>
    /// <param name="zlibData">All compressed bytes.</param>
    /// <param name="destination">Takes the output; its length bounds it.</param>
    /// <param name="length">Bytes of output, 0 when the result is false.</param>
    /// <returns>False for damaged data, for zlib data that are not finished or have bytes behind their checksum, for no output, and for output that is longer than the destination or than <see cref="RatioMax"/> times the input.</returns>
    public static unsafe bool TryInflate(ReadOnlySpan<byte> zlibData, Span<byte> destination, out int length)
    {
        length = 0;
        if (zlibData.Length < 2) return false;
        bool hasHeader = (zlibData[0] & 0x0F) == 8 && (zlibData[0] << 8 | zlibData[1]) % 31 == 0;
        int limit = (int)Math.Min((long)zlibData.Length * RatioMax, destination.Length);
        fixed (byte* start = zlibData)
        {
            using UnmanagedMemoryStream input = new(start, zlibData.Length);
            using Stream inflater = hasHeader ? new ZLibStream(input, CompressionMode.Decompress) : new DeflateStream(input, CompressionMode.Decompress);
            try
            {
                int done = inflater.ReadAtLeast(destination[..limit], limit, throwOnEndOfStream: false);
                if (done == 0 || (done == limit && inflater.ReadByte() >= 0)) return false;

                // The stream ends in silence where the input does, finished or not: only the checksum behind the data tells.
                if (hasHeader && (zlibData.Length < 6 || Adler32(destination[..done]) != BinaryPrimitives.ReadUInt32BigEndian(zlibData[^4..]))) return false;
                length = done;
                return true;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                // The inflater throws one or the other (ZLibException is an IOException) for data that are none.
                return false;
            }
        }
    }

    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        uint low = 1, high = 0;
        foreach (byte b in data)
        {
            low = (low + b) % 65_521;
            high = (high + low) % 65_521;
        }
        return high << 16 | low;
    }
}
