using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Perf.Benchmarks.HandWritten;

namespace Gateway.Perf.Tests;

/// <summary>A comparison is fair when both sides produce the same bytes.</summary>
public sealed class FairComparisonTests
{
    [Fact]
    public void The_platform_and_the_runtime_write_the_same_json()
    {
        ArrayBufferWriter<byte> platform = new();
        using (Utf8JsonWriter writer = new(platform)) PlainJson.Write(writer);
        ArrayBufferWriter<byte> runtime = new();
        Assert.True(MessageJson.Write(PlainJson.Payload(), PlainJson.Envelope, runtime));
        Assert.Equal(Encoding.UTF8.GetString(platform.WrittenSpan), Encoding.UTF8.GetString(runtime.WrittenSpan));
    }
}
