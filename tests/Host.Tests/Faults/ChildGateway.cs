using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Host.Tests.Cli;
using Xunit;

namespace Gateway.Host.Tests.Faults;

/// <summary>The built executable as a process of its own, that can be killed. Killed at the latest when disposed.</summary>
internal sealed partial class ChildGateway : IDisposable
{
    /// <summary>Its token.</summary>
    public const string Token = "token-of-the-fault-tests";

    private readonly Process _process;
    private readonly StringBuilder _lines = new();
    private Uri? _http;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildGateway(string folder, int channelPortFirst, int channelPorts)
    {
        // Below the ports that the system hands out to clients: a port that belongs to a channel must be free again after a kill.
        string[] words =
        [
            "run", "--data", folder, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--token", Token,
            "--channel-host", "127.0.0.1", "--channel-ports", $"{channelPortFirst}-{channelPortFirst + channelPorts - 1}",
        ];
        _process = new Process { StartInfo = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "gateway"), words) { RedirectStandardOutput = true, RedirectStandardError = true } };
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>REST, with a valid token.</summary>
    public HttpClient Http { get; } = new() { Timeout = RunningGateway.Patience };

    /// <summary>Where MQTT is served; once it is started.</summary>
    public IPEndPoint Mqtt => IPEndPoint.Parse(MqttLine().Match(Printed).Groups[1].Value);

    /// <summary>What it has printed so far.</summary>
    public string Printed
    {
        get
        {
            lock (_lines) return _lines.ToString();
        }
    }

    /// <summary>Starts it and waits until it serves.</summary>
    /// <param name="folder">Data folder.</param>
    /// <param name="channelPortFirst">First port for channels.</param>
    /// <param name="channelPorts">How many.</param>
    public static async Task<ChildGateway> StartAsync(string folder, int channelPortFirst, int channelPorts = 64)
    {
        ChildGateway gateway = new(folder, channelPortFirst, channelPorts);
        await Task.WhenAny(gateway._address.Task, gateway._process.WaitForExitAsync(), Task.Delay(RunningGateway.Patience));
        if (!gateway._address.Task.IsCompleted)
        {
            gateway.Dispose();
            Assert.Fail($"The gateway did not start: {gateway.Printed}");
        }
        gateway.Http.BaseAddress = await gateway._address.Task;
        gateway.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("FlespiToken", Token);
        return gateway;
    }

    /// <summary>Starts it in the expectation that it refuses.</summary>
    /// <returns>Exit code and all that it printed.</returns>
    public static async Task<(int ExitCode, string Printed)> RefuseAsync(string folder)
    {
        using ChildGateway gateway = new(folder, channelPortFirst: 1, channelPorts: 20);
        await gateway._process.WaitForExitAsync().WaitAsync(RunningGateway.Patience);
        gateway._process.WaitForExit();     // also for the end of what it prints
        return (gateway._process.ExitCode, gateway.Printed);
    }

    /// <summary>Ends it in the middle of whatever it does: SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(RunningGateway.Patience);
    }

    /// <summary>Ends it in order: SIGTERM.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        using (Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])) await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(RunningGateway.Patience);
        return _process.ExitCode;
    }

    /// <summary>Memory that it holds, bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The ports of all channels, in the order of their numbers.</summary>
    public async Task<int[]> GetPortsAsync()
    {
        using JsonDocument answer = JsonDocument.Parse(await Http.GetStringAsync("gw/channels/all?fields=uri"));
        return [.. answer.RootElement.GetProperty("result").EnumerateArray().Select(PortOf)];
    }

    /// <summary>Creates a channel.</summary>
    /// <returns>Its number and its port.</returns>
    public async Task<(long Id, int Port)> CreateChannelAsync(string protocol)
    {
        JsonElement channel = (await CreateChannelsAsync(protocol, 1))[0];
        return (channel.GetProperty("id").GetInt64(), PortOf(channel));
    }

    /// <summary>Creates channels in one call.</summary>
    /// <returns>The channels as the API shows them.</returns>
    public async Task<JsonElement> CreateChannelsAsync(string protocol, int count)
    {
        using HttpResponseMessage answer = await Http.PostAsJsonAsync("gw/channels", Enumerable.Range(0, count).Select(i => new { name = $"{protocol} {i}", protocol_name = protocol }));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        using JsonDocument json = JsonDocument.Parse(text);
        Assert.False(json.RootElement.TryGetProperty("errors", out _), text);
        return json.RootElement.GetProperty("result").Clone();
    }

    /// <summary>Reads messages from a key on; the array of <c>result</c> and the key to go on with.</summary>
    public async Task<(JsonElement[] Messages, long NextKey)> ReadAsync(long channelId, long fromKey)
    {
        string data = Uri.EscapeDataString($$"""{"curr_key":{{fromKey}},"limit_count":2000}""");
        using JsonDocument answer = JsonDocument.Parse(await Http.GetStringAsync($"gw/channels/{channelId}/messages?data={data}"));
        Assert.False(answer.RootElement.TryGetProperty("errors", out JsonElement errors), errors.ToString());
        return ([.. answer.RootElement.GetProperty("result").EnumerateArray().Select(message => message.Clone())], answer.RootElement.GetProperty("next_key").GetInt64());
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        Http.Dispose();
    }

    private static int PortOf(JsonElement channel) => int.Parse(channel.GetProperty("uri").GetString()!.Split(':')[1]);

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_lines) _lines.Append(line).Append('\n');
        if (HttpLine().Match(line) is { Success: true } match) _http = new Uri(match.Groups[1].Value + "/");
        // Where MQTT is served is said behind it.
        if (_http is not null && MqttLine().IsMatch(line)) _address.TrySetResult(_http);
    }

    [GeneratedRegex(@"\s+mqtt\s+([0-9.:]+)")]
    private static partial Regex MqttLine();

    [GeneratedRegex(@"^\s+http\s+(http://[0-9.:]+)")]
    private static partial Regex HttpLine();
}
