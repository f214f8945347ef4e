using System.Diagnostics;
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
    private const string Token = "token-of-the-fault-tests";

    private readonly Process _process;
    private readonly StringBuilder _lines = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildGateway(string folder, int channelPortFirst)
    {
        // Below the ports that the system hands out to clients: a port that belongs to a channel must be free again after a kill.
        string[] words =
        [
            "run", "--data", folder, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--token", Token,
            "--channel-host", "127.0.0.1", "--channel-ports", $"{channelPortFirst}-{channelPortFirst + 19}",
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
    /// <param name="channelPortFirst">First of twenty ports for channels.</param>
    public static async Task<ChildGateway> StartAsync(string folder, int channelPortFirst)
    {
        ChildGateway gateway = new(folder, channelPortFirst);
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
        using ChildGateway gateway = new(folder, channelPortFirst: 1);
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

    /// <summary>Creates a channel.</summary>
    /// <returns>Its number and its port.</returns>
    public async Task<(long Id, int Port)> CreateChannelAsync(string protocol)
    {
        using HttpResponseMessage answer = await Http.PostAsJsonAsync("gw/channels", new[] { new { name = protocol, protocol_name = protocol } });
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        using JsonDocument json = JsonDocument.Parse(text);
        JsonElement channel = json.RootElement.GetProperty("result")[0];
        return (channel.GetProperty("id").GetInt64(), int.Parse(channel.GetProperty("uri").GetString()!.Split(':')[1]));
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

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_lines) _lines.Append(line).Append('\n');
        if (HttpLine().Match(line) is { Success: true } match) _address.TrySetResult(new Uri(match.Groups[1].Value + "/"));
    }

    [GeneratedRegex(@"^\s+http\s+(http://[0-9.:]+)")]
    private static partial Regex HttpLine();
}
