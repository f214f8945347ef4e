using System.Globalization;
using Gateway.Perf.Shared;

namespace Gateway.Perf.Compare;

/// <summary>Prints findings for people.</summary>
internal static class Report
{
    /// <summary>Prints a table of all rows, then a sentence for each that changed.</summary>
    /// <returns>Whether something got worse.</returns>
    public static bool Print(IReadOnlyList<Finding> findings)
    {
        int width = Math.Max(20, findings.Count == 0 ? 0 : findings.Max(finding => finding.Name.Length));
        Console.WriteLine($"{"name".PadRight(width)} {"ns",10} {"reference",10} {"ratio",6} {"recorded",8} {"bytes",6}  verdict");
        foreach (Finding finding in findings.OrderBy(finding => finding.Name, StringComparer.Ordinal))
        {
            Measurement? now = finding.Current;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{finding.Name.PadRight(width)} {now?.TimeNs,10:N1} {now?.ReferenceNs,10:N1} {now?.Ratio,6:0.00} {finding.Baseline?.Ratio,8:0.00} {now?.AllocatedBytes,6}  {finding.Verdict}{Goals(now)}"));
        }
        foreach (Finding finding in findings.Where(finding => finding.Verdict is not Verdict.Same)) Console.WriteLine($"{(finding.IsWorse ? "WORSE" : "note ")}  {finding}");
        return findings.Any(finding => finding.IsWorse);
    }

    private static string Goals(Measurement? row)
    {
        string text = "";
        if (row?.RatioGoal is { } ratio) text += string.Create(CultureInfo.InvariantCulture, $"; ratio goal {ratio:0.0} {(row.Ratio <= ratio ? "met" : "MISSED")}");
        if (row?.TimeGoalNs is { } time) text += string.Create(CultureInfo.InvariantCulture, $"; goal {time:0} ns {(row.TimeNs <= time ? "met" : "MISSED")}");
        return text;
    }
}

/// <summary>The checked-out repository that this program was built from.</summary>
internal static class Repository
{
    /// <summary>Folder that holds <c>Gateway.sln</c>.</summary>
    /// <exception cref="DirectoryNotFoundException">The program was moved out of the repository.</exception>
    public static string Root
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) return folder.FullName;
            throw new DirectoryNotFoundException("No Gateway.sln above the program.");
        }
    }
}
