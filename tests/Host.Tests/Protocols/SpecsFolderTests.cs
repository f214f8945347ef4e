using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Cli;
using Gateway.Host.Tests.Channels;
using Gateway.Host.Tests.Cli;
using Xunit;

namespace Gateway.Host.Tests.Protocols;

/// <summary>Promise: a spec in the folder is a protocol like those built in, and a broken one costs nothing but its own channels.</summary>
public sealed class SpecsFolderTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly DirectoryInfo _specs = Directory.CreateTempSubdirectory("gateway-specs-");
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("gateway-data-");

    public void Dispose()
    {
        _specs.Delete(recursive: true);
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task A_spec_of_the_folder_is_listed_and_serves_devices()
    {
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
        await using TestGateway gateway = await StartAsync();
        using JsonDocument listed = JsonDocument.Parse(await gateway.Http.GetStringAsync("gw/channel-protocols/name=speedy", Stop));
        Assert.Equal(SpecTexts.Id, listed.RootElement.GetProperty("result")[0].GetProperty("id").GetInt32());

        Channel channel = await CreateAsync(gateway);
        using TcpClient device = new();
        await device.ConnectAsync(IPAddress.Loopback, channel.Definition.Port, Stop);
        await device.GetStream().WriteAsync("@77,12\n"u8.ToArray(), Stop);
        byte[] reply = new byte[3];
        await device.GetStream().ReadExactlyAsync(reply, Stop);
        Assert.Equal("OK\n", Encoding.ASCII.GetString(reply));
        Assert.Contains("\"position.speed\":12", await gateway.Http.GetStringAsync($"gw/channels/{channel.Id}/messages", Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spec_with_the_name_of_a_built_in_protocol_takes_its_place()
    {
        ProtocolInfo builtIn = CodecRegistry.BuiltIn[0].Info;
        SpecTexts.Write(_specs, "own.trk", SpecTexts.Of(builtIn.Name, builtIn.Id));
        await using TestGateway gateway = await StartAsync();
        using JsonDocument listed = JsonDocument.Parse(await gateway.Http.GetStringAsync($"gw/channel-protocols/{builtIn.Id}", Stop));
        Assert.Equal("Lines with a speed", listed.RootElement.GetProperty("result")[0].GetProperty("title").GetString());
    }

    [Fact]
    public async Task A_spec_that_became_wrong_blocks_its_channels_with_the_reason_and_nothing_else()
    {
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
        SpecTexts.Write(_specs, "other.trk", SpecTexts.Of("other", 64_002));
        long speedy, other;
        await using (TestGateway first = await StartAsync())
        {
            speedy = (await CreateAsync(first)).Id;
            other = (await CreateAsync(first, "other")).Id;
        }

        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of(parameter: "position.sped"));
        await using TestGateway gateway = await StartAsync();
        Assert.True(gateway.Channels.TryFind(speedy, out Channel? blocked) && gateway.Channels.TryFind(other, out Channel? free));
        Assert.Equal(Channel.BlockedByConfiguration, blocked!.Blocked);
        Assert.Matches(@"speedy\.trk\(\d+,\d+\): error GW1004: .*did you mean 'position\.speed'", blocked.BlockedReason);
        gateway.Channels.TryFind(other, out free);
        Assert.Equal(0, free!.Blocked);

        ChannelOutcome refused = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = "speedy" }, Stop);
        Assert.Contains("error GW1004", refused.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("speedy", 64_003)]          // two files, one protocol
    [InlineData("third", SpecTexts.Id)]     // two protocols, one number
    public async Task Of_two_specs_that_do_not_go_together_the_first_counts(string name, int id)
    {
        SpecTexts.Write(_specs, "a.trk", SpecTexts.Of());
        SpecTexts.Write(_specs, "b.trk", SpecTexts.Of(name, id));
        await using TestGateway gateway = await StartAsync();
        Assert.Equal("speedy", gateway.Service<CodecRegistry>().Find(SpecTexts.Id)?.Info.Name);
        if (name == "speedy") return;
        ChannelOutcome refused = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = name }, Stop);
        Assert.Contains("belongs to speedy", refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_know_the_protocols_of_the_folder()
    {
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of(options: "  alias quick\n"));
        SpecTexts.Write(_specs, "wrong.trk", "protocol wrong \"Wrong\"\n");
        foreach (string name in (string[])["speedy", "quick"])
        {
            Run decoded = await Run.Async("protocol", "decode", name, @"@1,5\n", "--specs", _specs.FullName);
            Assert.Equal((0, ""), (decoded.ExitCode, decoded.Error));
            Assert.Contains("\"position.speed\":5", decoded.Output, StringComparison.Ordinal);
        }
        Run list = await Run.Async("protocol", "list", "--specs", _specs.FullName);
        Assert.Contains("speedy", list.Output, StringComparison.Ordinal);
        Assert.Contains("wrong.trk is left out: wrong.trk(", list.Error, StringComparison.Ordinal);

        Run test = await Run.Async("selftest", "--specs", _specs.FullName);
        Assert.Contains("speedy           1 of 1 samples", test.Output, StringComparison.Ordinal);
        Assert.Equal(CommandLine.Usage, (await Run.Async("run", "--specs", Path.Combine(_specs.FullName, "nowhere"))).ExitCode);
    }

    private Task<TestGateway> StartAsync() =>
        TestGateway.StartAsync(options => options with { SpecsFolder = _specs.FullName }, onDisk: true, folder: _data.FullName, codecs: CodecRegistry.BuiltIn);

    private static async Task<Channel> CreateAsync(TestGateway gateway, string protocol = "speedy")
    {
        ChannelOutcome outcome = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = protocol }, Stop);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }
}
