using System.Globalization;

namespace Gateway.Host.Cli;

/// <summary>Reads the bytes that a user gives: hexadecimal digits, text with escapes, or standard input.</summary>
internal static class ByteInput
{
    /// <summary>Most bytes of one input.</summary>
    public const int BytesMax = 1024 * 1024;

    private const string Separators = " :-\t\r\n";

    /// <summary>Reads one argument: <c>-</c> for standard input, hex where every character is a digit or separator, else text.</summary>
    /// <exception cref="UsageException">Nothing is there, it is too long, or an escape is wrong.</exception>
    public static async Task<byte[]> ReadAsync(string argument, Stream standardInput, CancellationToken cancellationToken)
    {
        byte[] bytes = argument == "-" ? await ReadAllAsync(standardInput, cancellationToken).ConfigureAwait(false)
            : TryHex(argument, out byte[] hex) ? hex
            : Unescape(argument);
        if (bytes.Length == 0) throw new UsageException("no bytes were given.");
        return bytes;
    }

    /// <summary>As <see cref="ReadAsync"/>, and takes the name of a file: its bytes as they are, or hex where there is nothing but digits and separators in it.</summary>
    /// <exception cref="UsageException">Nothing is there, it is too long, or an escape is wrong.</exception>
    /// <exception cref="FailureException">The file can't be read.</exception>
    public static async Task<byte[]> ReadWithFilesAsync(string argument, Stream standardInput, CancellationToken cancellationToken)
    {
        if (!File.Exists(argument)) return await ReadAsync(argument, standardInput, cancellationToken).ConfigureAwait(false);
        try
        {
            using FileStream file = File.OpenRead(argument);
            return await ReadAsync("-", file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't read {argument}: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>Reads hexadecimal digits, with <c>0x</c> before them or separators between them as users copy them from logs.</summary>
    public static bool TryHex(string text, out byte[] bytes)
    {
        string digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        digits = string.Concat(digits.Where(c => !Separators.Contains(c, StringComparison.Ordinal)));
        bytes = [];
        if (digits.Length == 0 || digits.Length % 2 != 0 || digits.Length > BytesMax * 2 || !digits.All(char.IsAsciiHexDigit)) return false;
        bytes = Convert.FromHexString(digits);
        return true;
    }

    /// <summary>The bytes of a text: UTF-8, with <c>\r \n \t \0 \\ \xHH</c>.</summary>
    /// <exception cref="UsageException">Another escape, or too long.</exception>
    public static byte[] Unescape(string text)
    {
        if (text.Length > BytesMax) throw new UsageException($"at most {BytesMax} bytes can be decoded at once.");
        using MemoryStream bytes = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                int end = text.IndexOf('\\', i);
                if (end < 0) end = text.Length;
                bytes.Write(System.Text.Encoding.UTF8.GetBytes(text[i..end]));
                i = end - 1;
                continue;
            }
            char kind = ++i < text.Length ? text[i] : ' ';
            if (kind == 'x' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.WriteByte(value);
                i += 2;
                continue;
            }
            bytes.WriteByte(kind switch
            {
                'r' => (byte)'\r',
                'n' => (byte)'\n',
                't' => (byte)'\t',
                '0' => 0,
                '\\' => (byte)'\\',
                _ => throw new UsageException($"'\\{kind}' is no escape; there are \\r \\n \\t \\0 \\\\ \\xHH."),
            });
        }
        return bytes.ToArray();
    }

    private static async Task<byte[]> ReadAllAsync(Stream input, CancellationToken cancellationToken)
    {
        using MemoryStream bytes = new();
        byte[] buffer = new byte[64 * 1024];
        while (await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var read and > 0)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > BytesMax) throw new UsageException($"at most {BytesMax} bytes can be decoded at once.");
        }
        byte[] all = bytes.ToArray();
        bool isAscii = all.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)0x7E) < 0;
        return isAscii && TryHex(System.Text.Encoding.ASCII.GetString(all), out byte[] hex) ? hex : all;
    }
}
