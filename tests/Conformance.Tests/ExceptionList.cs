using System.Globalization;

namespace Gateway.Conformance.Tests;

/// <summary>One known difference and why it is right.</summary>
/// <param name="Protocol">Name of the protocol.</param>
/// <param name="Frame">Eight hex digits that stand for the frame's bytes.</param>
/// <param name="What"><c>position</c>, <c>reply</c> or <c>attribute</c>.</param>
/// <param name="Count">How many of the frame's positions, replies or attributes differ.</param>
/// <param name="Reason">Why ours stays as it is.</param>
internal sealed record KnownException(string Protocol, string Frame, string What, int Count, string Reason);

/// <summary>The known differences, and from which share of equal results a protocol passes. Both live in files beside the tests.</summary>
internal sealed class ExceptionList
{
    private readonly List<KnownException> _exceptions = [];
    private readonly Dictionary<string, (double Positions, double Replies, double Attributes)> _thresholds = new(StringComparer.Ordinal);

    /// <summary>Reads <c>exceptions/PROTOCOL.tsv</c> and <c>thresholds.tsv</c> from a folder.</summary>
    public ExceptionList(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(Path.Combine(folder, "exceptions"), "*.tsv").Order(StringComparer.Ordinal))
            foreach (string[] row in Rows(path))
                _exceptions.Add(new KnownException(Path.GetFileNameWithoutExtension(path), row[0], row[1], int.Parse(row[2], CultureInfo.InvariantCulture), row[3]));
        foreach (string[] row in Rows(Path.Combine(folder, "thresholds.tsv")))
            _thresholds[row[0]] = (Percent(row[1]), Percent(row[2]), Percent(row[3]));
    }

    /// <summary>All known differences.</summary>
    public IReadOnlyList<KnownException> All => _exceptions;

    /// <summary>How many results of a kind are known to differ in a frame.</summary>
    public int Count(string protocol, string frame, string what) =>
        _exceptions.Where(e => e.Protocol == protocol && e.Frame == frame && e.What == what).Sum(e => e.Count);

    /// <summary>Shares from 0 to 1 that a protocol has to reach; the row <c>*</c> is for those without their own.</summary>
    public (double Positions, double Replies, double Attributes) Threshold(string protocol) =>
        _thresholds.TryGetValue(protocol, out (double, double, double) own) ? own : _thresholds["*"];

    private static IEnumerable<string[]> Rows(string path) =>
        File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#').Skip(1).Select(line => line.Split('\t'));

    private static double Percent(string text) => double.Parse(text, CultureInfo.InvariantCulture) / 100;
}
