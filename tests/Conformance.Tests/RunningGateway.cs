using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Gateway.Conformance.Tests;

/// <summary>A gateway in a process of its own on loopback, with a data folder of its own; REST to it.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private const string Token = "conformance-run-token-0123456789";
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _http;
    private readonly StringBuilder _log = new();

    private RunningGateway(Process process, string folder, int httpPort)
    {
        _process = process;
        _folder = folder;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}/"), Timeout = TimeSpan.FromSeconds(20) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("FlespiToken", Token);
    }

    /// <summary>Starts one on free ports and waits until it is ready.</summary>
    public static async Task<RunningGateway> StartAsync(CancellationToken cancellation)
    {
        string folder = Path.Combine(Path.GetTempPath(), "conformance-" + Guid.NewGuid().ToString("N"));
        int http = FreePort(), mqtt = FreePort(), first = 30_000 + Random.Shared.Next(20_000);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in new[]
                 {
                     Path.Combine(AppContext.BaseDirectory, "gateway.dll"), "run", "--data", folder, "--http", $"127.0.0.1:{http}", "--mqtt", $"127.0.0.1:{mqtt}",
                     "--channel-host", "127.0.0.1", "--channel-ports", $"{first}-{first + 500}", "--token", Token,
                 })
            start.ArgumentList.Add(word);

        var gateway = new RunningGateway(Process.Start(start)!, folder, http);
        gateway._process.OutputDataReceived += (_, line) => gateway.Log(line.Data);
        gateway._process.ErrorDataReceived += (_, line) => gateway.Log(line.Data);
        gateway._process.BeginOutputReadLine();
        gateway._process.BeginErrorReadLine();
        try
        {
            await gateway.WaitReadyAsync(cancellation);
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a channel and gives its number and port.</summary>
    public async Task<(long Id, IPEndPoint EndPoint)> CreateChannelAsync(string protocol, IReadOnlyDictionary<string, object> configuration, CancellationToken cancellation)
    {
        string body = JsonSerializer.Serialize(new[] { new Dictionary<string, object> { ["name"] = protocol, ["protocol_name"] = protocol, ["configuration"] = configuration } });
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await _http.PostAsync(new Uri("gw/channels?fields=id,uri", UriKind.Relative), content, cancellation);
        JsonElement channel = (await ResultAsync(response, cancellation))[0];
        string uri = channel.GetProperty("uri").GetString()!;
        return (channel.GetProperty("id").GetInt64(), IPEndPoint.Parse(uri));
    }

    /// <summary>Messages of a channel from a key on, and the key behind them.</summary>
    public async Task<(List<JsonElement> Messages, long NextKey)> ReadAsync(long channel, long key, CancellationToken cancellation)
    {
        string data = Uri.EscapeDataString($"{{\"curr_key\":{key},\"limit_count\":1000}}");
        using HttpResponseMessage response = await _http.GetAsync(new Uri($"gw/channels/{channel}/messages?data={data}", UriKind.Relative), cancellation);
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
        if (!document.RootElement.TryGetProperty("result", out JsonElement result)) throw new InvalidOperationException(document.RootElement.GetRawText());
        return ([.. result.EnumerateArray().Select(m => m.Clone())], document.RootElement.GetProperty("next_key").GetInt64());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static async Task<JsonElement> ResultAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        string text = await response.Content.ReadAsStringAsync(cancellation);
        using JsonDocument document = JsonDocument.Parse(text);
        if (!document.RootElement.TryGetProperty("result", out JsonElement result) || result.GetArrayLength() == 0) throw new InvalidOperationException(text);
        return result.Clone();
    }

    private async Task WaitReadyAsync(CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await _http.GetAsync(new Uri("health/ready", UriKind.Relative), cancellation);
                if (response.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            if (_process.HasExited || waited.Elapsed > s_startLimit) throw new InvalidOperationException($"The gateway did not start:\n{_log}");
            await Task.Delay(50, cancellation);
        }
    }

    private void Log(string? line)
    {
        lock (_log)
            if (line is not null && _log.Length < 100_000) _log.AppendLine(line);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
