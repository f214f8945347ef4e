using System.Collections.Generic;
using System.Globalization;

namespace Gateway.Codecs.Generator;

internal enum ValueType
{
    Integer,
    Real,
    Boolean,
    /// <summary>Bytes or text of the frame: a span with start and length.</summary>
    Bytes,
    /// <summary>Bytes taken as hexadecimal text: start and length count digits.</summary>
    Hex,
    /// <summary>µs since 1970, or since midnight for a time of day.</summary>
    Time,
}

/// <summary>A value that generated code has at hand.</summary>
internal sealed class Value
{
    internal ValueType Type;

    /// <summary>C# expression; for bytes see <see cref="Base"/>.</summary>
    internal string Code = "";

    /// <summary>C# truth expression: whether the value is there. Null: always.</summary>
    internal string? Has;

    /// <summary>Known at compile time.</summary>
    internal long? Constant;

    /// <summary>For bytes and hex: the span, and where in it.</summary>
    internal string Base = "";
    internal string Start = "0";
    internal string Length = "0";
    internal byte[]? ConstantBytes;

    /// <summary>A name that `set` may change.</summary>
    internal bool Assignable;

    /// <summary>Where the value was read: index of the field, start and length as C# expressions.</summary>
    internal int Field = -1;
    internal string FieldStart = "0";
    internal string FieldLength = "0";

    internal string Span => ConstantBytes is not null ? Code : $"{Base}.Slice({Start}, {Length})";

    internal Value Copy() => (Value)MemberwiseClone();

    internal static Value Of(ValueType type, string code) => new() { Type = type, Code = code };

    internal static Value OfConstant(long value) => new() { Type = ValueType.Integer, Code = Literal(value), Constant = value };

    internal static Value OfBytes(string span, string start, string length) => new() { Type = ValueType.Bytes, Base = span, Start = start, Length = length };

    internal static Value OfConstant(byte[] bytes) =>
        new() { Type = ValueType.Bytes, Code = Literal(bytes), ConstantBytes = bytes, Base = Literal(bytes), Length = bytes.Length.ToString(CultureInfo.InvariantCulture) };

    internal static string Literal(long value) => value switch
    {
        long.MinValue => "long.MinValue",
        > int.MaxValue or < int.MinValue => value.ToString(CultureInfo.InvariantCulture) + "L",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    internal static string Literal(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.IndexOf('.') >= 0 || text.IndexOf('E') >= 0 ? text : text + ".0";
    }

    /// <summary>A span constant, as UTF-8 text where it can be read as such.</summary>
    internal static string Literal(byte[] bytes)
    {
        System.Text.StringBuilder text = new();
        foreach (byte b in bytes)
        {
            switch (b)
            {
                case 13: text.Append("\\r"); break;
                case 10: text.Append("\\n"); break;
                case (byte)'"' or (byte)'\\': text.Append('\\').Append((char)b); break;
                case >= 32 and < 127: text.Append((char)b); break;
                default:
                    return "((global::System.ReadOnlySpan<byte>)[" + string.Join(", ", System.Array.ConvertAll(bytes, x => x.ToString(CultureInfo.InvariantCulture))) + "])";
            }
        }
        return "\"" + text + "\"u8";
    }

    internal static string Quote(string text)
    {
        System.Text.StringBuilder quoted = new("\"");
        foreach (char c in text)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (c < 32) quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }
}

/// <summary>Names that are visible at a point of a spec.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, Value> _values = [];

    /// <summary>Arguments of a layout: what the caller gave, and the scope to read it in.</summary>
    internal Dictionary<string, (List<OutItem> Items, Scope Caller)> Arguments { get; } = [];

    internal Scope? Parent => parent;

    internal void Set(string name, Value value) => _values[name] = value;

    // The nearest meaning of a name counts: an argument hides what was read outside of the layout.
    internal Value? Find(string name) => _values.TryGetValue(name, out Value? value) ? value : Arguments.ContainsKey(name) ? null : parent?.Find(name);

    internal (List<OutItem> Items, Scope Caller)? FindArgument(string name) =>
        Arguments.TryGetValue(name, out (List<OutItem>, Scope) argument) ? argument : _values.ContainsKey(name) ? null : parent?.FindArgument(name);

    internal IEnumerable<KeyValuePair<string, Value>> Own => _values;

    internal IEnumerable<string> Names
    {
        get
        {
            for (Scope? scope = this; scope is not null; scope = scope.Parent)
            {
                foreach (string name in scope._values.Keys) yield return name;
                foreach (string name in scope.Arguments.Keys) yield return name;
            }
        }
    }
}

/// <summary>Where in the generated method an item is emitted: which span it reads, how it fails, what it sees.</summary>
internal sealed class Context
{
    internal Scope Scope = null!;
    internal string Span = "m";
    internal string Position = "p";
    internal string End = "e";

    /// <summary>Statement that leaves on failure: status and line are filled in.</summary>
    internal System.Func<string, int, string> Fail = null!;

    internal string StopStatement = "return global::Gateway.Codecs.DecodeStatus.Ok;";

    /// <summary>Items take columns, see <see cref="Table"/>.</summary>
    internal bool Columns;
    internal ColumnTable? Table;
    internal byte[]? NotAvailable;

    /// <summary>In an alternative of `one of`: a column of the wrong form fails it.</summary>
    internal bool StrictColumns;

    /// <summary>The whole element is one value (inside list).</summary>
    internal bool Element;

    /// <summary>Inside a row of a table that was called with a size.</summary>
    internal string? Sized;

    /// <summary>In a framing rule: the statement that leaves when fewer bytes are there than the given expression says.</summary>
    internal System.Func<string, string>? Need;

    /// <summary>Inside a walk: items that run out of bytes wait for more.</summary>
    internal bool Walk;

    /// <summary>The method has a sink that can be told what is looked at.</summary>
    internal bool HasSink;

    /// <summary>A command: nothing was received that could be looked at.</summary>
    internal bool Frameless;

    /// <summary>How many JSON blocks are around.</summary>
    internal int JsonDepth;

    internal bool InRecord;
    internal bool InTable;
    internal string? Bits;

    /// <summary>Numbers are those of a protobuf message.</summary>
    internal bool Protobuf;
    internal int Depth;

    internal Context Clone() => (Context)MemberwiseClone();
}

/// <summary>The text that a csv block reads, as C# names: where it starts, the number of columns taken, and its separators.</summary>
internal sealed class ColumnTable
{
    internal string Start = "";
    internal string Taken = "";
    internal byte[] Separators = [];

    /// <summary>The local that knows where the separators are, when there is one separator.</summary>
    internal string Cursor = "";

    /// <summary>How many lines of columns lie around this one; -1 where columns have no index.</summary>
    internal int Depth = -1;

    /// <summary>The local with the index of the columns, once something asked for a column by number.</summary>
    internal string? Index;

    /// <summary>The local that holds the number of columns, once something asked for it.</summary>
    internal string? Count;

    internal string Separator => Separators.Length == 1 ? Separators[0].ToString(CultureInfo.InvariantCulture) : Value.Literal(Separators);
}

/// <summary>A method under construction: its locals are declared at its top, so that every name is in scope wherever the spec can use it.</summary>
internal sealed class MethodBody
{
    private readonly List<string> _locals = [];
    private int _counter;

    internal CodeWriter Code { get; } = new();

    internal IEnumerable<string> Locals => _locals;

    internal int NextNumber() => ++_counter;

    internal string Local(string type, string initial, string hint)
    {
        string name = $"{hint}{++_counter}";
        _locals.Add($"{type} {name} = {initial};");
        return name;
    }

    internal string Integer(string hint = "v") => Local("long", "0", hint);

    internal string Int32(string hint = "i") => Local("int", "0", hint);

    internal string Boolean(string hint = "b") => Local("bool", "false", hint);

    internal string Span() => Local("global::System.ReadOnlySpan<byte>", "default", "u");

    internal string Real(string hint = "d") => Local("double", "0", hint);
}

/// <summary>Writes indented lines.</summary>
internal sealed class CodeWriter
{
    private readonly System.Text.StringBuilder _text = new();
    private int _line;

    internal int Indent { get; set; }

    internal CodeWriter Line(string text)
    {
        if (text.Length > 0) _text.Append(' ', Indent * 4).Append(text);
        _text.Append('\n');
        return this;
    }

    internal CodeWriter Open(string text = "")
    {
        if (text.Length > 0) Line(text);
        Line("{");
        Indent++;
        return this;
    }

    internal CodeWriter Close(string suffix = "")
    {
        Indent--;
        return Line("}" + suffix);
    }

    /// <summary>Maps what follows to a line of the spec.</summary>
    internal CodeWriter Spec(int line, string file)
    {
        // Lines of imported files have no number in this one.
        if (line > SpecCompiler.LinesPerFile) return Hidden();
        if (line == _line) return this;
        _line = line;
        _text.Append("#line ").Append(line).Append(" \"").Append(file).Append("\"\n");
        return this;
    }

    internal CodeWriter Hidden()
    {
        if (_line == 0) return this;
        _line = 0;
        _text.Append("#line hidden\n");
        return this;
    }

    /// <summary>A place to come back to with <see cref="Insert"/>.</summary>
    internal (int At, int Indent) Bookmark => (_text.Length, Indent);

    /// <summary>Writes a line at a bookmark. What was bookmarked behind it moves on.</summary>
    internal void Insert((int At, int Indent) bookmark, string text) => _text.Insert(bookmark.At, new string(' ', bookmark.Indent * 4) + text + "\n");
    /// <summary>Adds finished text, which may end with another line of the spec in force.</summary>
    internal CodeWriter Append(string text)
    {
        _text.Append(text);
        _line = -1;
        return this;
    }

    internal CodeWriter Append(CodeWriter other)
    {
        _text.Append(other._text);
        return this;
    }

    public override string ToString() => _text.ToString();
}
