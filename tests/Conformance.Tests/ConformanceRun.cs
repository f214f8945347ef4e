using Gateway.Codecs;
using Gateway.Host.Cli;

namespace Gateway.Conformance.Tests;

/// <summary>Replays all recordings of the built-in protocols and prints one table.</summary>
internal static class ConformanceRun
{
    /// <summary>Set to a protocol's name, or to <c>all</c>, to list each difference.</summary>
    public const string ListVariable = "CONFORMANCE_LIST";

    /// <summary>Paths of spec files, separated by colons: they are compiled now and replayed instead of the built-in protocols.</summary>
    public const string SpecVariable = "CONFORMANCE_SPEC";

    /// <summary>The built-in codecs, or those of the spec files that were asked for.</summary>
    public static IEnumerable<Codec> Codecs()
    {
        string[] specs = (Environment.GetEnvironmentVariable(SpecVariable) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return specs.Length == 0 ? CodecRegistry.BuiltIn : specs.Select(ProtocolCommand.Find);
    }

    /// <summary>Codecs and the files of recordings that each has under its name and aliases; those without recordings are left out.</summary>
    public static IEnumerable<(Codec Codec, IReadOnlyList<string> Paths)> Recorded()
    {
        foreach (Codec codec in Codecs().OrderBy(c => c.Info.Name, StringComparer.Ordinal))
        {
            string[] paths = Files(codec, VectorFile.Folder!);
            if (paths.Length > 0) yield return (codec, paths);
        }
    }

    /// <summary>Files of a folder that are named after a codec or one of its aliases.</summary>
    public static string[] Files(Codec codec, string folder) =>
        [.. codec.Info.Aliases.Prepend(codec.Info.Name).Select(name => Path.Combine(folder, name + ".jsonl")).Where(File.Exists)];

    /// <summary>The table between the two vocabularies.</summary>
    public static AttributeMap Map() => new(Repository.Reference("traccar-to-parameters.tsv")!, Path.Combine(Folder, "names.tsv"), Repository.Reference("teltonika-avl-to-parameters.tsv"));

    /// <summary>Known differences and thresholds.</summary>
    public static ExceptionList Exceptions() => new(Folder);

    private static string Folder => Path.Combine(Repository.Root, "tests", "Conformance.Tests");

    /// <summary>Prints the table, and the differences where they were asked for; keeps both in a file of the build folder.</summary>
    public static string Print(string mode, IReadOnlyList<ProtocolResult> results, ExceptionList exceptions)
    {
        var text = new StringWriter();
        text.WriteLine();
        text.Write(ConformanceTable.Format(results));
        string? wanted = Environment.GetEnvironmentVariable(ListVariable);
        foreach (ProtocolResult result in results.Where(r => wanted == "all" || wanted == r.Protocol))
            foreach (string line in result.Differences.Concat(result.Stale)) text.WriteLine(line);
        foreach (KnownException known in exceptions.All.Where(e => results.Any(r => r.Protocol == e.Protocol)))
            text.WriteLine($"known: {known.Protocol} {known.Frame} {known.What} x{known.Count}: {known.Reason}");
        Console.Out.Write(text);
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, $"conformance-{mode}.txt"), text.ToString());
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, $"conformance-{mode}.tsv"), ConformanceTable.Rows(results));
        return text.ToString();
    }

    /// <summary>What keeps all results together from passing, and each of them; empty when they pass.</summary>
    public static IEnumerable<string> Failures(IReadOnlyList<ProtocolResult> results, ExceptionList exceptions)
    {
        foreach (string failure in results.SelectMany(r => Failures(r, exceptions))) yield return failure;
        foreach (string failure in Failures(ProtocolResult.Together(results), exceptions)) yield return failure;
    }

    /// <summary>What keeps a result from passing, empty when it passes.</summary>
    private static IEnumerable<string> Failures(ProtocolResult result, ExceptionList exceptions)
    {
        (double positions, double replies, double attributes) = exceptions.Threshold(result.Protocol);
        if (result.Positions.Share < positions) yield return $"{result.Protocol}: positions {result.Positions} below {positions:P0}";
        if (result.Replies.Share < replies) yield return $"{result.Protocol}: replies {result.Replies} below {replies:P0}";
        if (result.Attributes.Share < attributes) yield return $"{result.Protocol}: attributes {result.Attributes} below {attributes:P0}";
        foreach (string stale in result.Stale) yield return stale;
    }
}
