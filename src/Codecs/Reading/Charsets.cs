using System.Text;

namespace Gateway.Codecs.Reading;

/// <summary>Text in charsets other than UTF-8 and its subsets.</summary>
public static class Charsets
{
    private const int TextBytesMax = 1024;

    private static readonly Encoding s_gbk = CodePagesEncodingProvider.Instance.GetEncoding(936)!;

    /// <summary>GBK (Chinese) as UTF-8, in the session's workspace; at most 1024 bytes, trailing NUL and blanks left out. Bytes that are none become question marks.</summary>
    public static ReadOnlySpan<byte> Gbk(Session session, ReadOnlySpan<byte> text)
    {
        text = Support.Trimmed(text[..Math.Min(text.Length, TextBytesMax)]);
        if (Ascii.IsValid(text)) return text;
        Span<char> characters = stackalloc char[TextBytesMax];
        int count = s_gbk.GetChars(text, characters);
        Span<byte> utf8 = session.Rent(count * 3);
        if (utf8.IsEmpty) return default;
        int length = Encoding.UTF8.GetBytes(characters[..count], utf8);
        session.Return(utf8.Length - length);
        return utf8[..length];
    }
}
