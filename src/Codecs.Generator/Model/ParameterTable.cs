using System;
using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>The parameter dictionary as the compiler needs it: number, type and unit by name.</summary>
public sealed class ParameterTable
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private ParameterTable()
    {
    }

    /// <summary>Number of names.</summary>
    public int Count => _entries.Count;

    internal IEnumerable<string> Names => _entries.Keys;

    /// <summary>Reads <c>parameters.tsv</c>: number, name, type, unit, indexed, description.</summary>
    /// <exception cref="FormatException">A row is not of that form; the message names the line.</exception>
    public static ParameterTable Parse(string tsv)
    {
        ParameterTable table = new();
        int number = 0;
        foreach (string line in tsv.Split('\n'))
        {
            number++;
            if (number == 1 || line.Length == 0) continue;
            string[] cells = line.TrimEnd('\r').Split('\t');
            if (cells.Length < 5 || !int.TryParse(cells[0], out int key)) throw new FormatException($"parameters.tsv({number},1): expected number, name, type, unit, indexed, description behind tabs");
            table._entries[cells[1]] = new Entry(key, cells[2], cells[3] == "-" ? "" : cells[3]);
        }
        return table;
    }

    /// <summary>Finds a name as it is or as a numbered form: <c>din.3</c> is number 3 of <c>din</c>.</summary>
    internal bool TryFind(string name, out Entry entry, out int index)
    {
        index = 0;
        bool plain = _entries.TryGetValue(name, out entry);
        int dot = name.LastIndexOf('.');
        if (dot > 0 && int.TryParse(name.Substring(dot + 1), out int number) && number is > 0 and < 32768 && _entries.TryGetValue(name.Substring(0, dot), out Entry numbered))
        {
            // A numbered form keeps its own type (din is a mask, din.1 a truth value) under the key of its base name.
            index = number;
            if (!plain) entry = Form(name.Substring(0, dot), numbered);
            else entry = new Entry(numbered.Number, entry.Type, entry.Unit);
            return true;
        }
        return plain;
    }

    /// <summary>The entry for <c>base.{i}</c>.</summary>
    internal bool TryFindIndexed(string baseName, out Entry entry)
    {
        if (!_entries.TryGetValue(baseName, out Entry numbered))
        {
            entry = default;
            return false;
        }
        entry = Form(baseName, numbered);
        return true;
    }

    private Entry Form(string baseName, Entry numbered) =>
        _entries.TryGetValue(baseName + ".1", out Entry first) ? new Entry(numbered.Number, first.Type, first.Unit) : numbered;

    internal readonly record struct Entry(int Number, string Type, string Unit);
}

/// <summary>Units on the wire and in the dictionary, and how one becomes the other.</summary>
internal static class Units
{
    // Spelling on the wire → (dimension, how many base units one is, offset). Base units are those of the dictionary.
    private static readonly Dictionary<string, (string Dimension, double Factor, double Offset)> Known = new(StringComparer.Ordinal)
    {
        ["km/h"] = ("speed", 1, 0), ["kmh"] = ("speed", 1, 0), ["knots"] = ("speed", 1.852, 0), ["kn"] = ("speed", 1.852, 0), ["mph"] = ("speed", 1.609344, 0), ["m/s"] = ("speed", 3.6, 0), ["cm/s"] = ("speed", 0.036, 0),
        ["m"] = ("length", 1, 0), ["meters"] = ("length", 1, 0), ["km"] = ("length", 1000, 0), ["cm"] = ("length", 0.01, 0), ["mm"] = ("length", 0.001, 0), ["ft"] = ("length", 0.3048, 0), ["miles"] = ("length", 1609.344, 0), ["dm"] = ("length", 0.1, 0),
        ["V"] = ("voltage", 1, 0), ["volts"] = ("voltage", 1, 0), ["mV"] = ("voltage", 0.001, 0),
        ["A"] = ("current", 1, 0), ["amperes"] = ("current", 1, 0), ["mA"] = ("current", 0.001, 0),
        ["%"] = ("ratio", 1, 0), ["percentage"] = ("ratio", 1, 0),
        ["C"] = ("temperature", 1, 0), ["celsius"] = ("temperature", 1, 0), ["F"] = ("temperature", 5.0 / 9, -160.0 / 9),
        ["s"] = ("time", 1, 0), ["seconds"] = ("time", 1, 0), ["ms"] = ("time", 0.001, 0), ["min"] = ("time", 60, 0), ["minutes"] = ("time", 60, 0), ["h"] = ("time", 3600, 0), ["hours"] = ("time", 3600, 0), ["days"] = ("time", 86400, 0),
        ["deg"] = ("angle", 1, 0), ["degrees"] = ("angle", 1, 0), ["rad"] = ("angle", 180 / Math.PI, 0),
        ["l"] = ("volume", 1, 0), ["liters"] = ("volume", 1, 0), ["ml"] = ("volume", 0.001, 0), ["gal"] = ("volume", 3.785411784, 0),
        ["l/h"] = ("flow", 1, 0), ["liters/h"] = ("flow", 1, 0), ["liters/100km"] = ("consumption", 1, 0), ["l/100km"] = ("consumption", 1, 0), ["km/liters"] = ("economy", 1, 0), ["km/l"] = ("economy", 1, 0),
        ["kPa"] = ("pressure", 1, 0), ["bar"] = ("pressure", 100, 0), ["psi"] = ("pressure", 6.894757293168, 0), ["hPa"] = ("pressure", 0.1, 0), ["Pa"] = ("pressure", 0.001, 0), ["mmHg"] = ("blood", 1, 0),
        ["g"] = ("acceleration", 1, 0), ["mg"] = ("acceleration", 0.001, 0),
        ["kg"] = ("mass", 1, 0), ["t"] = ("mass", 1000, 0),
        ["rpm"] = ("rotation", 1, 0), ["dbm"] = ("signal", 1, 0), ["dBm"] = ("signal", 1, 0), ["lux"] = ("light", 1, 0), ["hz"] = ("frequency", 1, 0), ["Hz"] = ("frequency", 1, 0),
        ["kWh"] = ("energy", 1, 0), ["Wh"] = ("energy", 0.001, 0), ["kWh/100km"] = ("energyuse", 1, 0), ["Ah"] = ("charge", 1, 0), ["mAh"] = ("charge", 0.001, 0), ["kW"] = ("power", 1, 0), ["ppm"] = ("ppm", 1, 0),
        ["mmol/l"] = ("concentration", 1, 0), ["m^2"] = ("area", 1, 0), ["m^2/h"] = ("arearate", 1, 0), ["sv/h"] = ("dose", 1, 0),
    };

    internal static IEnumerable<string> Names => Known.Keys;

    internal static bool IsKnown(string unit) => Known.ContainsKey(unit);

    /// <summary>How a value on the wire becomes one of the dictionary: value × multiply ÷ divide + add.</summary>
    internal static bool TryConvert(string wire, string canonical, out double multiply, out double divide, out double add)
    {
        multiply = divide = 1;
        add = 0;
        if (wire == canonical || wire.Length == 0) return true;
        if (!Known.TryGetValue(wire, out var from) || !Known.TryGetValue(canonical, out var to) || from.Dimension != to.Dimension) return false;
        // Division by a whole number keeps 12.65 from becoming 12.650000000000001.
        double factor = from.Factor / to.Factor;
        double inverse = to.Factor / from.Factor;
        if (Math.Abs(inverse - Math.Round(inverse)) < 1e-9 && inverse >= 1) divide = Math.Round(inverse);
        else if (from.Factor == 1.852 && to.Factor == 1) (multiply, divide) = (1852, 1000);
        else multiply = factor;
        add = from.Offset / to.Factor;
        return true;
    }
}
