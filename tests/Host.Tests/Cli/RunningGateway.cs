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

    // A block for each: who restarts must find its ports free, and never speak to the channels of another.
    private const int PortsFirst = 11_000, PortsPerGateway = 20, Blocks = 400;

    private static int s_blocks = Random.Shared.Next(Blocks);

    private readonly DirectoryInfo _folder;
    private readonly int _portFirst;

    private RunningGateway(DirectoryInfo folder, int portFirst, GatewayProcess process, Codec codec)
    {
        _folder = folder;
        _portFirst = portFirst;
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

    public static Task<RunningGateway> StartAsync(Func<GatewayOptions, GatewayOptions>? configure = null) =>
        StartAsync(Directory.CreateTempSubdirectory("gateway-test-"), PortsFirst + Interlocked.Increment(ref s_blocks) % Blocks * PortsPerGateway, configure ?? (options => options));

    /// <summary>Stops it, and starts another one on the same folder.</summary>
    public async Task<RunningGateway> RestartAsync()
    {
        Http.Dispose();
        await Process.StopAsync();
        await Process.DisposeAsync();
        return await StartAsync(_folder, _portFirst, options => options);
    }

    private static async Task<RunningGateway> StartAsync(DirectoryInfo folder, int portFirst, Func<GatewayOptions, GatewayOptions> configure)
    {
        File.Copy(SpecPath, Path.Combine(Directory.CreateDirectory(Path.Combine(folder.FullName, "specs")).FullName, "pulse.trk"), overwrite: true);
        GatewayOptions options = new()
        {
            DataFolder = folder.FullName,
            HttpEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            MqttEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ChannelPortFirst = portFirst,
            ChannelPortLast = portFirst + PortsPerGateway - 1,
            Token = Token,
            SpecsFolder = Path.Combine(folder.FullName, "specs"),
        };
        GatewayProcess process = await GatewayProcess.StartAsync(configure(options), logging => logging.SetMinimumLevel(LogLevel.None), CancellationToken.None);
        Codec codec = process.Services.GetRequiredService<CodecRegistry>().Find("pulse") ?? throw new InvalidOperationException("The protocol of the tests did not compile.");
        return new RunningGateway(folder, portFirst, process, codec);
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
