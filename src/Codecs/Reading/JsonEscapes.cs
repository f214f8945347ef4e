using System.Text;

namespace Gateway.Codecs.Reading;

/// <summary>The escapes of JSON strings.</summary>
internal static class JsonEscapes
{
    /// <summary>Replaces the escapes of a string; the result lies in the session's workspace, and is the string itself when that is full.</summary>
    public static ReadOnlySpan<byte> Replace(Session session, ReadOnlySpan<byte> text)
    {
        Span<byte> target = session.Rent(text.Length);
        if (target.IsEmpty) return text;
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                target[length++] = text[i];
                continue;
            }
            i++;
            if (text[i] == 'u' && Unit(text, i + 1) is int unit and >= 0)
            {
                i += 4;
                Rune rune = Rune.ReplacementChar;
                if (!char.IsSurrogate((char)unit)) rune = new Rune((char)unit);
                else if (char.IsHighSurrogate((char)unit) && i + 2 < text.Length && text[i + 1] == '\\' && text[i + 2] == 'u' && Unit(text, i + 3) is int low and >= 0 && char.IsLowSurrogate((char)low))
                {
                    rune = new Rune((char)unit, (char)low);
                    i += 6;
                }
                // Six bytes of an escape hold the three that a rune of one unit needs, twelve the four of a pair.
                length += rune.EncodeToUtf8(target[length..]);
                continue;
            }
            target[length++] = text[i] switch { (byte)'n' => 10, (byte)'r' => 13, (byte)'t' => 9, (byte)'b' => 8, (byte)'f' => 12, byte other => other };
        }
        return target[..length];
    }

    private static int Unit(ReadOnlySpan<byte> text, int at) =>
        text.Length - at >= 4 && Text.TryHex(text.Slice(at, 4), out long unit) ? (int)unit : -1;
}
