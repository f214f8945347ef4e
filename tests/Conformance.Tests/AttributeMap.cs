using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Conformance.Tests;

/// <summary>Where an attribute of the recordings may be found in a message, and how its value is turned into ours.</summary>
/// <param name="Names">Names of the dictionary, the usual one first.</param>
/// <param name="Expression">The conversion as the reference table has it: <c>x/1000</c>, <c>x!=0</c>, or words.</param>
/// <param name="Unit">The unit of the recorded value.</param>
/// <param name="Notes">What else the table says; a note that starts with <c>false</c> turns an alarm round.</param>
internal sealed record AttributeRule(IReadOnlyList<string> Names, string Expression, string Unit, string Notes)
{
    /// <summary>The table says that nothing of ours corresponds.</summary>
    public bool Ignored => Names.Count == 0;

    /// <summary>The recorded value has no fixed unit, so that a power of ten between the two is no difference.</summary>
    public bool AnyScale => !Expression.StartsWith('x') || Unit is "mixed" or "raw" or "-" || Unit.Contains(" or ", StringComparison.Ordinal) || Unit.Contains(" / ", StringComparison.Ordinal);
}

/// <summary>The reference table from attributes of the recordings to the parameters of the dictionary.</summary>
internal sealed partial class AttributeMap
{
    private readonly Dictionary<string, List<AttributeRule>> _exact = new(StringComparer.Ordinal);
    private readonly List<(Regex Pattern, AttributeRule Rule)> _indexed = [];
    private readonly Dictionary<string, AttributeRule> _alarms = new(StringComparer.Ordinal);
    private readonly Dictionary<long, List<string>> _namesByIo = [];

    /// <summary>Reads the tables.</summary>
    /// <param name="mapPath">The reference table.</param>
    /// <param name="ownPath">Further rows of the same form, for names that the specs know and the reference table does not.</param>
    /// <param name="ioPath">Names that numbered I/O elements may have.</param>
    public AttributeMap(string mapPath, string ownPath, string? ioPath)
    {
        foreach (string[] row in Rows(mapPath).Concat(Rows(ownPath))) Add(row);
        if (ioPath is null) return;
        foreach (string[] row in Rows(ioPath))
            if (long.TryParse(row[0], CultureInfo.InvariantCulture, out long id)) NamesOf(id).Add(row[1]);
    }

    /// <summary>Rules for an attribute, the most exact first; a name that the table does not know keeps its name under <c>custom</c>.</summary>
    public IEnumerable<AttributeRule> RulesFor(string attribute)
    {
        if (_exact.TryGetValue(attribute, out List<AttributeRule>? exact))
            foreach (AttributeRule rule in exact) yield return rule;

        foreach ((Regex pattern, AttributeRule rule) in _indexed)
        {
            Match match = pattern.Match(attribute);
            if (!match.Success) continue;
            int index = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            yield return rule with { Names = [.. rule.Names.SelectMany(name => Indexed(name, index))] };
        }

        if (IoPattern().Match(attribute) is { Success: true } io)
        {
            long id = long.Parse(io.Groups[1].Value, CultureInfo.InvariantCulture);
            yield return new AttributeRule([$"custom.param.{id}"], "x", "number", "");
            if (_namesByIo.TryGetValue(id, out List<string>? names)) yield return new AttributeRule(names, names.Count > 3 ? "bits" : "x", "raw", "");
        }
        // alertModifier -> custom.alert.modifier, acc0 -> custom.acc.0: a name below custom is written as ours are.
        string dotted = WordStart().Replace(attribute, ".").ToLowerInvariant();
        yield return new AttributeRule([$"custom.{attribute}", $"custom.{dotted}"], "x", "number", "");
        // beacon1Uuid -> custom.beacon.uuid.1: numbers of ours stand at the end.
        if (InnerIndex().Match(attribute) is { Success: true } inner)
            yield return new AttributeRule([$"custom.{inner.Groups[1].Value}.{inner.Groups[3].Value.ToLowerInvariant()}.{inner.Groups[2].Value}"], "x", "mixed", "");
    }

    /// <summary>The rule of an alarm word, or null.</summary>
    public AttributeRule? Alarm(string word) => _alarms.GetValueOrDefault(word);

    private static IEnumerable<string[]> Rows(string path) => File.ReadLines(path).Skip(1).Select(line => line.Split('\t')).Where(row => row.Length >= 4);

    private void Add(string[] row)
    {
        string kind = row[0], attribute = row[1];
        string notes = row.Length > 9 ? row[9] : "";
        string[] alone = row[4].Contains('.', StringComparison.Ordinal) || row[4].StartsWith('(') ? [] : [row[4]];      // din, dout
        var rule = new AttributeRule([.. alone.Concat(NamesIn(row[4])).Concat(NamesIn(notes)).Distinct()], row[5], row[3], notes);
        if (row[4].StartsWith('(')) rule = rule with { Names = [.. NamesIn(notes)] };
        // What a device says on its serial port or to a command is no parameter of its own on the platform; here it is the payload.
        if (row[4] == "(command result)") rule = rule with { Names = [.. rule.Names, "payload.text", "payload.hex"] };
        switch (kind)
        {
            case "alarm":
                _alarms[attribute] = rule;
                break;
            case "prefix":
                foreach (Match token in IndexedToken().Matches(attribute))
                    _indexed.Add((new Regex("^" + Regex.Escape(token.Value).Replace("<N>", "([0-9]+)", StringComparison.Ordinal) + "$"), rule));
                break;
            case "io":
                if (IoNumber().Match(attribute) is not { Success: true } io) break;
                NamesOf(long.Parse(io.Groups[1].Value, CultureInfo.InvariantCulture)).AddRange(rule.Names);
                AddNamed(io.Groups[2].Value, rule);
                break;
            case "key" or "name":
                foreach (string name in attribute.Split(" / ")) AddNamed(name.Trim(), rule);
                break;
        }
    }

    private void AddNamed(string name, AttributeRule rule)
    {
        if (RangePattern().Match(name) is { Success: true } range)
        {
            // bleTemp1..4 -> ble.sensor.temperature.1..4
            for (int i = int.Parse(range.Groups[2].Value, CultureInfo.InvariantCulture); i <= int.Parse(range.Groups[3].Value, CultureInfo.InvariantCulture); i++)
                AddNamed($"{range.Groups[1].Value}{i}", rule with { Names = [.. rule.Names.Select(n => RangeInName().Replace(n, "." + i))] });
            return;
        }
        if (!_exact.TryGetValue(name, out List<AttributeRule>? rules)) _exact[name] = rules = [];
        rules.Add(rule);
    }

    private List<string> NamesOf(long id)
    {
        if (!_namesByIo.TryGetValue(id, out List<string>? names)) _namesByIo[id] = names = [];
        return names;
    }

    // An index of the recordings may start at 0; ours start at 1. A single value often goes without its index.
    private static IEnumerable<string> Indexed(string name, int index) =>
        name.Contains("<N>", StringComparison.Ordinal)
            ? [name.Replace("<N>", index.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
               name.Replace("<N>", (index + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
               .. name.StartsWith("custom.", StringComparison.Ordinal) ? (string[])[] : [name.Replace(".<N>", "", StringComparison.Ordinal)]]
            : [name, $"{name}.{index}"];

    private static IEnumerable<string> NamesIn(string text) => ParameterName().Matches(text).Select(m => m.Value.TrimEnd('.'));

    [GeneratedRegex("[a-z][a-z0-9_]*(?:\\.(?:[a-z0-9_]+(?:\\.\\.[0-9])?|<N>))+")]
    private static partial Regex ParameterName();

    [GeneratedRegex("[A-Za-z0-9_]*<N>[A-Za-z]*")]
    private static partial Regex IndexedToken();

    [GeneratedRegex("^io([0-9]+)$")]
    private static partial Regex IoPattern();

    [GeneratedRegex("^([a-z]+)([0-9]+)([A-Z][A-Za-z]*)$")]
    private static partial Regex InnerIndex();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])")]
    private static partial Regex WordStart();

    [GeneratedRegex("AVL ([0-9]+) \\(([A-Za-z0-9]+)")]
    private static partial Regex IoNumber();

    [GeneratedRegex("^([A-Za-z]+)([0-9])\\.\\.([0-9])$")]
    private static partial Regex RangePattern();

    [GeneratedRegex("\\.[0-9]\\.\\.[0-9]$")]
    private static partial Regex RangeInName();
}
