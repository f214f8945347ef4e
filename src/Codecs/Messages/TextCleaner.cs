using System.Text.Unicode;

namespace Gateway.Codecs;

/// <summary>Makes any bytes a text that can be stored: valid UTF-8 without C0 control characters. What is not UTF-8 is taken as ISO-8859-1.</summary>
internal static class TextCleaner
{
    /// <summary>Whether the bytes can be stored as they are.</summary>
    public static bool IsClean(ReadOnlySpan<byte> text) =>
        text.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7F) < 0
        || (text.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0 && Utf8.IsValid(text));

    /// <summary>Writes the cleaned text.</summary>
    /// <param name="text">Any bytes.</param>
    /// <param name="output">At least twice as long.</param>
    /// <returns>Bytes written.</returns>
    public static int Clean(ReadOnlySpan<byte> text, Span<byte> output)
    {
        bool isUtf8 = Utf8.IsValid(text);
        int length = 0;
        foreach (byte b in text)
        {
            if (b < 0x20) continue;
            if (b >= 0x80 && !isUtf8)
            {
                output[length++] = (byte)(0xC0 | b >> 6);
                output[length++] = (byte)(0x80 | b & 0x3F);
            }
            else output[length++] = b;
        }
        return length;
    }

    /// <summary>Writes a name that was put together at run time.</summary>
    /// <param name="name">Characters outside letters, digits, <c>. _ -</c> in its suffix become <c>_</c>; the whole is cut at <see cref="NameBytesMax"/>.</param>
    /// <param name="output"><see cref="NameBytesMax"/> or more.</param>
    /// <returns>Bytes written.</returns>
    public static int FormatName(scoped ParameterName name, Span<byte> output)
    {
        output = output[..NameBytesMax];
        int length = Math.Min(name.Prefix.Length, NameBytesMax);
        name.Prefix[..length].CopyTo(output);
        if (name.HasNumber)
            return name.Number.TryFormat(output[length..], out int digits, default, System.Globalization.CultureInfo.InvariantCulture) ? length + digits : length;

        foreach (byte b in name.Suffix)
        {
            if (length == NameBytesMax) break;
            bool isLetterOrDigit = (uint)((b | 0x20) - 'a') < 26 || (uint)(b - '0') < 10;
            output[length++] = isLetterOrDigit || b is (byte)'.' or (byte)'_' or (byte)'-' ? b : (byte)'_';
        }
        return length;
    }

    /// <summary>Longest name in bytes.</summary>
    public const int NameBytesMax = 128;
}
