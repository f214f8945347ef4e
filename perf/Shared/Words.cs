using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Gateway.Perf.Shared;

/// <summary><c>--name value</c> pairs of a command line.</summary>
public sealed class Words
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Reads pairs; false when a word is no name or has no value.</summary>
    public static bool TryRead(ReadOnlySpan<string> words, [NotNullWhen(true)] out Words? read)
    {
        read = null;
        var found = new Words();
        for (int i = 0; i < words.Length; i += 2)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == words.Length) return false;
            found._values[words[i][2..]] = words[i + 1];
        }

        read = found;
        return true;
    }

    /// <summary>The value of a name, or another.</summary>
    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    /// <summary>The value of a name.</summary>
    /// <exception cref="KeyNotFoundException">It was not given.</exception>
    public string Text(string name) => _values.TryGetValue(name, out string? text) ? text : throw new KeyNotFoundException($"--{name} is missing.");

    /// <summary>As a number.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public double Number(string name, double otherwise) => _values.TryGetValue(name, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
