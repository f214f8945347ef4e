using System.Buffers.Text;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Gateway.Codecs;

/// <summary>The parameters of all protocols: names, stable numbers, types and units, from <c>protocol-specs/parameters.tsv</c>. Loaded once, read-only.</summary>
/// <remarks>
/// A key is a parameter's number, or <c>number | index &lt;&lt; 16</c> for a numbered form (index 1 to 32 767).
/// Known names, which are all rows and the forms 1 to <see cref="KnownFormsMax"/> of indexed rows, have a rank: their place in ordinal order.
/// </remarks>
public static partial class ParameterDictionary
{
    /// <summary>Numbered forms up to this index have precomputed names.</summary>
    public const int KnownFormsMax = 16;

    /// <summary>Longest name of any key in bytes, with some room for rows to come.</summary>
    public const int NameBytesMax = 128;

    private const int IndexMax = 32_767;

    private static readonly Parameter[] Rows = Load();
    private static readonly Parameter?[] RowsByNumber = IndexRows();
    private static readonly Dictionary<string, Parameter> RowsByName = Rows.ToDictionary(row => row.Name, StringComparer.Ordinal);
    private static readonly Dictionary<string, Parameter>.AlternateLookup<ReadOnlySpan<char>> RowsBySpan = RowsByName.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>All rows in order of number.</summary>
    public static IReadOnlyList<Parameter> All => Rows;

    /// <summary>The key of a name: of a row, or of a numbered form of an indexed row (<c>din.3</c>).</summary>
    /// <returns>False when the name is not in the dictionary.</returns>
    public static bool TryGetKey(ReadOnlySpan<char> name, out int key)
    {
        if (RowsBySpan.TryGetValue(name, out Parameter? row))
        {
            key = row.Key;
            return true;
        }
        return TryGetFormKey(name, out key);
    }

    /// <summary>As the other overload, for a name as UTF-8.</summary>
    public static bool TryGetKey(ReadOnlySpan<byte> utf8Name, out int key)
    {
        key = 0;
        if (utf8Name.Length > NameBytesMax) return false;
        Span<char> name = stackalloc char[NameBytesMax];
        return Encoding.UTF8.TryGetChars(utf8Name, name, out int length) && TryGetKey(name[..length], out key);
    }

    /// <summary>The row for a name, or for the base of a numbered form that has no row of its own; null when the name is not in the dictionary.</summary>
    public static Parameter? Find(string name) => TryGetKey(name, out int key) ? Find(key) : null;

    /// <summary>The row for a key, or for its base when the numbered form has no row of its own; null when there is none.</summary>
    public static Parameter? Find(int key)
    {
        int number = key & 0xFFFF;
        Parameter? row = number < RowsByNumber.Length ? RowsByNumber[number] : null;
        if (row is null || key >> 16 == 0) return row;
        return RowsByName.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"{row.Name}.{key >>> 16}")) ?? row;
    }

    /// <summary>The name of a key. A number that is not in the dictionary, from a newer gateway's data, gives <c>parameter.N</c>.</summary>
    public static string NameOf(int key)
    {
        Span<byte> name = stackalloc byte[NameBytesMax];
        return Encoding.UTF8.GetString(name[..WriteName(key, name)]);
    }

    /// <summary>Writes the UTF-8 name of a key.</summary>
    /// <param name="key">Any key.</param>
    /// <param name="output"><see cref="NameBytesMax"/> or more.</param>
    /// <returns>Bytes written.</returns>
    public static int WriteName(int key, Span<byte> output)
    {
        int rank = RankOf(key);
        if (rank >= 0)
        {
            ReadOnlySpan<byte> known = NameAt(rank);
            known.CopyTo(output);
            return known.Length;
        }

        int number = key & 0xFFFF;
        int length;
        Parameter? row = number < RowsByNumber.Length ? RowsByNumber[number] : null;
        if (row is not null) length = Encoding.UTF8.GetBytes(row.Name, output);
        else
        {
            "parameter."u8.CopyTo(output);
            Utf8Formatter.TryFormat(number, output["parameter.".Length..], out int digits);
            length = "parameter.".Length + digits;
        }
        if (key >>> 16 != 0)
        {
            output[length++] = (byte)'.';
            Utf8Formatter.TryFormat(key >>> 16, output[length..], out int digits);
            length += digits;
        }
        return length;
    }

    private static bool TryGetFormKey(ReadOnlySpan<char> name, out int key)
    {
        key = 0;
        int dot = name.LastIndexOf('.');
        ReadOnlySpan<char> digits = name[(dot + 1)..];
        if (dot <= 0 || digits.Length > 5 || digits is not [>= '1' and <= '9', ..]) return false;
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int index) || index > IndexMax) return false;
        if (!RowsBySpan.TryGetValue(name[..dot], out Parameter? row) || !row.IsIndexed) return false;
        key = row.Number | index << 16;
        return true;
    }

    private static Parameter[] Load()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("parameters.tsv")
            ?? throw new InvalidOperationException("The resource parameters.tsv is missing from the assembly.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        List<string[]> lines = [];
        reader.ReadLine();      // the heading
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0) continue;
            string[] columns = line.Split('\t');
            if (columns.Length < 6) throw new InvalidDataException($"parameters.tsv has a line of {columns.Length} columns: {line}");
            lines.Add(columns);
        }
        Dictionary<string, int> bases = lines.Where(columns => columns[4] == "yes")
            .ToDictionary(columns => columns[1], columns => int.Parse(columns[0], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        return [.. lines.Select(columns => RowOf(columns, bases)).OrderBy(row => row.Number)];
    }

    private static Parameter RowOf(string[] columns, Dictionary<string, int> bases)
    {
        int number = int.Parse(columns[0], CultureInfo.InvariantCulture);
        string name = columns[1];
        ParameterType type = columns[2] switch
        {
            "number" => ParameterType.Number,
            "boolean" => ParameterType.Boolean,
            "string" => ParameterType.Text,
            "array" => ParameterType.Array,
            "object" => ParameterType.Object,
            _ => throw new InvalidDataException($"parameters.tsv: {name} has the unknown type {columns[2]}."),
        };
        int key = number;
        if (columns[4] == "form")
        {
            int dot = name.LastIndexOf('.');
            key = bases[name[..dot]] | int.Parse(name.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture) << 16;
        }
        return new Parameter(number, key, name, type, columns[3] == "-" ? "" : columns[3], columns[4] == "yes", columns[5]);
    }

    private static Parameter?[] IndexRows()
    {
        Parameter?[] rows = new Parameter?[Rows[^1].Number + 1];
        foreach (Parameter row in Rows)
        {
            if (rows[row.Number] is not null) throw new InvalidDataException($"parameters.tsv gives the number {row.Number} twice.");
            rows[row.Number] = row;
        }
        return rows;
    }
}
