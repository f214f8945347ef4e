namespace Gateway.Codecs.Tests;

public class CodecRegistryTests
{
    [Fact]
    public void Codec_is_found_by_name_alias_and_number()
    {
        FakeCodec gt06 = new("gt06", 2, "concox", "coban2"), wialon = new("wialon", 3);
        CodecRegistry registry = new([wialon, gt06]);
        Assert.Same(gt06, registry.Find("gt06"));
        Assert.Same(gt06, registry.Find("GT06"));
        Assert.Same(gt06, registry.Find("concox"));
        Assert.Same(wialon, registry.Find(3));
        Assert.Null(registry.Find("none"));
        Assert.Null(registry.Find(99));
        Assert.Equal(["gt06", "wialon"], registry.All.Select(codec => codec.Info.Name));
    }

    [Fact]
    public void Codec_of_the_same_name_takes_the_place_of_the_old_one()
    {
        FakeCodec old = new("gt06", 2, "concox"), next = new("gt06", 2, "other");
        CodecRegistry registry = new([old]);
        Assert.Same(old, registry.Put(next));
        Assert.Same(next, registry.Find("gt06"));
        Assert.Null(registry.Find("concox"));
        Assert.Null(registry.Put(new FakeCodec("wialon", 3)));
        Assert.Equal(2, registry.All.Count);
    }

    [Fact]
    public void Codec_with_a_name_or_number_of_another_is_refused_and_nothing_changes()
    {
        FakeCodec gt06 = new("gt06", 2, "concox");
        CodecRegistry registry = new([gt06]);
        Assert.Throws<ArgumentException>(() => registry.Put(new FakeCodec("x", 2)));
        Assert.Throws<ArgumentException>(() => registry.Put(new FakeCodec("concox", 5)));
        Assert.Throws<ArgumentException>(() => registry.Put(new FakeCodec("x", 5, "GT06")));
        Assert.Same(gt06, Assert.Single(registry.All));
    }

    [Fact]
    public void Removed_codec_is_gone()
    {
        CodecRegistry registry = new([new FakeCodec("gt06-test", 20_002)]);
        Assert.True(registry.Remove("gt06-test"));
        Assert.False(registry.Remove("gt06-test"));
        Assert.Null(registry.Find("gt06-test"));
        Assert.Null(registry.Find(20_002));
    }

    [Fact]
    public void Built_in_codecs_have_names_and_numbers_of_their_own()
    {
        CodecRegistry registry = new();
        Assert.Equal(CodecRegistry.BuiltIn, registry.All);
        foreach (Codec codec in CodecRegistry.BuiltIn)
        {
            Assert.Same(codec, registry.Find(codec.Info.Name));
            Assert.Same(codec, registry.Find(codec.Info.Id));
        }
    }

    [Fact]
    public void Built_in_codec_comes_back_when_its_replacement_is_removed()
    {
        Assert.SkipWhen(CodecRegistry.BuiltIn.Count == 0, "no spec is compiled in");
        Codec builtIn = CodecRegistry.BuiltIn[0];
        CodecRegistry registry = new();
        registry.Put(new FakeCodec(builtIn.Info.Name, builtIn.Info.Id));
        Assert.NotSame(builtIn, registry.Find(builtIn.Info.Name));
        Assert.True(registry.Remove(builtIn.Info.Name));
        Assert.Same(builtIn, registry.Find(builtIn.Info.Name));
    }

    private sealed class FakeCodec(string name, int id, params string[] aliases) : Codec
    {
        public override ProtocolInfo Info { get; } = new() { Name = name, Id = id, Aliases = aliases, Title = name, FrameBytesMax = 1, SpecFile = name + ".trk" };
        public override Session CreateSession() => new TestSession();
        public override FrameResult TryFrame(ReadOnlySpan<byte> input, Session session) => FrameResult.Malformed;
        public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref MessageSink sink, ReplyWriter reply) => DecodeStatus.Unknown;
        public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref TraceSink sink, ReplyWriter reply) => DecodeStatus.Unknown;
        public override EncodeStatus TryEncode(string name, CommandArguments arguments, Session session, ReplyWriter output) => EncodeStatus.UnknownCommand;
    }
}
