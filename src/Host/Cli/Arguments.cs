using System.Globalization;

namespace Gateway.Host.Cli;

/// <summary>The words of one command: options by name, and what stands free.</summary>
/// <remarks>Takes <c>--name value</c>, <c>--name=value</c> and, for switches, <c>--name</c>. After <c>--</c> everything stands free. No option may come twice.</remarks>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);
    private readonly List<string> _free = [];

    private Arguments()
    {
    }

    /// <summary>The words that are no options, in order.</summary>
    public IReadOnlyList<string> Free => _free;

    /// <summary>Reads a command's words.</summary>
    /// <param name="words">Without the command itself.</param>
    /// <param name="options">Options that take a value, without dashes.</param>
    /// <param name="switches">Options that take none.</param>
    /// <exception cref="UsageException">An option is unknown, comes twice, or lacks its value.</exception>
    public static Arguments Parse(IReadOnlyList<string> words, string[] options, string[] switches)
    {
        Arguments arguments = new();
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            if (word == "--")
            {
                arguments._free.AddRange(words.Skip(i + 1));
                break;
            }
            if (!word.StartsWith("--", StringComparison.Ordinal))
            {
                arguments._free.Add(word);
                continue;
            }

            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? word[2..] : word[2..equals];
            string? value = equals < 0 ? null : word[(equals + 1)..];
            if (switches.Contains(name))
            {
                if (value is not null) throw new UsageException($"--{name} takes no value.");
                value = "";
            }
            else if (!options.Contains(name))
            {
                throw new UsageException($"there is no option --{name}{Nearest.Suggest(name, options.Concat(switches))}");
            }
            else if (value is null)
            {
                if (++i == words.Count) throw new UsageException($"--{name} needs a value.");
                value = words[i];
            }
            if (!arguments._options.TryAdd(name, value)) throw new UsageException($"--{name} is given twice.");
        }
        return arguments;
    }

    /// <summary>Whether an option or switch was given.</summary>
    public bool Has(string name) => _options.ContainsKey(name);

    /// <summary>The value of an option, null when it was not given.</summary>
    public string? Text(string name) => _options.GetValueOrDefault(name);

    /// <summary>The value of an option as an integer from <paramref name="min"/> to <paramref name="max"/>.</summary>
    /// <exception cref="UsageException">Not an integer, or out of range.</exception>
    public long Integer(string name, long min, long max, long otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= min && value <= max) return value;
        throw new UsageException($"--{name} must be an integer from {min} to {max}, not '{text}'.");
    }

    /// <summary>The value of an option as a number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    /// <exception cref="UsageException">Not a number, or out of range.</exception>
    public double Number(string name, double min, double max, double otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= min && value <= max) return value;
        throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--{name} must be a number from {min} to {max}, not '{text}'."));
    }

    /// <summary>Demands that exactly these words stand free.</summary>
    /// <param name="names">What the words are, e.g. <c>NAME HEX</c>, one name each.</param>
    /// <exception cref="UsageException">Too few or too many.</exception>
    public void ExpectFree(params string[] names)
    {
        if (_free.Count < names.Length) throw new UsageException($"{names[_free.Count]} is missing.");
        if (_free.Count > names.Length) throw new UsageException($"'{_free[names.Length]}' is one word too many.");
    }
}
