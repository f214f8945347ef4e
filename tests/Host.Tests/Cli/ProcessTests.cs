using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Gateway.Host.Tests.Cli;

/// <summary>The executable as a process of its own: start, refusals, stop.</summary>
public sealed partial class ProcessTests : IDisposable
{
    private const int SigTerm = 15;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-process-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Run_on_an_empty_folder_serves_prints_the_token_once_and_ends_with_0_on_sigterm()
    {
        using GatewayUnderTest first = await GatewayUnderTest.StartAsync(_folder.FullName);
        string token = TokenLine().Match(first.Output).Groups[1].Value;
        Assert.Equal(64, token.Length);
        using HttpClient http = new() { BaseAddress = new Uri(HttpLine().Match(first.Output).Groups[1].Value) };
        Assert.Equal("ready\n", await http.GetStringAsync("/health/ready", TestContext.Current.CancellationToken));
        Assert.Contains("gateway_channels 0", await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken), StringComparison.Ordinal);

        Stopwatch stop = Stopwatch.StartNew();
        Assert.Equal(0, await first.StopAsync(SigTerm));
        Assert.True(stop.Elapsed < TimeSpan.FromSeconds(5), $"The stop took {stop.Elapsed}.");
        Assert.DoesNotContain(token, first.Error, StringComparison.Ordinal);

        using GatewayUnderTest second = await GatewayUnderTest.StartAsync(_folder.FullName);
        Assert.DoesNotMatch(TokenLine(), second.Output);
        Assert.Equal(0, await second.StopAsync(SigTerm));
    }

    [Fact]
    public async Task A_second_gateway_on_the_same_folder_or_port_is_refused_in_one_line()
    {
        using GatewayUnderTest first = await GatewayUnderTest.StartAsync(_folder.FullName);
        (int folderExit, string folderError) = await GatewayUnderTest.RunAsync("run", "--data", _folder.FullName, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0");
        Assert.Equal(1, folderExit);
        Assert.Matches(@"\Agateway: the data folder \S+ is in use by another gateway \(--data\)\.\n\z", folderError);

        string taken = new Uri(HttpLine().Match(first.Output).Groups[1].Value).Authority;
        string other = Path.Combine(_folder.FullName, "other");
        (int portExit, string portError) = await GatewayUnderTest.RunAsync("run", "--data", other, "--http", taken, "--mqtt", "127.0.0.1:0");
        Assert.Equal(1, portExit);
        Assert.Equal($"gateway: the port of {taken} (--http) is in use.\n", portError);
        Assert.Equal(0, await first.StopAsync(SigTerm));
    }

    [GeneratedRegex(@"token +(\w+)")]
    private static partial Regex TokenLine();

    [GeneratedRegex(@"(http://[0-9.:]+)")]
    private static partial Regex HttpLine();

    /// <summary>A gateway process; killed at the latest when disposed.</summary>
    private sealed class GatewayUnderTest : IDisposable
    {
        private readonly Process _process;
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task<string> _error;
        private readonly System.Text.StringBuilder _output = new();

        private GatewayUnderTest(string[] args)
        {
            _process = new Process { StartInfo = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "gateway"), args) { RedirectStandardOutput = true, RedirectStandardError = true } };
            _process.OutputDataReceived += (_, line) =>
            {
                lock (_output) _output.Append(line.Data).Append('\n');
                // "channels" is the last line when no token was made, the hint about it when one was.
                if (line.Data is null || line.Data.Contains("channels", StringComparison.Ordinal)) _ready.TrySetResult();
            };
            _process.Start();
            _process.BeginOutputReadLine();
            _error = _process.StandardError.ReadToEndAsync();
        }

        public string Output
        {
            get
            {
                lock (_output) return _output.ToString();
            }
        }

        public string Error => _error.IsCompletedSuccessfully ? _error.Result : "";

        public static async Task<GatewayUnderTest> StartAsync(string folder)
        {
            GatewayUnderTest gateway = new(["run", "--data", folder, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"]);
            await gateway._ready.Task.WaitAsync(RunningGateway.Patience, TestContext.Current.CancellationToken);
            // The token's lines follow at once, if there are any.
            await Task.Delay(100, TestContext.Current.CancellationToken);
            return gateway;
        }

        public static async Task<(int Exit, string Error)> RunAsync(params string[] args)
        {
            using GatewayUnderTest gateway = new(args);
            await gateway._process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(RunningGateway.Patience);
            return (gateway._process.ExitCode, await gateway._error);
        }

        public async Task<int> StopAsync(int signal)
        {
            Assert.Equal(0, SendSignal(_process.Id, signal));
            await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(RunningGateway.Patience);
            await _error;
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
