using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>Tables: rows chosen by an id, as data where there are many plain ones, as a jump table otherwise.</summary>
internal sealed partial class SpecEmitter
{
    private sealed class TableUse
    {
        internal string Method = "";
        internal TableNode Table = null!;
        internal List<ValueType> Types = [];

        /// <summary>The rows take columns of the caller's line.</summary>
        internal ColumnTable? Columns;
        internal byte[]? NotAvailable;
    }

    private static bool SameBytes(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.SequenceEqual(b);

    private TableUse RequestTable(TableNode table, List<ValueType> types, Place at, Context c)
    {
        byte[]? separators = c.Columns ? c.Table!.Separators : null;
        byte[]? notAvailable = c.Columns ? c.NotAvailable : null;
        types = types.ConvertAll(t => t == ValueType.Time ? ValueType.Integer : t);
        TableUse? known = _tables.Find(u => u.Table == table && u.Types.SequenceEqual(types) && SameBytes(u.Columns?.Separators, separators) && SameBytes(u.NotAvailable, notAvailable));
        if (known is not null) return known;
        if (types.Contains(ValueType.Hex)) throw new SpecSyntaxException(Ids.Type, at, "a table takes numbers and text");
        TableUse use = new() { Table = table, Types = types, NotAvailable = notAvailable, Method = $"Table{_tables.Count + 1}_{Identifier(table.Name)}<TSink>" };
        if (separators is not null) use.Columns = new ColumnTable { Start = "columnsFrom", Taken = "columnsTaken", Separators = separators, Cursor = separators.Length == 1 ? "cursor" : "" };
        _tables.Add(use);
        return use;
    }

    private static bool IsPlainRow(TableRowNode row) =>
        row is { IsDefault: false, Condition: null, Keys.Count: 1, Body.Count: 1 } && row.Keys[0] is (NumberExpr { IsReal: false }, null)
        && row.Body[0] is FieldItem { Condition: null, Enum: null, Bits.Count: 0, Default: null, Terminator: null, Targets.Count: 1, Name: "" } field
        && field.None.Count <= 1 && field.None.All(n => n is NumberExpr) && field.Targets[0].Name.IndexOf('{') < 0 && field.Targets[0].Name != "ident"
        && field.Ops.All(o => o.Operand is NumberExpr && o.Kind is OpKind.Multiply or OpKind.Divide or OpKind.Add or OpKind.Subtract);

    /// <summary>A method for a table: plain rows as data when there are many of them, the others as a switch.</summary>
    private CodeWriter EmitTable(TableUse use)
    {
        MethodBody method = new();
        _method = method;
        TableNode table = use.Table;
        List<TableRowNode> plain = table.Rows.Where(IsPlainRow).ToList();
        plain = plain.Where(r => r.Body[0] is FieldItem f && (TryIntegerType(f.Type.Name, out _, out _, out _) || f.Type.Name == "bool") && _parameters.TryFind(f.Targets[0].Name, out ParameterTable.Entry e, out _) && e.Type is "number" or "boolean").ToList();
        // The data is asked first, so an id that other rows share stays with them, in their order.
        plain = plain.Where(r => !table.Rows.Exists(x => x != r && x.Keys.Exists(k => Covers(k, ((NumberExpr)r.Keys[0].From).Integer)))).ToList();
        // A jump table of many small bodies costs more JIT time and instruction cache than data does.
        bool asData = plain.Count > 12 && use.Types[0] == ValueType.Integer && use.Columns is null;
        if (!asData) plain = [];

        List<string> parameters = [];
        Scope scope = new(null);
        List<string> names = table.Parameters.Count > 0 ? table.Parameters : ["id"];
        for (int i = 0; i < names.Count; i++)
        {
            string local = $"a{i}_{Identifier(names[i])}";
            ValueType type = use.Types[i];
            parameters.Add($"{(type switch { ValueType.Bytes => "global::System.ReadOnlySpan<byte>", ValueType.Real => "double", ValueType.Boolean => "bool", _ => "long" })} {local}");
            scope.Set(names[i], type == ValueType.Bytes ? Value.OfBytes(local, "0", $"{local}.Length") : Value.Of(type, local));
        }
        Context c = new() { Scope = scope, Fail = (_, _) => "return false;", StopStatement = "return true;", InTable = true, Sized = "sized", HasSink = true };
        if (use.Columns is not null)
        {
            (c.Columns, c.Table, c.NotAvailable, c.Sized) = (true, use.Columns, use.NotAvailable, null);
            if (use.Columns.Separators.Length == 1) parameters.Add("ref global::Gateway.Codecs.Reading.FieldCursor cursor");
            parameters.Add("int columnsFrom");
            parameters.Add("ref int columnsTaken");
        }
        Value selector = scope.Find(names[0])!;
        HashSet<string> seen = [];
        TableRowNode? other = null;
        Out.Indent = 2;
        List<TableRowNode> coded = [];
        foreach (TableRowNode row in table.Rows)
        {
            if (row.IsDefault && row.Condition is null)
            {
                if (other is not null) Report(new SpecSyntaxException(Ids.Unreachable, row.At, "this row can never match: another row '*' stands above it"));
                other ??= row;
                continue;
            }
            if (row.Condition is null && row.Keys.All(k => k.To is null))
            {
                foreach ((Expr key, _) in row.Keys)
                {
                    string text = key is BytesExpr bytes ? System.Convert.ToBase64String(bytes.Bytes) : ConstantOf(key, c)?.ToString(CultureInfo.InvariantCulture) ?? "";
                    if (text.Length > 0 && !seen.Add(text)) Report(new SpecSyntaxException(Ids.Unreachable, row.At, "this row can never match: its id stands in a row above"));
                }
            }
            if (!plain.Contains(row)) coded.Add(row);
        }
        if (use.Types[0] is ValueType.Integer or ValueType.Bytes && TryGroup(coded, use.Types[0] == ValueType.Bytes, c, out List<(List<long> Keys, List<TableRowNode> Rows)> groups))
        {
            // Rows of constant ids become a jump table; rows of one id keep their order.
            if (groups.Count > 0)
            {
                Out.Open($"switch ({(use.Types[0] == ValueType.Bytes ? TextKey.Of(selector) : selector.Code)})");
                foreach ((List<long> keys, List<TableRowNode> rows) in groups)
                {
                    Out.Hidden();
                    foreach (long key in keys) Out.Line($"case {Value.Literal(key)}:");
                    Out.Indent++;
                    foreach (TableRowNode row in rows) EmitRow(row, null, c, names);
                    Out.Line("break;");
                    Out.Indent--;
                }
                Out.Close();
            }
        }
        else
        {
            foreach (TableRowNode row in coded) EmitRow(row, row.IsDefault ? "true" : EmitChoices(selector, row.Keys, row.At, c), c, names);
        }
        if (other is not null) EmitItems(other.Body, Row(c, other, names));

        CodeWriter code = new() { Indent = 1 };
        if (asData) EmitRowData(code, _tables.IndexOf(use), plain, c);
        code.Hidden();
        string signature = $"(global::System.ReadOnlySpan<byte> m, ref int p, int e, bool sized{string.Concat(parameters.Select(x => ", " + x))}, {_sessionClass} s, ref TSink sink, global::Gateway.Codecs.ReplyWriter reply) where TSink : struct, global::Gateway.Codecs.IParameterSink";
        string name = use.Method;
        if (asData)
        {
            // The usual id is found in the data; the other rows, with their locals, are a method of their own.
            name = use.Method.Replace("<TSink>", "_Coded<TSink>");
            string passed = string.Concat(parameters.Select(x => ", " + x.Substring(x.LastIndexOf(' ') + 1)));
            code.Line($"private static bool {use.Method}{signature} =>");
            code.Line($"    s_rows{_tables.IndexOf(use)}.TryPut({selector.Code}, m, ref p, e, sized, ref sink) || {name.Replace("<TSink>", "")}(m, ref p, e, sized{passed}, s, ref sink, reply);");
            code.Line("");
            code.Line("[global::System.Runtime.CompilerServices.MethodImpl(global::System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]");
        }
        code.Line($"private static bool {name}{signature}");
        code.Open();
        Outliner outliner = new(name.Replace("<TSink>", ""), _sessionClass, isStatus: false, [("int", "p"), ("int", "e"), ("bool", "sized"), .. parameters.Select(x => (x.Substring(0, x.LastIndexOf(' ')).Replace("ref ", ""), x.Substring(x.LastIndexOf(' ') + 1)))]);
        List<string> locals = [.. method.Locals];
        string body = HasErrors ? method.Code.ToString() : outliner.Split(method.Code.ToString(), locals);
        foreach (string local in locals) code.Line(local);
        code.Append(body);
        code.Hidden();
        code.Line("return true;");
        code.Close();
        foreach (string part in outliner.Methods) code.Line("").Append(part);
        return code;
    }

    private static bool Covers((Expr From, Expr? To) key, long id) =>
        key.From is not NumberExpr from || (key.To is null ? from.Integer == id : key.To is not NumberExpr to || (id >= from.Integer && id <= to.Integer));

    private void EmitRow(TableRowNode row, string? keys, Context c, List<string> names)
    {
        try
        {
            Out.Spec(row.At.Line, _file);
            Context inner = Row(c, row, names);
            string? when = row.Condition is null ? null : Bool(Emit(row.Condition, inner), row.At);
            string? test = keys is null ? when : when is null ? keys : $"{keys} && {when}";
            Out.Open(test is null ? "" : $"if ({test})");
            EmitItems(row.Body, inner);
            Out.Line("return true;");
            Out.Close();
        }
        catch (SpecSyntaxException e)
        {
            Report(e);
        }
    }

    /// <summary>Groups rows by id. False when an id is no constant, a range is wide, a text is long, or a row has no id.</summary>
    private bool TryGroup(List<TableRowNode> rows, bool isText, Context c, out List<(List<long> Keys, List<TableRowNode> Rows)> groups)
    {
        const int rangeMax = 32;
        groups = [];
        SortedDictionary<long, List<TableRowNode>> byKey = [];
        foreach (TableRowNode row in rows)
        {
            if (row.IsDefault) return false;
            foreach ((Expr from, Expr? to) in row.Keys)
            {
                long? constant = isText ? TextKey.Of(from) : ConstantOf(from, c);
                if (constant is not long first || (to is null ? first : isText ? null : ConstantOf(to, c)) is not long last || last - first >= rangeMax) return false;
                for (long key = first; key <= last; key++)
                {
                    if (!byKey.TryGetValue(key, out List<TableRowNode>? list)) byKey[key] = list = [];
                    if (!list.Contains(row)) list.Add(row);
                }
            }
        }
        foreach (KeyValuePair<long, List<TableRowNode>> entry in byKey)
        {
            int same = groups.FindIndex(g => g.Rows.SequenceEqual(entry.Value));
            if (same >= 0) groups[same].Keys.Add(entry.Key);
            else groups.Add(([entry.Key], entry.Value));
        }
        return true;
    }

    // In a row the size of the value is known as `len` unless the table names one of its own.
    private static Context Row(Context c, TableRowNode row, List<string> names)
    {
        Context inner = Inner(c);
        if (!names.Contains("len")) inner.Scope.Set("len", Value.Of(ValueType.Integer, "(e - p)"));
        // Only a row of one single number may be wider or narrower than it says.
        if (row.Body.Count != 1 || row.Body[0] is not FieldItem) inner.Sized = null;
        return inner;
    }

    private void EmitRowData(CodeWriter code, int index, List<TableRowNode> rows, Context c)
    {
        code.Line($"private static readonly global::Gateway.Codecs.Reading.RowTable s_rows{index} = new(");
        code.Line("[");
        code.Indent++;
        foreach (TableRowNode row in rows.OrderBy(r => ((NumberExpr)r.Keys[0].From).Integer))
        {
            FieldItem field = (FieldItem)row.Body[0];
            Target target = field.Targets[0];
            try
            {
                _parameters.TryFind(target.Name, out ParameterTable.Entry entry, out int number);
                _used.Add(target.Name);
                Linear linear = new();
                foreach (Op op in field.Ops)
                {
                    double k = ConstantReal(op.Operand, c)!.Value;
                    if (op.Kind == OpKind.Multiply) linear.Times(k);
                    else if (op.Kind == OpKind.Divide) linear.Over(k);
                    else linear.Add += op.Kind == OpKind.Add ? k : -k;
                }
                linear = Convert(target, entry, linear);
                bool signed = false, little = _spec.LittleEndian;
                int width = 1;
                if (field.Type.Name != "bool") TryIntegerType(field.Type.Name, out width, out signed, out little);
                int described = AddField(row.At.Line, "", field.Type.Name, target.Name, target.Unit, linear, !little);
                string none = field.None.Count == 1 ? Value.Literal(ConstantOf(field.None[0], c) ?? 0) : "long.MinValue";
                code.Line($"new({((NumberExpr)row.Keys[0].From).Integer}, {entry.Number | number << 16}, {width}, {(signed ? "true" : "false")}, {(little ? "true" : "false")}, {(entry.Type == "boolean" ? "true" : "false")}, {Value.Literal(linear.Multiply)}, {Value.Literal(linear.Divide)}, {Value.Literal(linear.Add)}, {none}, {described}),");
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
        }
        code.Indent--;
        code.Line("]);");
    }
}
