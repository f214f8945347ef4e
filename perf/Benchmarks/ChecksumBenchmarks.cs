using BenchmarkDotNet.Attributes;
using Gateway.Codecs.Reading;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Benchmarks;

/// <summary>The checksum of a whole packet, next to the table loop of the textbooks.</summary>
public class ChecksumBenchmarks
{
    private static readonly ushort[] s_table = BuildTable();
    private readonly byte[] _packet = TrackerFrames.TeltonikaPacket(25, 1_700_000_000_000);

    /// <summary>One table, one byte at a time.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("crc16.arc of 1.8 KB")]
    public uint TableLoop()
    {
        uint crc = 0;
        foreach (byte b in _packet) crc = crc >> 8 ^ s_table[(byte)(crc ^ b)];
        return crc;
    }

    /// <summary>What generated decoders call.</summary>
    [Benchmark, BenchmarkCategory("crc16.arc of 1.8 KB"), Goal(ratio: 1)]
    public uint Runtime() => Checksums.Crc16Arc(_packet);

    private static ushort[] BuildTable()
    {
        ushort[] table = new ushort[256];
        for (int i = 0; i < 256; i++)
        {
            int crc = i;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
            table[i] = (ushort)crc;
        }
        return table;
    }
}
