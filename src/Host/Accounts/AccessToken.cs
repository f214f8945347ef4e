using System.Security.Cryptography;
using System.Text;

namespace Gateway.Host.Accounts;

/// <summary>Makes, cleans and hashes the keys that clients show.</summary>
internal static class AccessToken
{
    /// <summary>Longest key in characters; longer ones are refused unread.</summary>
    public const int LengthMax = 256;

    /// <summary>Letters of a made key. 64 of 62 kinds carry 381 bits, so that a plain hash can't be searched.</summary>
    private const int MadeLength = 64;

    private const string Prefix = "FlespiToken ";
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A new random key.</summary>
    public static string Make() => RandomNumberGenerator.GetString(Letters, MadeLength);

    /// <summary>Takes the bare key from what a client shows: the key itself, or <c>FlespiToken KEY</c> (any case, any number of spaces).</summary>
    /// <returns>Empty when nothing usable is there.</returns>
    public static ReadOnlySpan<char> Bare(ReadOnlySpan<char> shown)
    {
        shown = shown.Trim();
        if (shown.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) shown = shown[Prefix.Length..].Trim();
        return shown.Length > LengthMax ? default : shown;
    }

    /// <summary>Whether a key can be configured: 1 to <see cref="LengthMax"/> visible ASCII characters.</summary>
    public static bool IsAcceptable(ReadOnlySpan<char> key)
    {
        if (key.Length is 0 or > LengthMax) return false;
        foreach (char c in key)
            if (c is <= ' ' or > '~') return false;
        return true;
    }

    /// <summary>SHA-256 of the key's UTF-8 bytes: 32 bytes.</summary>
    public static void Hash(ReadOnlySpan<char> key, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[LengthMax * 3];
        int length = Encoding.UTF8.GetBytes(key, bytes);
        SHA256.HashData(bytes[..length], hash);
        CryptographicOperations.ZeroMemory(bytes);
    }
}
