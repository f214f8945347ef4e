using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Devices;

/// <summary>When two idents are the same device: the ident that a user typed, and the one that the device sends.</summary>
/// <remarks>
/// Users copy an IMEI from a label, protocols carry it as text, BCD or a number: zeros in front come and go, letters of a serial number change their case.
/// So an ident of digits alone is compared without the zeros in front, and letters A to Z are compared without their case. Nothing else is changed.
/// </remarks>
internal static class IdentRule
{
    /// <summary>The rule in words, for schemas and errors.</summary>
    internal const string Description =
        "What the device calls itself: 1 to 64 bytes of printable characters without spaces, #, + and /. Two idents are the same when they differ in the case of letters only, or, when they are digits alone, in zeros in front only.";

    /// <summary>Longest normal form in characters.</summary>
    internal const int LengthMax = Session.IdentBytesMax;

    /// <summary>What is wrong with an ident that a user gives; null when nothing is.</summary>
    internal static string? ProblemOf(string ident)
    {
        if (ident.Length is 0 or > LengthMax || Encoding.UTF8.GetByteCount(ident) > Session.IdentBytesMax) return $"configuration.ident must have 1 to {Session.IdentBytesMax} bytes.";
        foreach (char c in ident)
            if (c <= ' ' || c == 0x7F || c is '#' or '+' or '/') return "configuration.ident must have printable characters without spaces, #, + and /.";
        return null;
    }

    /// <summary>The normal form of an ident.</summary>
    internal static string Normalize(string ident)
    {
        Span<char> normal = stackalloc char[LengthMax];
        ident.CopyTo(normal);
        return Normalize(normal[..ident.Length]).ToString();
    }

    /// <summary>The normal form of an ident as a device sent it.</summary>
    /// <param name="ident">UTF-8, at most <see cref="Session.IdentBytesMax"/> bytes.</param>
    /// <param name="scratch">Room for <see cref="LengthMax"/> characters.</param>
    /// <returns>Part of <paramref name="scratch"/>; empty when the ident is too long.</returns>
    internal static ReadOnlySpan<char> Normalize(ReadOnlySpan<byte> ident, Span<char> scratch) =>
        ident.Length > Session.IdentBytesMax || !Encoding.UTF8.TryGetChars(ident, scratch, out int length) ? default : Normalize(scratch[..length]);

    private static ReadOnlySpan<char> Normalize(Span<char> ident)
    {
        bool isNumber = true;
        for (int i = 0; i < ident.Length; i++)
        {
            if (char.IsAsciiDigit(ident[i])) continue;
            isNumber = false;
            ident[i] = char.IsAsciiLetterUpper(ident[i]) ? (char)(ident[i] | 0x20) : ident[i];
        }
        int zeros = 0;
        while (isNumber && zeros < ident.Length - 1 && ident[zeros] == '0') zeros++;
        return ident[zeros..];
    }
}
