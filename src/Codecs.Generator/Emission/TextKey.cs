namespace Gateway.Codecs.Generator;

/// <summary>Short texts as numbers, so that a choice among many of them is a jump instead of a comparison after the other.</summary>
internal static class TextKey
{
    /// <summary>Longest text that has a key.</summary>
    private const int LengthMax = 7;

    /// <summary>The C# expression for the key of a text; see <c>Support.TextKey</c>.</summary>
    internal static string Of(Value text) => $"global::Gateway.Codecs.Reading.Support.TextKey({text.Span})";

    /// <summary>The key of a constant; null when it is no text or too long.</summary>
    internal static long? Of(Expr expr)
    {
        if (expr is not BytesExpr { Bytes.Length: <= LengthMax } text) return null;
        long key = (long)text.Bytes.Length << 56;
        for (int i = 0; i < text.Bytes.Length; i++) key |= (long)text.Bytes[i] << (8 * i);
        return key;
    }
}
