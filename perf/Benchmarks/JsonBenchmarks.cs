using System.Buffers;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Gateway.Codecs;
using Gateway.Perf.Benchmarks.HandWritten;

namespace Gateway.Perf.Benchmarks;

/// <summary>From a stored payload of 18 values to JSON with 21, next to the platform's writer with the values at hand.</summary>
[BenchmarkCategory("json of a message")]
public class JsonBenchmarks : IDisposable
{
    private const int Messages = 100;
    private readonly byte[] _payload = PlainJson.Payload();
    private readonly ArrayBufferWriter<byte> _output = new(64 * 1024);
    private readonly Utf8JsonWriter _writer;

    /// <summary>Nothing is warm yet.</summary>
    public JsonBenchmarks() => _writer = new Utf8JsonWriter(_output, new JsonWriterOptions { SkipValidation = true });

    /// <summary>The platform's writer.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Messages)]
    public int Platform()
    {
        _output.ResetWrittenCount();
        for (int i = 0; i < Messages; i++)
        {
            _writer.Reset();
            PlainJson.Write(_writer);
        }
        return _output.WrittenCount;
    }

    /// <summary>What REST and MQTT call.</summary>
    [Benchmark(OperationsPerInvoke = Messages), Goal(ratio: 1.5)]
    public int Runtime()
    {
        _output.ResetWrittenCount();
        for (int i = 0; i < Messages; i++)
            if (!MessageJson.Write(_payload, PlainJson.Envelope, _output)) throw new InvalidOperationException("The payload was refused.");
        return _output.WrittenCount;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        GC.SuppressFinalize(this);
    }
}
