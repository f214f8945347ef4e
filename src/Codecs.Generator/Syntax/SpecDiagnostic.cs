using System;

namespace Gateway.Codecs.Generator;

/// <summary>A finding in a spec: where, what, and what to write instead.</summary>
/// <param name="Id">Stable id, <c>GW1001</c> and up; below GW1500 errors, from GW1500 on warnings.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Length">Length in characters, 1 or more.</param>
/// <param name="Message">What is wrong, and what to write instead.</param>
public sealed record SpecDiagnostic(string Id, int Line, int Column, int Length, string Message)
{
    /// <summary>The imported file that the finding is in; null for the spec itself.</summary>
    public string? File { get; init; }

    /// <summary>Whether the spec can't be compiled because of it.</summary>
    public bool IsError => IsErrorId(Id);

    internal static bool IsErrorId(string id) => string.CompareOrdinal(id, "GW1500") < 0;

    /// <summary><c>file(line,column): error GW1001: message</c>, as compilers print it.</summary>
    public string Format(string file) => $"{PathOf(file)}({Line},{Column}): {(IsError ? "error" : "warning")} {Id}: {Message}";

    /// <summary>The path of the file that the finding is in, from the path of the spec.</summary>
    public string PathOf(string spec) => File is null ? spec : spec.Substring(0, spec.LastIndexOfAny(['/', '\\']) + 1) + "shared/" + File;
}

/// <summary>The stable ids.</summary>
internal static class Ids
{
    internal const string Syntax = "GW1001";
    internal const string Indentation = "GW1002";
    internal const string UnknownName = "GW1003";
    internal const string UnknownParameter = "GW1004";
    internal const string Unit = "GW1005";
    internal const string Type = "GW1006";
    internal const string Bounds = "GW1007";
    internal const string Unreachable = "GW1008";
    internal const string Duplicate = "GW1009";
    internal const string Range = "GW1010";
    internal const string Missing = "GW1011";
    internal const string Recursion = "GW1012";
    internal const string Sample = "GW1013";
    internal const string Value = "GW1014";
    internal const string Import = "GW1015";
    internal const string NoSamples = "GW1501";
    internal const string Unused = "GW1502";

    /// <summary>Each id with a title.</summary>
    internal static readonly System.Collections.Generic.Dictionary<string, string> All = new()
    {
        [Syntax] = "A line is not understood",
        [Indentation] = "Indentation",
        [UnknownName] = "An unknown name",
        [UnknownParameter] = "An unknown parameter",
        [Unit] = "A unit that does not fit",
        [Type] = "A type that does not fit",
        [Bounds] = "A field that reads too far",
        [Unreachable] = "Something that can never match",
        [Duplicate] = "Something is there twice",
        [Range] = "A number out of range",
        [Missing] = "Something is missing",
        [Recursion] = "A block that uses itself",
        [Sample] = "A sample",
        [Value] = "A value that can not be",
        [Import] = "An import",
        [NoSamples] = "No samples",
        [Unused] = "Something is not used",
    };
}

/// <summary>Finds the nearest of known names, for suggestions.</summary>
internal static class Nearest
{
    /// <summary>The name with the smallest edit distance, or null when none is near.</summary>
    internal static string? Find(string name, System.Collections.Generic.IEnumerable<string> known)
    {
        string? best = null;
        int bestDistance = Math.Max(2, name.Length / 3) + 1;
        foreach (string candidate in known)
        {
            if (Math.Abs(candidate.Length - name.Length) >= bestDistance) continue;
            int distance = Distance(name, candidate, bestDistance);
            if (distance < bestDistance || (distance == bestDistance && best is not null && string.CompareOrdinal(candidate, best) < 0))
            {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    // What authors write who come from another language, and the word for it here.
    private static readonly System.Collections.Generic.Dictionary<string, string> Elsewhere = new(StringComparer.OrdinalIgnoreCase)
    {
        ["string"] = "text", ["str"] = "text", ["byte"] = "u8", ["uint8"] = "u8", ["int8"] = "i8", ["uint16"] = "u16", ["int16"] = "i16", ["uint32"] = "u32", ["int32"] = "i32", ["uint64"] = "u64", ["int64"] = "i64",
        ["word"] = "u16", ["dword"] = "u32", ["float"] = "f32", ["double"] = "f64", ["latitude"] = "lat", ["longitude"] = "lon", ["timestamp"] = "time", ["datetime"] = "time", ["elif"] = "else if", ["while"] = "repeat while",
        ["loop"] = "repeat", ["foreach"] = "each", ["case"] = "switch", ["match"] = "switch", ["return"] = "stop", ["length"] = "size", ["delimiter"] = "until", ["pad"] = "skip", ["crc"] = "check", ["send"] = "reply", ["struct"] = "block", ["function"] = "block",
        ["packet"] = "message", ["test"] = "sample", ["var"] = "let",
    };

    /// <summary><c>; did you mean 'x'?</c> or nothing.</summary>
    internal static string Suggestion(string name, System.Collections.Generic.IEnumerable<string> known)
    {
        if (Elsewhere.TryGetValue(name, out string? word) && System.Linq.Enumerable.Contains(known, word.Split(' ')[0])) return $"; did you mean '{word}'?";
        return Find(name, known) is string near ? $"; did you mean '{near}'?" : "";
    }

    private static int Distance(string a, string b, int limit)
    {
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            int least = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = a[i - 1] == b[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + cost);
                least = Math.Min(least, current[j]);
            }
            if (least > limit) return limit + 1;
            (previous, current) = (current, previous);
        }
        return previous[b.Length];
    }
}
