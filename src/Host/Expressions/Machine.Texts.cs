using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Expressions;

// Functions of texts. Characters are Unicode's, texts are UTF-8; what is put together is in the scratch.
internal ref partial struct Machine
{
    private readonly Value CallText(FunctionId function, ReadOnlySpan<Value> arguments)
    {
        if (!TryText(in arguments[0], out ReadOnlySpan<byte> text)) return Value.Null;
        switch (function)
        {
            case FunctionId.StrLen: return Value.Of((double)Characters(text));
            case FunctionId.Lower or FunctionId.Upper: return ChangeCase(function, text);
            case FunctionId.Trim: return Keep(text.Trim(" \t\r\n"u8));
            case FunctionId.SubStr: return SubText(text, arguments);
        }

        if (!TryText(in arguments[1], out ReadOnlySpan<byte> part)) return Value.Null;
        return function switch
        {
            FunctionId.StrPos => text.IndexOf(part) is var at && at < 0 ? Value.Of(-1.0) : Value.Of((double)Characters(text[..at])),
            FunctionId.Contains => Value.Of(text.IndexOf(part) >= 0),
            FunctionId.StartsWith => Value.Of(text.StartsWith(part)),
            FunctionId.EndsWith => Value.Of(text.EndsWith(part)),
            _ => TryText(in arguments[2], out ReadOnlySpan<byte> other) ? Replace(text, part, other) : Value.Null,
        };
    }

    private static int Characters(ReadOnlySpan<byte> text)
    {
        int count = 0;
        for (int at = 0; at < text.Length; at = Mask.NextCharacter(text, at)) count++;
        return count;
    }

    private readonly Value SubText(ReadOnlySpan<byte> text, ReadOnlySpan<Value> arguments)
    {
        int length = Characters(text);
        double count = length;
        if (!TryNumber(in arguments[1], out double start) || (arguments.Length > 2 && !TryNumber(in arguments[2], out count))) return Value.Null;
        start = Math.Truncate(start);
        if (start < 0) start = Math.Max(0, length + start);
        int first = (int)Math.Min(start, length);
        int rest = (int)Math.Clamp(Math.Truncate(count), 0, length - first);
        int from = Skip(text, 0, first);
        return Keep(text[from..Skip(text, from, rest)]);

        static int Skip(ReadOnlySpan<byte> text, int at, int characters)
        {
            for (; characters > 0; characters--) at = Mask.NextCharacter(text, at);
            return at;
        }
    }

    private readonly Value ChangeCase(FunctionId function, ReadOnlySpan<byte> text)
    {
        if (text.Length > Expression.TextBytesMax) return Value.Null;
        // A letter and its other case may differ in length.
        Span<byte> room = _scratch.Room(text.Length * 3);
        int length = 0;
        while (text.Length > 0)
        {
            Rune.DecodeFromUtf8(text, out Rune rune, out int used);
            rune = function is FunctionId.Lower ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune);
            length += rune.EncodeToUtf8(room[length..]);
            text = text[used..];
        }
        return length > Expression.TextBytesMax ? Value.Null : _scratch.Keep(length);
    }

    private readonly Value Replace(ReadOnlySpan<byte> text, ReadOnlySpan<byte> part, ReadOnlySpan<byte> other)
    {
        if (part.IsEmpty) return Keep(text);
        Span<byte> room = _scratch.Room(Expression.TextBytesMax);
        int length = 0;
        while (true)
        {
            int at = text.IndexOf(part);
            ReadOnlySpan<byte> plain = at < 0 ? text : text[..at];
            if (length + plain.Length + (at < 0 ? 0 : other.Length) > room.Length) return Value.Null;
            plain.CopyTo(room[length..]);
            length += plain.Length;
            if (at < 0) return _scratch.Keep(length);
            other.CopyTo(room[length..]);
            length += other.Length;
            text = text[(at + part.Length)..];
        }
    }

    private readonly Value Concat(ReadOnlySpan<Value> arguments)
    {
        // Numbers become texts in the scratch first, so that the result is in one piece behind them.
        Span<Value> texts = stackalloc Value[FunctionTable.ArgumentsMax];
        int length = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            texts[i] = ToText(in arguments[i]);
            length += texts[i].Length;      // lists and objects are null here, and null is empty
            if (length > Expression.TextBytesMax) return Value.Null;
        }
        Span<byte> room = _scratch.Room(length);
        int at = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (texts[i].Kind is not ValueKind.Text) continue;
            BytesOf(in texts[i]).CopyTo(room[at..]);
            at += texts[i].Length;
        }
        return _scratch.Keep(length);
    }
}
