using System.Net;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Devices;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: every protocol has types for its devices, under numbers that stay as long as the names do.</summary>
public sealed class DeviceTypesTests
{
    [Fact]
    public void Every_built_in_protocol_has_a_generic_type_and_no_two_types_collide()
    {
        var types = new DeviceTypes(new CodecRegistry());
        foreach (Codec codec in CodecRegistry.BuiltIn)
        {
            IReadOnlyList<DeviceType> own = types.Of(codec);
            Assert.Equal((DeviceType.GenericName, codec.Info.Id * 100_000L), (own[0].Name, own[0].Id));
            Assert.Equal(own.Count, own.Select(type => type.Id).Distinct().Count());
            // A collision would give the later name another number as soon as the earlier one is there: then one of the two must be renamed.
            foreach (DeviceType type in own.Skip(1))
            {
                Codec alone = new Named(codec.Info with { Devices = [type.Name] });
                Assert.Equal((type.Name, type.Id), (type.Name, types.Of(alone)[1].Id));
            }
            Assert.All(own, type => Assert.Same(type, types.Find(type.Id)));
        }
        // Numbers are stored with devices: this one must never change.
        Assert.Equal("gt06 1691479", $"gt06 {types.Of(CodecRegistry.BuiltIn.First(codec => codec.Info.Name == "gt06")).First(type => type.Name == "GT06N").Id}");
    }

    [Fact]
    public async Task Types_of_protocols_are_read_by_selectors()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/gw/channel-protocols/name=gt06/device-types/all?fields=id,name,title,protocol_id");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"id":1600000,"name":"generic","title":"Concox GT06 family, any model","protocol_id":16}""".Split("\"title\"")[0], body.Results().First().GetRawText().Split("\"title\"")[0]);
        Assert.Contains("GT06N", body.Results().Select(type => type.GetProperty("name").GetString()));
        (_, body) = await gateway.GetAsync("/gw/channel-protocols/all/device-types/1600000?fields=name,protocol_name,schema.required");
        Assert.Equal("""{"result":[{"name":"generic","protocol_name":"gt06","schema":{"required":["ident"]}}]}""", body.GetRawText());
        (status, body) = await gateway.GetAsync("/gw/channel-protocols/name=teltonika/device-types/1600000");
        Assert.Equal((HttpStatusCode.NotFound, "There is no device type 1600000."), (status, body.Reason()));
    }

    private sealed class Named(ProtocolInfo info) : Codec
    {
        public override ProtocolInfo Info => info;

        public override Session CreateSession() => throw new NotSupportedException();

        public override FrameResult TryFrame(ReadOnlySpan<byte> input, Session session) => throw new NotSupportedException();

        public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref MessageSink sink, ReplyWriter reply) => throw new NotSupportedException();

        public override DecodeStatus Decode(ReadOnlySpan<byte> frame, Session session, ref TraceSink sink, ReplyWriter reply) => throw new NotSupportedException();

        public override EncodeStatus TryEncode(string name, CommandArguments arguments, Session session, ReplyWriter output) => throw new NotSupportedException();
    }
}
