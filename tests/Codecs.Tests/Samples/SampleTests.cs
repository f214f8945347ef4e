using System.Globalization;

namespace Gateway.Codecs.Tests.Samples;

/// <summary>Every sample of every built-in spec: whole, split at every byte, cut short, glued, and with each byte damaged.</summary>
public sealed class SampleTests
{
    public static TheoryData<string, string> All
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (Codec codec in CodecRegistry.BuiltIn)
                foreach (SampleInfo sample in codec.Info.Samples) all.Add(codec.Info.Name, sample.Name);
            return all;
        }
    }

    public static TheoryData<string> Protocols => [.. CodecRegistry.BuiltIn.Select(codec => codec.Info.Name)];

    private static (Codec Codec, SampleInfo Sample) Find(string protocol, string name)
    {
        Codec codec = CodecRegistry.BuiltIn.First(c => c.Info.Name == protocol);
        return (codec, codec.Info.Samples.First(s => s.Name == name));
    }

    [Theory, MemberData(nameof(All))]
    public void A_sample_gives_what_its_spec_expects(string protocol, string name)
    {
        (Codec codec, SampleInfo sample) = Find(protocol, name);
        SampleRun run = SampleRun.Of(codec, sample, sample.Input);
        string place = $"{codec.Info.SpecFile} line {sample.Line}: ";
        Assert.True(run.Statuses.TrueForAll(s => s == DecodeStatus.Ok) || sample.ExpectedCount == 0, $"{place}{string.Join(", ", run.Statuses)} at spec line {run.Session.FailedLine}");
        if (sample.ExpectedIdent is not null) Assert.Equal(sample.ExpectedIdent, run.Ident);
        if (sample.ExpectedCount >= 0) Assert.Equal(sample.ExpectedCount, run.Messages);
        if (sample.Output is not null) Assert.Equal(Convert.ToHexString(sample.Output), Convert.ToHexString(run.Reply));

        Trace trace = new();
        TraceSink sink = new(trace);
        SampleRun twin = SampleRun.Of(codec, sample, []);
        for (int at = 0; at < sample.Input.Length;)
        {
            FrameResult frame = codec.TryFrame(sample.Input.AsSpan(at), twin.Session);
            if (frame.Status != FrameStatus.Frame) break;
            codec.Decode(frame.FrameOf(sample.Input.AsSpan(at), twin.Session), twin.Session, ref sink, new ReplyWriter());
            at += frame.Consumed;
        }
        Assert.Equal(run.Messages, trace.Messages.Count);
        foreach (ExpectedValue expected in sample.Expected)
        {
            Assert.True(expected.Record <= trace.Messages.Count, $"{place}there is no message {expected.Record}");
            TraceValue? actual = trace.Messages[expected.Record - 1].Find(expected.Parameter);
            string said = $"{codec.Info.SpecFile} line {expected.Line}: {expected.Parameter} is {actual?.Value ?? "missing"}, expected {expected.Value ?? "absent"}";
            if (expected.Value is null || actual is null) Assert.True(expected.Value is null && actual is null, said);
            else if (expected.Value is string or bool) Assert.True(Equals(expected.Value, actual.Value), said);
            else
            {
                double wanted = Convert.ToDouble(expected.Value, CultureInfo.InvariantCulture);
                double value = Convert.ToDouble(actual.Value, CultureInfo.InvariantCulture) / (actual.IsTime ? 1e6 : 1);
                Assert.True(Math.Abs(value - wanted) <= Math.Max(expected.Tolerance, Math.Abs(wanted) * 1e-12), said);
            }
        }
    }

    [Theory, MemberData(nameof(All))]
    public void A_stream_may_be_split_at_every_byte(string protocol, string name)
    {
        (Codec codec, SampleInfo sample) = Find(protocol, name);
        if (sample.Transport != Transport.Tcp) return;
        SampleRun whole = SampleRun.Of(codec, sample, sample.Input);
        for (int at = 1; at < sample.Input.Length; at++) AssertSame(whole, SampleRun.Of(codec, sample, sample.Input, at), $"split at {at}");
        AssertSame(whole, SampleRun.Of(codec, sample, sample.Input, 1), "one byte at a time");
    }

    [Theory, MemberData(nameof(All))]
    public void A_stream_that_is_cut_short_gives_a_part_and_never_something_else(string protocol, string name)
    {
        (Codec codec, SampleInfo sample) = Find(protocol, name);
        SampleRun whole = SampleRun.Of(codec, sample, sample.Input);
        for (int length = 0; length < sample.Input.Length; length++)
        {
            SampleRun cut = SampleRun.Of(codec, sample, sample.Input[..length]);
            if (sample.Transport != Transport.Tcp) continue;
            Assert.StartsWith(cut.Payloads, whole.Payloads, StringComparison.Ordinal);
            Assert.True(whole.Reply.AsSpan().StartsWith(cut.Reply), $"cut at {length} the reply is another one");
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Glued_packets_give_what_each_of_them_gives(string protocol, string name)
    {
        (Codec codec, SampleInfo sample) = Find(protocol, name);
        if (sample.Transport != Transport.Tcp) return;
        byte[] twice = [.. sample.Input, .. sample.Input];
        AssertSame(SampleRun.Of(codec, sample, twice, sample.Input.Length), SampleRun.Of(codec, sample, twice), "glued");
    }

    [Theory, MemberData(nameof(All))]
    public void Damaged_bytes_throw_nothing_and_give_no_more_than_the_limit(string protocol, string name)
    {
        (Codec codec, SampleInfo sample) = Find(protocol, name);
        for (int at = 0; at < sample.Input.Length; at++)
        {
            foreach (byte mask in (ReadOnlySpan<byte>)[0xFF, 0x01, 0x80, 0x20])
            {
                byte[] damaged = [.. sample.Input];
                damaged[at] ^= mask;
                SampleRun run = SampleRun.Of(codec, sample, damaged);
                Assert.True(run.Buffer.Length <= 64 * damaged.Length + 1024, $"byte {at}: {run.Buffer.Length} bytes out of {damaged.Length}");
            }
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Decoding_allocates_nothing(string protocol, string name)
    {
        (Codec codec, SampleInfo sample) = Find(protocol, name);
        SampleRun run = SampleRun.Of(codec, sample, sample.Input);
        // Unpacking borrows the platform's inflater, which allocates: the one exception.
        if (run.Session.InflatedContainers > 0) return;
        for (int i = 0; i < 50; i++) run.Again(sample.Input);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++) run.Again(sample.Input);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated == 0, $"{allocated} bytes for 50 rounds");
    }

    [Theory, MemberData(nameof(Protocols))]
    public void Another_protocols_packets_give_no_position(string protocol)
    {
        Codec codec = CodecRegistry.BuiltIn.First(c => c.Info.Name == protocol);
        SampleInfo mine = codec.Info.Samples[0];
        foreach (Codec other in CodecRegistry.BuiltIn.Where(c => c != codec))
        {
            foreach (SampleInfo foreign in other.Info.Samples)
            {
                SampleRun run = SampleRun.Of(codec, mine, foreign.Input);
                for (int i = 0; i < run.Messages; i++)
                    Assert.False(MessageReader.TryGetPosition(run.Buffer[i], out _, out _), $"{protocol} reads a position in sample {foreign.Name} of {other.Info.Name}");
            }
        }
    }

    /// <summary>How many, per protocol; <c>MUTATED_PACKETS</c> says another number.</summary>
    private static int MutatedPackets => int.Parse(Environment.GetEnvironmentVariable("MUTATED_PACKETS") ?? "1000000", CultureInfo.InvariantCulture);

    [Theory, MemberData(nameof(Protocols))]
    public void Mutated_packets_throw_nothing_and_allocate_nothing(string protocol)
    {
        Codec codec = CodecRegistry.BuiltIn.First(c => c.Info.Name == protocol);
        int seed = Environment.TickCount, packets = MutatedPackets, warmUp = packets / 10;
        Random random = new(seed);
        SampleRun[] runs = [.. codec.Info.Samples.Select(sample => SampleRun.Of(codec, sample, []))];
        byte[] bytes = new byte[codec.Info.Samples.Max(sample => sample.Input.Length)];
        int allocating = 0;
        try
        {
            for (int round = 0; round < packets; round++)
            {
                int which = random.Next(runs.Length);
                byte[] input = codec.Info.Samples[which].Input;
                input.CopyTo(bytes, 0);
                for (int change = random.Next(1, 6); change > 0; change--) bytes[random.Next(input.Length)] = (byte)random.Next(256);
                int length = random.Next(4) == 0 ? random.Next(input.Length) : input.Length;
                SampleRun run = runs[which];
                run.Restart();
                long inflated = run.Session.InflatedContainers;
                long before = GC.GetAllocatedBytesForCurrentThread();
                run.Again(bytes.AsSpan(0, length));
                long cost = GC.GetAllocatedBytesForCurrentThread() - before;
                // Unpacking borrows the platform's inflater, which allocates.
                if (round >= warmUp && cost > 0 && run.Session.InflatedContainers == inflated) allocating++;
                Assert.True(run.Buffer.Length <= 64 * length + 16_384, $"seed {seed}: {run.Buffer.Length} bytes out of {length}");
            }
        }
        catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
        {
            Assert.Fail($"seed {seed}: {e}");
        }
        // A buffer may grow once more for a packet that gives more than any before it; each session and its sink double a few buffers, and then no more.
        Assert.True(allocating <= 20 * runs.Length, $"seed {seed}: {allocating} of {packets - warmUp} packets allocated");
    }

    private static void AssertSame(SampleRun expected, SampleRun actual, string how)
    {
        Assert.True(expected.Payloads == actual.Payloads, how + ": other messages");
        Assert.True(expected.Reply.AsSpan().SequenceEqual(actual.Reply), how + ": another reply");
        Assert.Equal(expected.Statuses, actual.Statuses);
        Assert.Equal(expected.Ident, actual.Ident);
    }
}
