namespace Gateway.Host.Expressions;

/// <summary>Compares texts with masks: <c>*</c> stands for any characters, <c>?</c> for any one.</summary>
internal static class Mask
{
    /// <summary>Longest mask in bytes; a longer one fits nothing.</summary>
    public const int BytesMax = 256;

    /// <summary>Longest text in bytes that is compared with a mask; a longer one fits none. With <see cref="BytesMax"/> it bounds the time.</summary>
    public const int TextBytesMax = Expression.TextBytesMax;

    /// <summary>Whether a mask fits the whole of a text, both UTF-8. Takes at most text × mask steps.</summary>
    public static bool IsMatch(ReadOnlySpan<byte> text, ReadOnlySpan<byte> mask)
    {
        if (text.Length > TextBytesMax || mask.Length > BytesMax) return false;
        // Greedy with one way back: after a failure only the last star takes one more character.
        int t = 0, m = 0, star = -1, starText = 0;
        while (t < text.Length)
        {
            if (m < mask.Length && mask[m] == '*')
            {
                star = m++;
                starText = t;
            }
            else if (m < mask.Length && mask[m] == '?')
            {
                t = NextCharacter(text, t);
                m++;
            }
            else if (m < mask.Length && mask[m] == text[t])
            {
                t++;
                m++;
            }
            else if (star >= 0)
            {
                m = star + 1;
                t = starText = NextCharacter(text, starText);
            }
            else return false;
        }
        return mask[m..].IndexOfAnyExcept((byte)'*') < 0;
    }

    /// <summary>Where the character behind the one at <paramref name="at"/> starts; what is no UTF-8 counts byte by byte or as part of the one before.</summary>
    public static int NextCharacter(ReadOnlySpan<byte> text, int at)
    {
        at++;
        while (at < text.Length && (text[at] & 0xC0) == 0x80) at++;
        return at;
    }
}
