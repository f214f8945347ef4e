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

    [Fact]
    public void Both_decoders_of_a_gt06_location_write_the_same_bytes() => AssertSame(DecoderPair.Gt06Location(1), 1);

    [Fact]
    public void Both_decoders_of_a_teltonika_packet_write_the_same_bytes() => AssertSame(DecoderPair.Teltonika(1, 25), 25);

    [Fact]
    public void Both_decoders_of_a_wialon_line_write_the_same_bytes() => AssertSame(DecoderPair.WialonData(1), 1);

    [Fact]
    public void Both_decoders_of_a_short_wialon_line_write_the_same_bytes() => AssertSame(DecoderPair.WialonShortData(1), 1);

    private static void AssertSame(DecoderPair pair, int messages)
    {
        Assert.Equal(messages, pair.DecodeByHand());
        Assert.Equal(messages, pair.DecodeBySpec());
        // JSON first: it says which value differs. Bytes then: order and encoding count too.
        for (int i = 0; i < messages; i++)
        {
            Assert.Equal(Json(pair.Messages[i]), Json(pair.Plain[i]));
            Assert.True(pair.Messages[i].SequenceEqual(pair.Plain[i]), $"by spec {Convert.ToHexString(pair.Messages[i])}\nby hand {Convert.ToHexString(pair.Plain[i])}");
        }
        Assert.Equal(Convert.ToHexString(pair.Reply.Written), Convert.ToHexString(pair.Plain.Reply[..pair.Plain.ReplyLength]));
    }

    private static string Json(ReadOnlySpan<byte> payload)
    {
        ArrayBufferWriter<byte> json = new();
        Assert.True(MessageJson.Write(payload, PlainJson.Envelope, json));
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
