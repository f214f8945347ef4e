using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Xunit;

namespace Gateway.Host.Tests.Cli;

public sealed class ProtocolCommandTests : IDisposable
{
    private const string Login = @"#L#353173060000000;NA\r\n";
    private const string Data = @"#D#141123;221320;5441.2320;N;02516.7820;E;54;090;112;11\r\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-protocol-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Decode_prints_messages_as_json_and_replies()
    {
        Run run = await Run.Async("protocol", "decode", RunningGateway.SpecPath, Login + Data);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("reply ", lines[0], StringComparison.Ordinal);

        using JsonDocument message = JsonDocument.Parse(lines[1]);
        Assert.Equal("353173060000000", message.RootElement.GetProperty("ident").GetString());
        Assert.Equal(1_700_000_000, message.RootElement.GetProperty("timestamp").GetInt64());
        Assert.Equal(54.6872, message.RootElement.GetProperty("position.latitude").GetDouble(), 6);
        Assert.Contains("#AD#1", Encoding.ASCII.GetString(ReplyBytes(lines[2])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decode_takes_hex_with_separators_and_standard_input_as_it_is()
    {
        byte[] bytes = Encoding.ASCII.GetBytes("#L#353173060000000;NA\r\n");
        Run asText = await Run.Async("protocol", "decode", RunningGateway.SpecPath, Login);
        Run asHex = await Run.Async("protocol", "decode", RunningGateway.SpecPath, Convert.ToHexString(bytes));
        Run asWords = await Run.Async(["protocol", "decode", RunningGateway.SpecPath, .. BitConverter.ToString(bytes).Split('-')]);
        Run fromInput = await Run.WithInputAsync(bytes, "protocol", "decode", RunningGateway.SpecPath, "-");
        Run hexFromInput = await Run.WithInputAsync(Encoding.ASCII.GetBytes(Convert.ToHexString(bytes) + "\n"), "protocol", "decode", RunningGateway.SpecPath, "-");
        Assert.Equal(0, asText.ExitCode);
        Assert.All([asHex, asWords, fromInput, hexFromInput], run => Assert.Equal((asText.ExitCode, asText.Output), (run.ExitCode, run.Output)));
    }

    [Fact]
    public async Task Decode_of_a_data_frame_alone_stands_in_for_the_login_and_says_so()
    {
        Run run = await Run.Async("protocol", "decode", RunningGateway.SpecPath, Data);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("\"ident\":\"unknown\"", run.Output, StringComparison.Ordinal);
        Assert.Contains("no login among the bytes", run.Error, StringComparison.Ordinal);

        Run named = await Run.Async("protocol", "decode", RunningGateway.SpecPath, Data, "--ident", "42");
        Assert.Contains("\"ident\":\"42\"", named.Output, StringComparison.Ordinal);
        Assert.Equal("", named.Error);
    }

    [Theory]
    [InlineData(@"#D#14", "no whole frame")]
    [InlineData(@"#X#\r\n", "no message of")]
    public async Task Decode_of_bytes_that_are_no_frame_says_where_and_fails(string bytes, string expected)
    {
        Run run = await Run.Async("protocol", "decode", RunningGateway.SpecPath, bytes);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_names_offset_length_spec_line_bytes_and_value()
    {
        Run run = await Run.Async("protocol", "explain", RunningGateway.SpecPath, Data, "--ident", "42");
        Assert.Equal(0, run.ExitCode);
        string[] spec = File.ReadAllLines(RunningGateway.SpecPath);
        string[] row = RowOf(run, "position.speed");
        int line = Array.FindIndex(spec, text => text.Contains("-> position.speed", StringComparison.Ordinal)) + 1;
        // "#D#141123;221320;5441.2320;N;02516.7820;E;" is 42 bytes long; the speed stands behind it.
        Assert.Equal(["42", "2", "1", $"pulse.trk:{line}", "3534", "position.speed", "54"], row);
        Assert.Equal("2023-11-14T22:13:20Z", RowOf(run, "timestamp")[^1]);
    }

    [Fact]
    public void Explain_accounts_for_every_byte()
    {
        foreach (Codec codec in CodecRegistry.BuiltIn)
        {
            foreach (SampleInfo sample in codec.Info.Samples.Where(sample => sample.Output is not { Length: 0 }))
            {
                Session session = Inspection.SampleCheck.SessionOf(codec, sample, []);
                foreach (Inspection.DecodedFrame frame in Inspection.InputDecoder.Decode(codec, session, sample.Input).Frames)
                {
                    bool[] isTold = new bool[frame.Bytes.Length];
                    foreach (Inspection.ExplainedRow row in Inspection.Explanation.Of(codec.Info, frame).Where(row => row.Start >= 0))
                        for (int i = row.Start; i < Math.Min(isTold.Length, row.Start + row.Length); i++) isTold[i] = true;
                    Assert.DoesNotContain(false, isTold);
                }
            }
        }
    }

    [Fact]
    public async Task Check_of_a_good_spec_runs_its_samples()
    {
        Run run = await Run.Async("protocol", "check", RunningGateway.SpecPath);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("2 of 2 samples passed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_of_a_wrong_spec_prints_place_id_and_suggestion()
    {
        string text = File.ReadAllText(RunningGateway.SpecPath);
        string path = Path.Combine(_folder.FullName, "wrong.trk");
        File.WriteAllText(path, text.Replace("position.altitude", "position.altitud", StringComparison.Ordinal));
        Run run = await Run.Async("protocol", "check", path);
        int line = text.Split('\n').ToList().FindIndex(l => l.Contains("position.altitude", StringComparison.Ordinal)) + 1;
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{path}({line},", run.Output, StringComparison.Ordinal);
        Assert.Contains("error GW", run.Output, StringComparison.Ordinal);
        Assert.Contains("position.altitude", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_of_a_spec_whose_sample_is_wrong_fails()
    {
        string text = File.ReadAllText(RunningGateway.SpecPath);
        string path = Path.Combine(_folder.FullName, "sample.trk");
        File.WriteAllText(path, text.Replace("position.speed         54", "position.speed         55", StringComparison.Ordinal));
        Run run = await Run.Async("protocol", "check", path);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("position.speed is 54 (bytes 42..44), expected 55", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 of 2 samples passed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_and_show_know_every_built_in_protocol()
    {
        Run list = await Run.Async("protocol", "list");
        Assert.Equal(0, list.ExitCode);
        foreach (Codec codec in CodecRegistry.BuiltIn)
        {
            Assert.Contains(codec.Info.Name, list.Output, StringComparison.Ordinal);
            Run show = await Run.Async("protocol", "show", codec.Info.Name);
            Assert.Equal(0, show.ExitCode);
            Assert.Contains(codec.Info.SpecHash, show.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Selftest_passes_all_samples_of_all_built_in_protocols()
    {
        int samples = CodecRegistry.BuiltIn.Sum(codec => codec.Info.Samples.Count);
        Run run = await Run.Async("selftest");
        Assert.EndsWith($"{samples} passed, 0 failed\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(samples > 0 ? 0 : 1, run.ExitCode);
    }

    private static byte[] ReplyBytes(string line)
    {
        string reply = line["reply ".Length..];
        return reply.StartsWith('"') ? Encoding.ASCII.GetBytes(reply) : Convert.FromHexString(reply);
    }

    private static string[] RowOf(Run run, string parameter)
    {
        string line = run.Output.Split('\n').Single(l => l.Contains($" {parameter} ", StringComparison.Ordinal));
        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
