using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Tests.Accounts;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: commands of built-in protocols leave as the devices understand them, and their answers are taken from what the devices send: binary and text, TCP and UDP.</summary>
public sealed class CommandProtocolTests
{
    private const string Location = "*HQ,3500000017,V1,030405,A,4851.4800,N,00221.0000,W,33.00,270,020126,FFF7F9FB#";

    [Fact]
    public async Task A_binary_device_is_told_to_stop_its_engine_and_answers()
    {
        Codec codec = Find("gt06");
        SampleInfo login = codec.Info.Samples.First(sample => sample.Name == "login"), answer = codec.Info.Samples.First(sample => sample.Name == "answer");
        await using CommandWorld world = await CommandWorld.StartAsync(codec: codec, ident: login.ExpectedIdent!);
        using TestDevice device = await TestDevice.ConnectAsync(world.Channel.Definition.Port);
        await device.Socket.SendAsync(login.Input.AsMemory(), SocketFlags.None, TestContext.Current.CancellationToken);
        await device.ExpectAsync(Encoding.Latin1.GetString(login.Output!));
        await Eventually.TrueAsync(() => world.Channel.Connections.All is [{ Ident: not null }], "the device is known");

        Task<(HttpStatusCode Status, JsonElement Body)> asked = world.PostAsync("commands", """[{"name":"engine.stop"}]""");
        // start | length | 0x80 | length of the order | server flag: the number of command 1 | order | serial | CRC-16/X-25 | end
        await device.ExpectAsync(Encoding.Latin1.GetString(Convert.FromHexString("787812800C1E3779B152656C61792C31230000EFF00D0A")));
        await device.Socket.SendAsync(answer.Input.AsMemory(), SocketFlags.None, TestContext.Current.CancellationToken);
        (HttpStatusCode status, JsonElement body) = await asked;
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        JsonElement result = Assert.Single(body.Results());
        Assert.Equal(("RELAY:OK!", Convert.ToHexStringLower(answer.Input)), (result.GetProperty("response").GetString(), result.GetProperty("response_hex").GetString()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_text_device_gets_its_queued_command_behind_its_next_message_and_answers(bool tcp)
    {
        await using CommandWorld world = await CommandWorld.StartAsync(codec: Find("h02"), ident: "3500000017", clock: new ManualTime());
        (HttpStatusCode status, JsonElement body) = await world.PostAsync("commands-queue", """[{"name":"engine.stop"},{"name":"position.periodic","properties":{"frequency":30}}]""");
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());

        using TestDevice device = tcp ? await TestDevice.ConnectAsync(world.Channel.Definition.Port) : await TestDevice.ConnectUdpAsync(world.Channel.Definition.Port);
        await device.SendAsync(Location);
        await device.ExpectAsync("*HQ,3500000017,V4,V1,20260801120000#*HQ,3500000017,S20,120000,1,1#");      // the reply to the location, and behind it the command
        await device.SendAsync("*HQ,3500000017,V4,S20,DONE,030400,030405,A,4851.4800,N,00221.0000,E,0.00,000,020126,F7FFFBFF#");
        await device.ExpectAsync("*HQ,3500000017,S71,120000,22,30#");
        await device.SendAsync("*HQ,3500000017,V4,S71,DONE,030500#");
        JsonElement[] results = await world.EndedAsync(2);
        Assert.Equal(["S20,DONE,030400", "S71,DONE,030500"], results.Select(result => result.GetProperty("response").GetString()));
        Assert.Equal(["processed", "processed"], results.Select(result => result.GetProperty("state").GetString()));
        Assert.Equal(3, world.Channel.Log.State.Count);
    }

    private static Codec Find(string name) => CodecRegistry.BuiltIn.Single(codec => codec.Info.Name == name);
}
