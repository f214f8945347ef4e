using Gateway.Perf.Compare;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Tests;

/// <summary>The comparison finds what got worse, and only that.</summary>
public sealed class ComparisonTests
{
    private static Measurement Row(string name = "decode", double timeNs = 100, double referenceNs = 100, long? bytes = 0, MeasurementKind kind = MeasurementKind.Micro) =>
        new(name, kind, timeNs, referenceNs, bytes);

    private static Verdict Judge(Measurement baseline, Measurement current) => Assert.Single(Comparison.Compare([baseline], [current])).Verdict;

    [Fact]
    public void A_slower_machine_changes_nothing() => Assert.Equal(Verdict.Same, Judge(Row(timeNs: 120, referenceNs: 100), Row(timeNs: 360, referenceNs: 300)));

    [Theory]
    [InlineData(114, Verdict.Same)]
    [InlineData(116, Verdict.Slower)]
    [InlineData(86, Verdict.Same)]
    [InlineData(84, Verdict.Better)]
    public void A_ratio_beyond_the_margin_is_told(double timeNs, Verdict expected) => Assert.Equal(expected, Judge(Row(), Row(timeNs: timeNs)));

    [Fact]
    public void The_whole_gateway_has_a_wider_margin_than_a_benchmark()
    {
        Measurement slower = Row(timeNs: 125, bytes: null, kind: MeasurementKind.Whole);
        Assert.Equal(Verdict.Same, Judge(Row(bytes: null, kind: MeasurementKind.Whole), slower));
        Assert.Equal(Verdict.Slower, Judge(Row(bytes: null, kind: MeasurementKind.Whole), slower with { TimeNs = 135 }));
    }

    [Fact]
    public void A_disk_may_have_its_moods_but_not_allocate_more()
    {
        Measurement recorded = Row(bytes: 1328, kind: MeasurementKind.Disk);
        Assert.Equal(Verdict.Same, Judge(recorded, recorded with { TimeNs = 190 }));
        Assert.Equal(Verdict.Slower, Judge(recorded, recorded with { TimeNs = 210 }));
        Assert.Equal(Verdict.AllocatesMore, Judge(recorded, recorded with { AllocatedBytes = 1329 }));
    }

    [Fact]
    public void One_byte_more_is_worse_however_fast_it_is() => Assert.Equal(Verdict.AllocatesMore, Judge(Row(bytes: 0), Row(timeNs: 10, bytes: 1)));

    [Fact]
    public void Fewer_bytes_are_better() => Assert.Equal(Verdict.Better, Judge(Row(bytes: 32), Row(bytes: 0)));

    [Fact]
    public void A_measurement_that_vanished_is_worse()
    {
        Finding finding = Assert.Single(Comparison.Compare([Row()], []));
        Assert.True(finding.IsWorse);
        Assert.Contains("was not measured", finding.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_measurement_is_told_and_not_worse()
    {
        Finding finding = Assert.Single(Comparison.Compare([], [Row()]));
        Assert.Equal(Verdict.New, finding.Verdict);
        Assert.False(finding.IsWorse);
    }

    [Fact]
    public void A_ratio_that_is_not_a_number_is_worse() => Assert.Equal(Verdict.Slower, Judge(Row(), Row(timeNs: 0, referenceNs: 0)));

    [Fact]
    public void What_got_worse_comes_first()
    {
        IReadOnlyList<Finding> findings = Comparison.Compare([Row("a"), Row("b"), Row("c")], [Row("a"), Row("b", timeNs: 200), Row("c", bytes: 8)]);
        Assert.Equal(["c", "b", "a"], findings.Select(finding => finding.Name));
    }

    [Fact]
    public void Noise_passes_when_measured_again()
    {
        List<string> asked = [];
        IReadOnlyList<Finding> findings = Comparison.CompareStubbornly(
            [Row("a"), Row("b")],
            [Row("a", timeNs: 150), Row("b")],
            names =>
            {
                asked.AddRange(names);
                return [Row("a", timeNs: 101)];
            },
            attempts: 2);
        Assert.Equal(["a"], asked);
        Assert.DoesNotContain(findings, finding => finding.IsWorse);
    }

    [Fact]
    public void A_regression_stays_however_often_it_is_measured()
    {
        int calls = 0;
        IReadOnlyList<Finding> findings = Comparison.CompareStubbornly(
            [Row()],
            [Row(timeNs: 150)],
            _ =>
            {
                calls++;
                return [Row(timeNs: 140 + calls)];
            },
            attempts: 2);
        Assert.Equal(2, calls);
        Assert.Equal(141, Assert.Single(findings, finding => finding.IsWorse).Current!.TimeNs);
    }

    [Fact]
    public void Measuring_again_never_excuses_an_allocation()
    {
        IReadOnlyList<Finding> findings = Comparison.CompareStubbornly([Row()], [Row(timeNs: 150)], _ => [Row(timeNs: 100, bytes: 24)], attempts: 1);
        Assert.Equal(Verdict.AllocatesMore, Assert.Single(findings).Verdict);
    }

    [Fact]
    public void The_middle_run_is_recorded_with_the_largest_allocation()
    {
        Measurement recorded = Assert.Single(Comparison.MedianOf([[Row(timeNs: 90)], [Row(timeNs: 300, bytes: 8)], [Row(timeNs: 110)]]));
        Assert.Equal((110, 8L), (recorded.TimeNs, recorded.AllocatedBytes));
    }

    [Fact]
    public void A_file_of_measurements_reads_as_it_was_written()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        try
        {
            MeasurementFile written = new("a machine", [Row() with { RatioGoal = 1.3 }, Row("whole", bytes: null, kind: MeasurementKind.Whole)]);
            written.Write(path);
            Assert.Equal(written.Rows, MeasurementFile.Read(path).Rows);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
