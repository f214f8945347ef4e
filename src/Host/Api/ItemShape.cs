using System.Buffers;
using System.Text.Json;
using Gateway.Host.Expressions;

namespace Gateway.Host.Api;

/// <summary>A field of an API object.</summary>
/// <param name="Name">Name in JSON.</param>
/// <param name="IsDefault">Shown when the request names no fields.</param>
/// <param name="Write">Writes the value.</param>
internal sealed record ItemField<T>(string Name, bool IsDefault, Action<Utf8JsonWriter, T> Write);

/// <summary>What an API object looks like: its fields, how a request chooses among them, and how selectors and filters look into them.</summary>
internal sealed class ItemShape<T>
{
    /// <summary>Paths in one <c>fields</c> list.</summary>
    internal const int FieldsMax = 100;

    /// <summary>Longest path in <c>fields</c> or a selector, characters.</summary>
    internal const int PathLengthMax = 256;

    private readonly ItemField<T>[] _fields;
    private readonly Projection _default;

    /// <summary>A shape with these fields, in the order of the documents.</summary>
    internal ItemShape(params ItemField<T>[] fields)
    {
        _fields = fields;
        Names = [.. fields.Select(field => field.Name)];
        _default = new Projection([.. fields.Where(field => field.IsDefault).Select(field => (field, (string[])[]))]);
    }

    /// <summary>All fields.</summary>
    internal IReadOnlyList<ItemField<T>> Fields => _fields;

    /// <summary>Names of all fields.</summary>
    internal IReadOnlyList<string> Names { get; }

    /// <summary>Writes the default fields of an item; null for none.</summary>
    internal Action<Utf8JsonWriter>? WriterOf(T? item) => item is null ? null : json => _default.Write(json, item);

    /// <summary>Reads a <c>fields</c> list: names separated by commas, members of objects as <c>configuration.port</c>, masks as <c>messages_*</c> and <c>configuration.*</c>.</summary>
    /// <param name="list">The list; null or empty for the default fields.</param>
    internal Projection Choose(string? list)
    {
        if (string.IsNullOrWhiteSpace(list)) return _default;
        string[] paths = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (paths.Length > FieldsMax) throw ApiProblem.BadRequest($"fields may name at most {FieldsMax} fields.");
        if (paths.Any(path => path.Length > PathLengthMax)) throw ApiProblem.BadRequest($"a name in fields may have at most {PathLengthMax} characters.");

        // In the order of the request; a field that is named twice stands where it was named first.
        var chosen = new List<(ItemField<T> Field, List<string> Members)>();
        foreach (string path in paths.Distinct(StringComparer.Ordinal))
        {
            int dot = path.IndexOf('.', StringComparison.Ordinal);
            foreach (ItemField<T> field in FieldsOf(dot < 0 ? path : path[..dot]))
            {
                int known = chosen.FindIndex(choice => choice.Field == field);
                string member = dot < 0 ? "" : path[(dot + 1)..];
                if (known < 0) chosen.Add((field, [member]));
                else chosen[known].Members.Add(member);
            }
        }
        return new Projection([.. chosen.Select(choice => (choice.Field, choice.Members.Contains("") || choice.Members.Contains("*") ? (string[])[] : [.. choice.Members]))]);
    }

    /// <summary>Compiles a condition on items: what stands in the braces of a selector, or the <c>filter</c> of logs and packets.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="what">What it is, for errors: <c>filter</c>, <c>selector</c>.</param>
    /// <param name="isFilter">Whether a name alone asks if it is there.</param>
    /// <param name="clock">What time it is.</param>
    /// <exception cref="ApiProblem">It is no expression, or names a field that there is not.</exception>
    internal ItemCondition<T> ConditionOf(string text, string what, bool isFilter, TimeProvider clock)
    {
        var options = new ExpressionOptions { IsFilter = isFilter, IsName = name => Find(RootOf(name)) is not null };
        if (!Expression.TryCompile(text, options, out Expression? expression, out ExpressionError error)) throw ApiProblem.BadExpression(what, error);
        return new ItemCondition<T>(expression, clock, [.. expression.Names.Select(Resolve)]);

        (ItemField<T>, string) Resolve(string name)
        {
            if (Find(name) is { } whole) return (whole, "");
            string root = RootOf(name);
            ItemField<T> field = Find(root) ?? throw ApiProblem.UnknownName($"The {what} looks at '{root}', and there is no such field", Names);
            return (field, name[(root.Length + 1)..]);
        }
    }

    /// <summary>Whether an item has this value at this path. Numbers are compared as numbers, everything else as text; <c>*</c> and <c>?</c> are wildcards. In lists, any element will do.</summary>
    internal bool Matches(T item, string path, string pattern)
    {
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        string root = dot < 0 ? path : path[..dot];
        ItemField<T> field = Find(root) ?? throw ApiProblem.UnknownName($"A selector can't look at '{root}'", Names);
        using JsonDocument value = Render(field, item);
        return ItemJson.AnyMatches(value.RootElement, dot < 0 ? "" : path[(dot + 1)..], pattern);
    }

    private static string RootOf(string path) => path.IndexOf('.', StringComparison.Ordinal) is var dot && dot < 0 ? path : path[..dot];

    private ItemField<T>? Find(string name) => Array.Find(_fields, field => field.Name == name);

    private IEnumerable<ItemField<T>> FieldsOf(string name)
    {
        if (name.Contains('*', StringComparison.Ordinal)) return _fields.Where(field => Wildcard.IsMatch(field.Name, name));
        return [Find(name) ?? throw ApiProblem.UnknownName($"There is no field '{name}'", Names)];
    }

    private static JsonDocument Render(ItemField<T> field, T item)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) field.Write(json, item);
        return JsonDocument.Parse(buffer.WrittenMemory);
    }

    /// <summary>A choice of fields.</summary>
    internal sealed class Projection(IReadOnlyList<(ItemField<T> Field, string[] Members)> chosen)
    {
        /// <summary>Writes the chosen fields of an item as an object.</summary>
        internal void Write(Utf8JsonWriter json, T item)
        {
            json.WriteStartObject();
            foreach ((ItemField<T> field, string[] members) in chosen)
            {
                json.WritePropertyName(field.Name);
                if (members.Length == 0)
                {
                    field.Write(json, item);
                    continue;
                }
                using JsonDocument value = Render(field, item);
                ItemJson.WriteMembers(json, value.RootElement, members);
            }
            json.WriteEndObject();
        }
    }
}
