using System.Net;
using System.Net.Http.Headers;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Inspection;
using Gateway.Host.Lifetime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Host.Tests.Cli;

/// <summary>A whole gateway inside the test: free ports, a folder of its own, a known token, and one protocol from a spec of the tests.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    public const string Token = "token-of-the-tests";

    private readonly DirectoryInfo _folder;

    private RunningGateway(DirectoryInfo folder, GatewayProcess process, Codec codec)
    {
        _folder = folder;
        Process = process;
        Codec = codec;
        Http = new HttpClient { BaseAddress = new Uri($"http://{process.HttpEndPoint}/") };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("FlespiToken", Token);
    }

    /// <summary>Limit for anything a test waits for.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    public GatewayProcess Process { get; }

    /// <summary>The protocol of <c>Specs/pulse.trk</c>: text lines with login, time, place and checksum.</summary>
    public Codec Codec { get; }

    public HttpClient Http { get; }

    public static string SpecPath => Path.Combine(AppContext.BaseDirectory, "Specs", "pulse.trk");

    public static async Task<RunningGateway> StartAsync()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-test-");
        GatewayOptions options = new()
        {
            DataFolder = folder.FullName,
            HttpEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            MqttEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Token = Token,
        };
        GatewayProcess process = await GatewayProcess.StartAsync(options, logging => logging.SetMinimumLevel(LogLevel.None), CancellationToken.None);
        Codec codec = SpecLoader.Load(SpecLoader.Compile(SpecPath));
        process.Services.GetRequiredService<CodecRegistry>().Put(codec);
        return new RunningGateway(folder, process, codec);
    }

    public async Task<Channel> CreateChannelAsync()
    {
        ChannelOutcome outcome = await Process.Channels.CreateAsync(new ChannelDraft { Name = "test", ProtocolId = Codec.Info.Id }, CancellationToken.None);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Process.StopAsync();
        await Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
