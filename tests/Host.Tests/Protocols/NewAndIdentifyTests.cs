using Gateway.Codecs;
using Gateway.Host.Tests.Cli;
using Xunit;

namespace Gateway.Host.Tests.Protocols;

public sealed class NewAndIdentifyTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-new-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("--text")]
    [InlineData("--binary")]
    public async Task A_new_spec_compiles_without_warnings_and_its_samples_pass(string kind)
    {
        string path = Path.Combine(_folder.FullName, "my-tracker.trk");
        Run made = await Run.Async("protocol", "new", path, kind);
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Run check = await Run.Async("protocol", "check", path);
        Assert.Equal($"{path}: my-tracker, 0 warnings, 2 of 2 samples passed\n", check.Output);
        Assert.Equal(0, check.ExitCode);

        string before = File.ReadAllText(path);
        Run again = await Run.Async("protocol", "new", path[..^4]);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("is there already; nothing was written", again.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(path));
    }

    [Theory]
    [InlineData("My Tracker")]
    [InlineData("9tracker")]
    public async Task A_name_that_no_spec_can_have_is_refused(string name)
    {
        Run run = await Run.Async("protocol", "new", Path.Combine(_folder.FullName, name));
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(_folder.EnumerateFiles());
    }

    [Fact]
    public async Task Every_built_in_protocol_is_among_the_first_for_the_samples_that_carry_a_position()
    {
        List<string> missed = [];
        int asked = 0;
        foreach (Codec codec in CodecRegistry.BuiltIn)
        {
            SampleInfo? sample = codec.Info.Samples.FirstOrDefault(sample => sample.Given.Keys.All(name => name is "ident" or "now") && sample.Expected.Any(value => value is { Parameter: "position.latitude", Value: not null }));
            if (sample is null) continue;
            asked++;
            Run run = await Run.Async("protocol", "identify", Convert.ToHexString(sample.Input));
            string[] names = [.. run.Output.Split('\n').Where(line => line.Length > 2 && char.IsAsciiDigit(line[0])).Select(line => line.Split(' ')[1])];
            if (!names.Take(2).Contains(codec.Info.Name)) missed.Add($"{codec.Info.Name}, sample {sample.Name}: {string.Join(", ", names)}");
        }
        Assert.True(asked > 0 && missed.Count == 0, string.Join("\n", missed));
    }

    [Fact]
    public async Task A_bare_sentence_of_a_receiver_is_known_by_its_place_and_time_though_nobody_says_who_sent_it()
    {
        Run run = await Run.Async("protocol", "identify", "$GPRMC,082300.000,A,4851.4800,N,00221.0000,W,10.00,270.5,020126,,,A*76");
        Assert.Matches(@"\A1\. \S+ \(\d+\), .*checksum right, position, time", run.Output);
    }

    [Fact]
    public async Task Identify_takes_files_and_lines_without_end_and_shows_refusals_only_when_asked()
    {
        string spec = SpecTexts.Write(_folder, "speedy.trk", SpecTexts.Of());
        string bytes = Path.Combine(_folder.FullName, "bytes.bin");
        await File.WriteAllBytesAsync(bytes, "@123456,42\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Run file = await Run.Async("protocol", "identify", bytes, "--specs", _folder.FullName);
        Assert.Matches(@"\A1\. speedy \(\d+\), tcp, 1 frame, 1 message: \d+ % of the bytes read, ident\n", file.Output);
        Assert.Contains("\"position.speed\":42", file.Output, StringComparison.Ordinal);
        Assert.Contains("reply ", file.Output, StringComparison.Ordinal);

        Run line = await Run.Async("protocol", "identify", "@123456,42", "--specs", _folder.FullName, "--all");
        Assert.Contains("end of line added", line.Output, StringComparison.Ordinal);
        Assert.Contains("\n-  ", line.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\n-  ", file.Output, StringComparison.Ordinal);

        Run nobody = await Run.Async("protocol", "identify", "00");
        Assert.Equal(1, nobody.ExitCode);
        Assert.Contains("explains these 1 bytes", nobody.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(spec));
    }
}
