using Gateway.Host.Cli;
using Xunit;

namespace Gateway.Host.Tests.Cli;

public class CommandLineTests
{
    [Fact]
    public async Task Version_is_one_line_and_done()
    {
        Run run = await Run.Async("--version");
        Assert.Equal((0, $"gateway {CommandLine.Version}\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData("", "Usage: gateway COMMAND", 2)]
    [InlineData("help", "Usage: gateway COMMAND", 0)]
    [InlineData("help run", "--channel-ports", 0)]
    [InlineData("run --help", "--channel-ports", 0)]
    [InlineData("help simulate", "--devices", 0)]
    public async Task Help_is_printed_where_it_is_asked_for(string line, string expected, int exitCode)
    {
        Run run = await Run.Async(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rum", "there is no command 'rum', did you mean 'run'?")]
    [InlineData("run --dta x", "there is no option --dta, did you mean 'data'?")]
    [InlineData("run --data", "--data needs a value")]
    [InlineData("run --data x --data y", "--data is given twice")]
    [InlineData("run --demo=yes", "--demo takes no value")]
    [InlineData("run surplus", "'surplus' is one word too many")]
    [InlineData("run --http 8080x", "--http must be ADDRESS:PORT, not '8080x'")]
    [InlineData("run --mqtt 127.0.0.1:70000", "--mqtt must be ADDRESS:PORT")]
    [InlineData("run --channel-ports 300-200", "--channel-ports must be FIRST-LAST")]
    [InlineData("run --channel-host host:1", "--channel-host must be a host name")]
    [InlineData("run --config /does/not/exist.json", "can't read /does/not/exist.json")]
    [InlineData("run --for 5", "--for goes with --demo")]
    [InlineData("protocol", "say 'protocol list'")]
    [InlineData("protocol shw", "did you mean 'show'?")]
    [InlineData("protocol decode x", "HEX is missing")]
    [InlineData("simulate x", "--to")]
    public async Task Wrong_usage_is_one_line_and_exit_code_2(string line, string expected)
    {
        Run run = await Run.Async(line.Split(' '));
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("gateway: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
    }

    [Fact]
    public async Task A_refused_token_is_not_repeated()
    {
        Run run = await Run.Async("run", "--token", "secret with spaces");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--token must be", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_protocol_fails_with_exit_code_1()
    {
        Run run = await Run.Async("protocol", "show", "no-such-protocol");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("there is no protocol 'no-such-protocol'", run.Error, StringComparison.Ordinal);
    }
}
