using BenchmarkDotNet.Attributes;
using Gateway.Codecs;
using Gateway.Perf.Benchmarks.HandWritten;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Benchmarks;

/// <summary>A generated decoder and a hand-written one on the same frames, from the frame to the encoded messages and the reply.</summary>
public abstract class DecodeBenchmarks
{
    /// <summary>Frames that one call decodes.</summary>
    protected const int Frames = 40;

    private readonly DecoderPair _pair;

    /// <summary>Composes the frames.</summary>
    protected DecodeBenchmarks(DecoderPair pair) => _pair = pair;

    /// <summary>Decodes all frames by hand.</summary>
    protected int ByHand() => _pair.DecodeByHand();

    /// <summary>Decodes all frames with the codec from the spec.</summary>
    protected int BySpec() => _pair.DecodeBySpec();
}

/// <summary>A GT06 location with a cell, 36 bytes, checksum and reply included.</summary>
[BenchmarkCategory("gt06 location")]
public class Gt06DecodeBenchmarks() : DecodeBenchmarks(DecoderPair.Gt06Location(Frames))
{
    /// <summary>By hand.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Frames)]
    public int Hand() => ByHand();

    /// <summary>Generated.</summary>
    [Benchmark(OperationsPerInvoke = Frames), Goal(ratio: 1.3, nanoseconds: 150)]
    public int Spec() => BySpec();
}

/// <summary>A Teltonika packet of one record with 15 IO values.</summary>
[BenchmarkCategory("teltonika packet, 1 record of 15 values")]
public class TeltonikaSingleDecodeBenchmarks() : DecodeBenchmarks(DecoderPair.Teltonika(Frames, 1))
{
    /// <summary>By hand.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Frames)]
    public int Hand() => ByHand();

    /// <summary>Generated.</summary>
    [Benchmark(OperationsPerInvoke = Frames), Goal(ratio: 1.3, nanoseconds: 400)]
    public int Spec() => BySpec();
}

/// <summary>Teltonika packets of 25 records with 15 IO values each; times are for one record.</summary>
[BenchmarkCategory("teltonika record of 15 values, 25 in a packet")]
public class TeltonikaBatchDecodeBenchmarks() : DecodeBenchmarks(DecoderPair.Teltonika(Packets, 25))
{
    private const int Packets = 4;

    /// <summary>By hand.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Packets * 25)]
    public int Hand() => ByHand();

    /// <summary>Generated.</summary>
    [Benchmark(OperationsPerInvoke = Packets * 25), Goal(ratio: 1.3, nanoseconds: 400)]
    public int Spec() => BySpec();
}

/// <summary>A full Wialon IPS data line, 115 bytes.</summary>
[BenchmarkCategory("wialon data line")]
public class WialonDecodeBenchmarks() : DecodeBenchmarks(DecoderPair.WialonData(Frames))
{
    /// <summary>By hand.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Frames)]
    public int Hand() => ByHand();

    /// <summary>Generated.</summary>
    [Benchmark(OperationsPerInvoke = Frames), Goal(ratio: 1.3)]
    public int Spec() => BySpec();
}
