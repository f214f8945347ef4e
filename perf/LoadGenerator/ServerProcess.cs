using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Gateway.Perf.Load;

/// <summary>A server under load, in a process of its own that is pinned to one core. Disposing it ends the process.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int ServerCore = 0;
    private const int ChannelPortFirst = 10_000;     // below the ports that the system hands out to clients
    private const int ChannelPorts = 2_000;
    private const long QuotaBytes = 16_000_000_000;      // a load must end because its time is over, not because the buffer is full
    /// <summary>The gateway's token.</summary>
    internal const string Token = "perf-token-of-this-run-only";

    private readonly Process _process;
    private readonly string? _dataFolder;
    private readonly HttpClient? _api;
    private readonly Queue<string> _lastLines = new();

    /// <summary>Name as printed.</summary>
    public string Name { get; }

    private ServerProcess(string name, Process process, string? dataFolder, HttpClient? api)
    {
        Name = name;
        _process = process;
        _dataFolder = dataFolder;
        _api = api;
        process.OutputDataReceived += (_, line) => Remember(line.Data);
        process.ErrorDataReceived += (_, line) => Remember(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Processor time that the server has used.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Memory that the server holds, bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The server's process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The gateway's data folder.</summary>
    public string DataFolder => _dataFolder ?? throw new InvalidOperationException($"The {Name} server has no folder.");

    /// <summary>Where the gateway's API is.</summary>
    public IPEndPoint HttpEndPoint => new(IPAddress.Loopback, Api.BaseAddress!.Port);

    /// <summary>Where the gateway serves MQTT.</summary>
    public IPEndPoint Mqtt { get; private init; } = new(IPAddress.None, 0);

    /// <summary>The gateway's API, with the token set.</summary>
    public HttpClient Api => _api ?? throw new InvalidOperationException($"The {Name} server has no API.");

    /// <summary>Starts the raw server of this program and gives the place where it listens.</summary>
    /// <param name="mode">What it serves.</param>
    /// <param name="words">Options of that mode beside the port.</param>
    public static async Task<(ServerProcess Server, IPEndPoint EndPoint)> StartRawAsync(string mode = "serve", params string[] words)
    {
        int port = FreePort();
        ServerProcess server = new("raw", Start([Environment.ProcessPath!, .. SelfArguments(), mode, "--port", $"{port}", .. words]), null, null);
        IPEndPoint endPoint = new(IPAddress.Loopback, port);
        await server.UntilAsync(() => Task.FromResult(Accepts(endPoint))).ConfigureAwait(false);
        return (server, endPoint);
    }

    /// <summary>Starts mosquitto and gives the place where it listens.</summary>
    /// <param name="binary">Its file.</param>
    public static async Task<(ServerProcess Server, IPEndPoint EndPoint)> StartMosquittoAsync(string binary)
    {
        int port = FreePort();
        string folder = Directory.CreateTempSubdirectory("mosquitto-perf-").FullName;
        string settings = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllTextAsync(settings, $"listener {port} 127.0.0.1\nallow_anonymous true\n").ConfigureAwait(false);
        ServerProcess server = new("mosquitto", Start([binary, "-c", settings]), folder, null);
        IPEndPoint endPoint = new(IPAddress.Loopback, port);
        await server.UntilAsync(() => Task.FromResult(Accepts(endPoint))).ConfigureAwait(false);
        return (server, endPoint);
    }

    /// <summary>Starts the gateway on an empty data folder and waits until its API answers.</summary>
    /// <param name="binary">The published file, or <c>gateway.dll</c>.</param>
    public static async Task<ServerProcess> StartGatewayAsync(string binary)
    {
        string data = Directory.CreateTempSubdirectory("gateway-perf-").FullName;
        int http = FreePort();
        int mqtt = FreePort();
        int channels = ChannelPortFirst + RandomNumberGenerator.GetInt32(40) * 200;
        string[] command = binary.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", binary] : [binary];
        Process process = Start(
            [
                .. command, "run", "--data", data, "--http", $"127.0.0.1:{http}", "--mqtt", $"127.0.0.1:{mqtt}", "--channel-host", "127.0.0.1",
                "--channel-ports", $"{channels}-{channels + ChannelPorts - 1}", "--token", Token,
            ]);
        HttpClient api = new() { BaseAddress = new Uri($"http://127.0.0.1:{http}"), Timeout = TimeSpan.FromSeconds(10) };
        api.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"FlespiToken {Token}");
        ServerProcess server = new("gateway", process, data, api) { Mqtt = new IPEndPoint(IPAddress.Loopback, mqtt) };
        await server.UntilAsync(
            async () =>
            {
                try
                {
                    return (await api.GetAsync(new Uri("/gw/channels/all", UriKind.Relative)).ConfigureAwait(false)).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }).ConfigureAwait(false);
        return server;
    }

    /// <summary>Creates a channel of the gateway and gives the place where it listens.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="quotaBytes">Bytes its buffer may hold.</param>
    /// <param name="ttlSeconds">How long it keeps messages.</param>
    public async Task<IPEndPoint> CreateChannelAsync(string name, long quotaBytes = QuotaBytes, int ttlSeconds = 86_400)
    {
        using HttpResponseMessage answer = await _api!.PostAsJsonAsync(
            new Uri("/gw/channels", UriKind.Relative), new[] { new { name, protocol_name = "teltonika", messages_ttl = ttlSeconds, configuration = new { quota_bytes = quotaBytes } } }).ConfigureAwait(false);
        string text = await answer.Content.ReadAsStringAsync().ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode) throw new IOException($"The channel was refused: {text}");
        using JsonDocument document = JsonDocument.Parse(text);
        string uri = document.RootElement.GetProperty("result")[0].GetProperty("uri").GetString()!;
        IPEndPoint endPoint = new(IPAddress.Loopback, int.Parse(uri.Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture));
        await UntilAsync(() => Task.FromResult(Accepts(endPoint))).ConfigureAwait(false);
        return endPoint;
    }

    /// <summary>Arguments that start this program again when it runs under <c>dotnet</c>; none when it has a file of its own.</summary>
    public static string[] SelfArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(ServerProcess).Assembly.Location] : [];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
        _api?.Dispose();
        if (_dataFolder is not null) Directory.Delete(_dataFolder, recursive: true);
    }

    /// <summary>Creates channels, many in one call.</summary>
    public async Task CreateChannelsAsync(int count)
    {
        const int perCall = 100;
        for (int made = 0; made < count; made += perCall)
        {
            var wanted = Enumerable.Range(made, Math.Min(perCall, count - made)).Select(i => new { name = $"channel {i}", protocol_name = "teltonika" }).ToArray();
            using HttpResponseMessage answer = await _api!.PostAsJsonAsync(new Uri("/gw/channels", UriKind.Relative), wanted).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode) throw new IOException($"The channels were refused: {await answer.Content.ReadAsStringAsync().ConfigureAwait(false)}");
        }
    }

    private static Process Start(string[] command)
    {
        ProcessStartInfo start = new("taskset", ["-c", $"{ServerCore}", .. command]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        Process process = Process.Start(start) ?? throw new IOException($"{command[0]} did not start.");
        process.StandardInput.Close();
        return process;
    }

    private async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 2_000; i++)
        {
            if (_process.HasExited) throw new IOException($"The {Name} server ended with code {_process.ExitCode}:\n{LastLines()}");
            if (await condition().ConfigureAwait(false)) return;
            await Task.Delay(10).ConfigureAwait(false);
        }
        throw new IOException($"The {Name} server was not ready within 20 s:\n{LastLines()}");
    }

    private void Remember(string? line)
    {
        if (line is null) return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > 20) _lastLines.Dequeue();
        }
    }

    private string LastLines()
    {
        lock (_lastLines) return string.Join('\n', _lastLines);
    }

    private static bool Accepts(IPEndPoint endPoint)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
