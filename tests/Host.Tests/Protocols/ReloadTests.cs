using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Gateway.Host.Tests.Cli;
using Xunit;

namespace Gateway.Host.Tests.Protocols;

/// <summary>Promise: a spec is replaced while devices stay connected; a wrong one changes nothing.</summary>
public sealed class ReloadTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly DirectoryInfo _specs = Directory.CreateTempSubdirectory("gateway-reload-");

    public void Dispose() => _specs.Delete(recursive: true);

    [Fact]
    public async Task A_connection_that_stays_open_goes_on_with_the_new_spec_and_its_session()
    {
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
        await using TestGateway gateway = await StartAsync();
        Channel channel = await CreateAsync(gateway);
        WeakReference before = ContextOf(channel);
        using TcpClient device = await ConnectAsync(channel);
        Assert.Equal("OK\n", await ExchangeAsync(device, "@77,1\n@77,2\n", 6, keep: 3));
        long connection = Assert.Single(channel.Connections.All).Id;

        // Half a line waits in the gateway while the spec is replaced.
        await device.GetStream().WriteAsync("@77,"u8.ToArray(), Stop);
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of(parameter: "position.altitude", reply: "\"NEW\\n\""));
        JsonElement result = await ReloadAsync(gateway, HttpStatusCode.OK);
        Assert.Equal(channel.Id, result.GetProperty("result")[0].GetProperty("channels")[0].GetInt64());
        Assert.Equal("NEW\n", await ExchangeAsync(device, "3\n", 4));

        using JsonDocument messages = JsonDocument.Parse(await gateway.Http.GetStringAsync($"gw/channels/{channel.Id}/messages", Stop));
        JsonElement[] all = [.. messages.RootElement.GetProperty("result").EnumerateArray()];
        Assert.Equal(2, all[1].GetProperty("position.speed").GetInt32());
        Assert.Equal(3, all[2].GetProperty("position.altitude").GetInt32());
        Assert.Equal([1, 2, 3], all.Select(message => message.GetProperty("custom.seen").GetInt32()));
        Assert.All(all, message => Assert.Equal("77", message.GetProperty("ident").GetString()));
        Assert.Equal(connection, Assert.Single(channel.Connections.All).Id);
        await AssertUnloadedAsync(before);
    }

    [Fact]
    public async Task A_spec_with_errors_answers_400_with_its_diagnostics_and_changes_nothing()
    {
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
        await using TestGateway gateway = await StartAsync();
        Channel channel = await CreateAsync(gateway);
        Codec before = channel.Codec;
        using TcpClient device = await ConnectAsync(channel);
        Assert.Equal("OK\n", await ExchangeAsync(device, "@77,1\n", 3));

        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of(parameter: "position.sped", extra: "    nonsense here\n"));
        JsonElement result = await ReloadAsync(gateway, HttpStatusCode.BadRequest);
        string[] reasons = [.. result.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("reason").GetString()!)];
        Assert.True(reasons.Length >= 2);
        Assert.All(reasons, reason => Assert.Matches(@"^speedy\.trk\(\d+,\d+\): error GW\d+: ", reason));
        Assert.Same(before, channel.Codec);
        Assert.Equal("OK\n", await ExchangeAsync(device, "@77,2\n", 3));

        Run run = await CommandAsync(gateway, "speedy");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(reasons, run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_channel_whose_option_the_new_spec_does_not_have_stops_the_reload()
    {
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of(options: "  option factor int = 1 \"Factor\"\n"));
        await using TestGateway gateway = await StartAsync();
        ChannelOutcome made = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = "speedy", ConfigurationJson = """{"factor":2}""" }, Stop);
        Assert.Null(made.Problem);
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
        JsonElement result = await ReloadAsync(gateway, HttpStatusCode.BadRequest);
        Assert.Contains("configuration.factor is not a setting", result.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mended_spec_opens_its_blocked_channels_and_a_new_file_is_a_new_protocol()
    {
        string data = Directory.CreateTempSubdirectory("gateway-reload-data-").FullName;
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
        long id;
        await using (TestGateway first = await StartAsync(data)) id = (await CreateAsync(first)).Id;
        SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of(parameter: "position.sped"));
        await using (TestGateway gateway = await StartAsync(data))
        {
            Assert.True(gateway.Channels.TryFind(id, out Channel? channel) && channel.Blocked == Channel.BlockedByConfiguration);
            SpecTexts.Write(_specs, "speedy.trk", SpecTexts.Of());
            Run run = await CommandAsync(gateway, "speedy");
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Matches($@"^speedy is speedy\.trk [0-9a-f]{{12}} now; channels {id}\n$", run.Output);
            Assert.True(gateway.Channels.TryFind(id, out channel) && channel.Blocked == 0);
            using TcpClient device = await ConnectAsync(channel);
            Assert.Equal("OK\n", await ExchangeAsync(device, "@77,1\n", 3));

            SpecTexts.Write(_specs, "second.trk", SpecTexts.Of("second", 64_009));
            Assert.Contains("no channel speaks it", (await CommandAsync(gateway, "second")).Output, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.PutAsync("gw/channel-protocols/nobody/reload", null, Stop)).StatusCode);
        }
        Directory.Delete(data, recursive: true);
    }

    private Task<TestGateway> StartAsync(string? data = null) =>
        TestGateway.StartAsync(options => options with { SpecsFolder = _specs.FullName }, onDisk: data is not null, folder: data, codecs: CodecRegistry.BuiltIn);

    private static async Task<Channel> CreateAsync(TestGateway gateway)
    {
        ChannelOutcome outcome = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = "speedy" }, Stop);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }

    private static async Task<TcpClient> ConnectAsync(Channel channel)
    {
        TcpClient device = new();
        await device.ConnectAsync(IPAddress.Loopback, channel.Definition.Port, Stop);
        return device;
    }

    private static async Task<string> ExchangeAsync(TcpClient device, string text, int replyLength, int? keep = null)
    {
        await device.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), Stop);
        byte[] reply = new byte[replyLength];
        await device.GetStream().ReadExactlyAsync(reply, Stop).AsTask().WaitAsync(RunningGateway.Patience, Stop);
        return Encoding.ASCII.GetString(reply, 0, keep ?? replyLength);
    }

    private static async Task<JsonElement> ReloadAsync(TestGateway gateway, HttpStatusCode expected)
    {
        using HttpResponseMessage answer = await gateway.Http.PostAsync("gw/channel-protocols/speedy/reload", null, Stop);
        string body = await answer.Content.ReadAsStringAsync(Stop);
        Assert.True(answer.StatusCode == expected, body);
        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.Clone();
    }

    private static Task<Run> CommandAsync(TestGateway gateway, string name) =>
        Run.Async("protocol", "reload", name, "--api", gateway.Http.BaseAddress!.ToString(), "--token", TestGateway.Token);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ContextOf(Channel channel) => new(AssemblyLoadContext.GetLoadContext(channel.Codec.GetType().Assembly));

    private static async Task AssertUnloadedAsync(WeakReference context)
    {
        for (int i = 0; i < 100 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(20, Stop);
        }
        Assert.False(context.IsAlive, "The code of the replaced spec is still loaded.");
    }
}
