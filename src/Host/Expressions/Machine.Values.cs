using System.Globalization;
using System.Runtime.CompilerServices;
using Gateway.Codecs;

namespace Gateway.Host.Expressions;

// How kinds of values meet: conversions and comparisons.
internal ref partial struct Machine
{
    /// <summary>Bits of the integers that a double holds.</summary>
    private const int IntegerBits = 53;

    /// <summary>Longest text that is read as a number, bytes.</summary>
    private const int NumberTextBytesMax = 40;

    /// <summary>Bytes of a number as a text, at most.</summary>
    private const int NumberBytesMax = 32;

    private const int HexDigitsMax = 13;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool CompareName(in StoredValue value, Op op, double number)
    {
        if (value.Kind is not (ValueKind.Number or ValueKind.Boolean)) return CompareOther(in value, op, number);
        double left = value.Number;
        return op switch
        {
            Op.Equal => left == number,
            Op.NotEqual => left != number,
            Op.Less => left < number,
            Op.LessOrEqual => left <= number,
            Op.Greater => left > number,
            _ => left >= number,
        };
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly bool CompareOther(in StoredValue value, Op op, double number)
    {
        var left = Value.Of(in value);
        var right = Value.Of(number);
        return Combine(op, in left, in right).IsTrue;
    }

    private readonly bool AreEqual(in Value left, in Value right)
    {
        if (left.Kind is ValueKind.Null && right.Kind is ValueKind.Null) return true;
        // A long number is compared with texts as it was written: a double has fewer digits than the number of a SIM card.
        bool isWritten = (left.Kind, right.Kind) is (ValueKind.Text, ValueKind.Number) && right.Length > 0 || (left.Kind, right.Kind) is (ValueKind.Number, ValueKind.Text) && left.Length > 0;
        if (isWritten) return BytesOf(in left).SequenceEqual(BytesOf(in right));
        return TryOrder(in left, in right, out int order) && order == 0;
    }

    /// <summary>Compares two values; false for what can't be compared.</summary>
    private readonly bool TryOrder(in Value left, in Value right, out int order)
    {
        order = 0;
        if (left.Kind is ValueKind.Text && right.Kind is ValueKind.Text)
        {
            order = BytesOf(in left).SequenceCompareTo(BytesOf(in right));
            return true;
        }
        bool canBeNumbers = left.Kind is ValueKind.Number || right.Kind is ValueKind.Number || (left.Kind is ValueKind.Boolean && right.Kind is ValueKind.Boolean);
        if (!canBeNumbers || !TryNumber(in left, out double a) || !TryNumber(in right, out double b)) return false;
        order = a < b ? -1 : a > b ? 1 : 0;
        return true;
    }

    /// <summary>A value as a number.</summary>
    private readonly bool TryNumber(in Value value, out double number)
    {
        number = value.Number;
        if (value.Kind is ValueKind.Number or ValueKind.Boolean) return true;
        return value.Kind is ValueKind.Text && TryParse(BytesOf(in value), out number);
    }

    /// <summary>Reads a text as a number: decimal with sign, point and exponent, or <c>0x</c> and up to 13 digits.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out double number)
    {
        number = 0;
        if (text.Length is 0 or > NumberTextBytesMax) return false;
        if (text[0] == '0' && text.Length > 2 && (text[1] | 0x20) == 'x')
        {
            bool isHex = text.Length <= HexDigitsMax + 2 && long.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long bits) && (number = bits) >= 0;
            return isHex;
        }
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, styles, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }

    /// <summary>A value as a text; false for null, lists and objects.</summary>
    private readonly bool TryText(in Value value, out ReadOnlySpan<byte> text)
    {
        text = default;
        switch (value.Kind)
        {
            case ValueKind.Text:
                text = BytesOf(in value);
                return true;
            case ValueKind.Boolean:
                text = value.Number != 0 ? "true"u8 : "false"u8;
                return true;
            case ValueKind.Number:
                Value written = WriteNumber(value.Number);
                text = BytesOf(in written);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A number as a text: integers in full, others as the shortest decimal that reads back the same.</summary>
    private readonly Value WriteNumber(double number)
    {
        Span<byte> room = _scratch.Room(NumberBytesMax);
        int length;
        if (TryInteger(number, out long integer)) integer.TryFormat(room, out length, default, CultureInfo.InvariantCulture);
        else number.TryFormat(room, out length, "R", CultureInfo.InvariantCulture);
        return _scratch.Keep(length);
    }

    /// <summary>A double that is an integer of at most 53 bits.</summary>
    private static bool TryInteger(double number, out long integer)
    {
        bool isInteger = Math.Abs(number) < 1L << IntegerBits && Math.Truncate(number) == number;
        integer = isInteger ? (long)number : 0;
        return isInteger;
    }
}
