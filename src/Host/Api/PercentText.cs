using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Host.Api;

/// <summary>Undoes percent-encoding as clients write it: in full, in part, or not at all.</summary>
internal static class PercentText
{
    // What only an encoder escapes that escapes the plus sign too, so that a bare plus beside it stands for a space.
    private static readonly string[] s_reserved = ["%3D", "%2C", "%26", "%3A", "%24", "%40", "%3B", "%2B", "%3F"];

    /// <summary>Decodes a segment of a path.</summary>
    /// <param name="raw">As it was sent, without slashes.</param>
    /// <param name="what">What it is, for the error.</param>
    /// <remarks>A plus sign is itself, except beside an escaped <c>=</c> or its like: form encoders write spaces so.</remarks>
    /// <exception cref="ApiProblem">The bytes are not UTF-8.</exception>
    internal static string DecodeSegment(ReadOnlySpan<char> raw, string what)
    {
        bool plusIsSpace = false;
        foreach (string reserved in s_reserved) plusIsSpace |= raw.Contains(reserved, StringComparison.OrdinalIgnoreCase);
        return Decode(raw, plusIsSpace, what);
    }

    /// <summary>Decodes a name or value of a query.</summary>
    /// <param name="raw">As it was sent.</param>
    /// <param name="what">What it is, for the error.</param>
    /// <remarks>A plus sign is a space, except in JSON typed by hand, where braces or quotes are not escaped, and beside a <c>%20</c>: who writes spaces so writes no plus for them.</remarks>
    /// <exception cref="ApiProblem">The bytes are not UTF-8.</exception>
    internal static string DecodeQuery(ReadOnlySpan<char> raw, string what) =>
        Decode(raw, !raw.ContainsAny("{\"") && !raw.Contains("%20", StringComparison.Ordinal), what);

    /// <summary>A percent sign without two digits behind it is itself.</summary>
    private static string Decode(ReadOnlySpan<char> raw, bool plusIsSpace, string what)
    {
        if (!raw.Contains('%') && !(plusIsSpace && raw.Contains('+'))) return raw.ToString();
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(raw.Length));
        try
        {
            int length = 0;
            for (int i = 0; i < raw.Length; i++)
            {
                char c = raw[i];
                if (c == '%' && i + 2 < raw.Length && char.IsAsciiHexDigit(raw[i + 1]) && char.IsAsciiHexDigit(raw[i + 2]))
                {
                    bytes[length++] = (byte)(HexOf(raw[i + 1]) << 4 | HexOf(raw[i + 2]));
                    i += 2;
                }
                else if (c == '+' && plusIsSpace) bytes[length++] = (byte)' ';
                else if (c < 0x80) bytes[length++] = (byte)c;
                else length += Encoding.UTF8.GetBytes(raw.Slice(i, 1), bytes.AsSpan(length));
            }
            ReadOnlySpan<byte> text = bytes.AsSpan(0, length);
            return Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw ApiProblem.BadRequest($"{what} is not UTF-8.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static int HexOf(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
