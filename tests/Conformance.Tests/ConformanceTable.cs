using System.Globalization;
using System.Text;

namespace Gateway.Conformance.Tests;

/// <summary>How many results are equal, how many differ for a known reason, out of how many.</summary>
internal record struct Score(int Equal, int Known, int Total)
{
    /// <summary>Share of results that are equal or known to differ; 1 when there are none.</summary>
    public readonly double Share => Total == 0 ? 1 : (double)(Equal + Known) / Total;

    public static Score operator +(Score a, Score b) => new(a.Equal + b.Equal, a.Known + b.Known, a.Total + b.Total);

    /// <summary><c>equal/total</c>, with the known exceptions behind it.</summary>
    public override readonly string ToString() => Known == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Equal}/{Total}")
        : string.Create(CultureInfo.InvariantCulture, $"{Equal}/{Total} (+{Known})");
}

/// <summary>The results of one protocol.</summary>
internal sealed class ProtocolResult(string protocol, string mode)
{
    public string Protocol => protocol;
    public string Mode => mode;
    public Score Positions;
    public Score Replies;
    public Score Attributes;
    public int Skipped { get; set; }

    /// <summary>The results of several protocols as one.</summary>
    public static ProtocolResult Together(IReadOnlyList<ProtocolResult> results)
    {
        var sum = new ProtocolResult("together", results.Count == 0 ? "" : results[0].Mode);
        foreach (ProtocolResult r in results)
        {
            sum.Positions += r.Positions;
            sum.Replies += r.Replies;
            sum.Attributes += r.Attributes;
            sum.Skipped += r.Skipped;
        }
        return sum;
    }

    /// <summary>One line for each difference: frame, what, expected, got.</summary>
    public List<string> Differences { get; } = [];

    /// <summary>Exceptions that do not differ (any more), or not so often.</summary>
    public List<string> Stale { get; } = [];
}

/// <summary>Prints the one table of the run.</summary>
internal static class ConformanceTable
{
    /// <summary>protocol, how it was replayed, positions, replies, attributes; known exceptions in brackets.</summary>
    public static string Format(IReadOnlyList<ProtocolResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine("protocol          replayed  positions           replies             attributes          skipped");
        foreach (ProtocolResult r in results.Append(ProtocolResult.Together(results)))
            text.AppendLine(CultureInfo.InvariantCulture, $"{r.Protocol,-17} {r.Mode,-9} {Cell(r.Positions),-19} {Cell(r.Replies),-19} {Cell(r.Attributes),-19} {r.Skipped}");
        text.AppendLine("equal/total, known exceptions in brackets; skipped: frames that cannot be sent this way");
        return text.ToString();
    }

    /// <summary>The same as rows behind tabs, for other programs: protocol, positions, replies, attributes.</summary>
    public static string Rows(IReadOnlyList<ProtocolResult> results)
    {
        var text = new StringBuilder("protocol\tpositions\treplies\tattributes\n");
        foreach (ProtocolResult r in results.Append(ProtocolResult.Together(results))) text.Append(CultureInfo.InvariantCulture, $"{r.Protocol}\t{r.Positions}\t{r.Replies}\t{r.Attributes}\n");
        return text.ToString();
    }

    private static string Cell(Score score) => string.Create(CultureInfo.InvariantCulture, $"{score} {(score.Total == 0 ? 1 : (double)score.Equal / score.Total):P1}");
}
