namespace Gateway.Codecs.Reading;

/// <summary>The encoding of form values and queries: <c>%HH</c> for a byte, plus for a space.</summary>
public static class UrlText
{
    /// <summary>Decodes a value; the result is the value itself when nothing in it is encoded, else it lies in the session's workspace.</summary>
    public static ReadOnlySpan<byte> Decode(Session session, ReadOnlySpan<byte> text)
    {
        if (text.IndexOfAny((byte)'%', (byte)'+') < 0) return text;
        Span<byte> target = session.Rent(text.Length);
        if (target.IsEmpty) return text;
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte b = text[i];
            if (b == '+') b = (byte)' ';
            else if (b == '%' && text.Length - i > 2 && Text.TryHex(text.Slice(i + 1, 2), out long value))
            {
                b = (byte)value;
                i += 2;
            }
            target[length++] = b;
        }
        return target[..length];
    }
}
