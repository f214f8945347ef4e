namespace Gateway.Codecs.Generator;

/// <summary>Items that only move the position through text.</summary>
internal sealed partial class SpecEmitter
{
    private void EmitMove(MoveItem move, Context c)
    {
        if (c.Columns)
        {
            EmitColumnMove(move, c);
            return;
        }
        if (move.Kind == "column") throw new SpecSyntaxException(Ids.Syntax, move.At, "'column' is for csv blocks");
        if (move.Kind == "skip while")
        {
            string set = move.Class.Length > 0 ? $"{ScanClass}.{SearchSet(move.Class)}" : Value.Literal(move.Marks[0]);
            Out.Line($"{c.Position} = {ScanClass}.SkipWhile({c.Span}, {c.Position}, {c.End}, {set});");
            return;
        }
        string at = _method.Int32("i");
        string length = move.Marks.Count == 1 ? move.Marks[0].Length.ToString(System.Globalization.CultureInfo.InvariantCulture) : _method.Int32("n");
        string call = move.Kind switch
        {
            "find class" => $"FindRun({c.Span}, {c.Position}, {c.End}, {ScanClass}.{SearchSet(move.Class)}, {(move.Count is null ? "1" : Int32(Emit(move.Count, c), move.At))})",
            "find last" => $"FindLast({c.Span}, {c.Position}, {c.End}, {Value.Literal(move.Marks[0])})",
            _ when move.Marks.Count == 1 => $"Find({c.Span}, {c.Position}, {c.End}, {Value.Literal(move.Marks[0])})",
            _ => $"FindAny({c.Span}, {c.Position}, {c.End}, {PairsLiteral(move.Marks.ConvertAll(m => (m, System.Array.Empty<byte>())))}, out {length})",
        };
        Out.Line($"{at} = {ScanClass}.{call};");
        string behind = move.Kind is "find" or "find last" ? $" + {length}" : "";
        if (!move.OrSkip)
        {
            Out.Line($"if ({at} < 0) {FailMissing(c, move.Line)}");
            Out.Line($"{c.Position} = {at}{behind};");
            return;
        }
        // `skip until "x" or end` goes to the end, `find "x" or skip` stays.
        Out.Line($"if ({at} >= 0) {c.Position} = {at}{behind};");
        if (move.Kind == "skip until") Out.Line($"else {c.Position} = {c.End};");
    }

    private static string SearchSet(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1) + "s";
}
