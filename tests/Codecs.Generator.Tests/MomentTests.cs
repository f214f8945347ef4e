using Xunit;

namespace Gateway.Codecs.Generator.Tests;

public class MomentTests
{
    private const string Spec = """
        protocol moments "Moments"
          id 900
          port 1 tcp
        frame tcp
          size 6
        message only
          login "1"
          record
            u32 stamp
            value (stamp & 0x3FFFFFFF) + 1167609600 -> timestamp s
            item rows(stamp) size 2
        table rows(id)
          1
            one of
              try
                u8                -> din
                u8                -> dout
              try
                hex 2             -> custom.param.{id}
          *  u16                  -> custom.param.{id}
        command raw(text text)
          unhex text
        sample clock
          given now 1700000000
          in 000000010203
          expect records 1
        """;

    [Fact]
    public void A_moment_worked_out_in_seconds_is_written_as_a_time() => Assert.Contains("sink.Time(", Source(), StringComparison.Ordinal);

    [Fact]
    public void The_clock_of_a_sample_is_kept_in_microseconds() => Assert.Contains("1700000000000000", Source(), StringComparison.Ordinal);

    [Fact]
    public void A_row_of_several_fields_reads_each_at_its_own_width() =>
        Assert.DoesNotContain("sized ? e - p : 1", Source(), StringComparison.Ordinal);

    [Fact]
    public void Hexadecimal_text_can_be_sent_as_the_bytes_it_stands_for() => Assert.Contains("UnhexTo(output", Source(), StringComparison.Ordinal);

    private static string Source()
    {
        string dictionary = File.ReadAllText(Path.Combine(Root(), "protocol-specs", "parameters.tsv"));
        SpecResult result = SpecCompiler.Compile("moments.trk", Spec, ParameterTable.Parse(dictionary));
        Assert.True(result.Source is not null, string.Join('\n', result.Diagnostics));
        return result.Source!;
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "protocol-specs"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("protocol-specs");
    }
}
