using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary><c>walk</c>: items that lead from the first byte of a frame to its end, read anew when more bytes are there.</summary>
internal sealed partial class SpecEmitter
{
    private bool _walking;

    // Where in the frame a text stands that is read in its decoded form: start and length.
    private string? _origin;

    private void EmitWalkRule(FrameRule rule, Context c)
    {
        int max = _spec.FrameBytesMax;
        string position = _method.Int32("w");
        string end = $"W{_method.NextNumber()}";
        string wait = $"return {FramingClass}.Unfinished(s, skip, f.Length, {max});";
        Out.Line($"{position} = 0;");
        Context walk = Inner(c);
        walk.Position = position;
        walk.Walk = true;
        walk.Fail = (status, _) => status == "Truncated" ? wait : $"return {Result}.Malformed;";
        walk.Need = bytes => $"if (f.Length < {bytes}) {wait}";
        walk.StopStatement = $"goto {end};";
        _walking = true;
        Out.Open();
        EmitItems(rule.Items, walk);
        Out.Close();
        _walking = false;
        Out.Line($"{end}: ;");
        Out.Line($"if ({position} < 1) return {Result}.Malformed;");
        Out.Line($"if ({position} > {max}) return {Result}.TooLong;");
        Out.Line($"int length = {position};");
        Out.Line("int taken = length;");
    }

    private bool CanWalk(List<Item> items, Context c)
    {
        bool can = true;
        foreach (Item item in items)
        {
            try
            {
                CheckWalk(item, c);
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
                can = false;
            }
        }
        return can;
    }

    /// <summary>A walk finds a frame's end and does nothing else; it also does not know the end before it is there.</summary>
    private static void CheckWalk(Item item, Context c)
    {
        switch (item)
        {
            case FieldItem { Targets.Count: 0, Enum: null } field when field.Bits.TrueForAll(b => b.Targets.Count == 0 && b.Enum is null):
                if ((field.Type.Rest || field.Type.Name == "rest") && IsEndless(c)) throw Endless(item.At);
                return;
            case BlockItem { Kind: "repeat", Argument: null }:
                if (IsEndless(c)) throw Endless(item.At);
                return;
            case BlockItem { Kind: "tlv" }:
                if (IsEndless(c)) throw new SpecSyntaxException(Ids.Bounds, item.At, "'tlv' goes on to the end of its block, which a walk looks for; put it into 'within n', or write 'repeat while' with the fields of an item");
                return;
            case BlockItem { Kind: "if" or "repeat" or "repeat while" or "for" or "within" or "at" or "scan" or "bitfield" }:
            case LiteralItem or ConstItem or LetItem or MarkItem or RejectItem or SwitchItem or UseItem or MoveItem:
                return;
            default:
                throw new SpecSyntaxException(Ids.Syntax, item.At, "a walk only finds where the frame ends: fields without targets, const, skip, let, if, switch, repeat, within, reject and stop; what the frame means is said in its message");
        }
    }

    private static bool IsEndless(Context c) => c.End == "f.Length";

    private static SpecSyntaxException Endless(Place at) =>
        new(Ids.Bounds, at, "a walk does not know the frame's end before it is there; say how many bytes or how often, or what ends it: repeat while u8@pos != 0x5D");

    // Text that is searched for may come with the next bytes.
    private static string FailMissing(Context c, int line) => c.Fail(c.Walk ? "Truncated" : "Malformed", line);
}
