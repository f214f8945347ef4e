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

    // The documented form, and the one that generic HTTP clients and Prometheus send.
    private static readonly string[] s_prefixes = ["FlespiToken ", "Bearer "];

    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A new random key.</summary>
    public static string Make() => RandomNumberGenerator.GetString(Letters, MadeLength);

    /// <summary>Takes the bare key from what a client shows: the key itself, <c>FlespiToken KEY</c> or <c>Bearer KEY</c> (any case, any number of spaces).</summary>
    /// <returns>Empty when nothing usable is there.</returns>
    public static ReadOnlySpan<char> Bare(ReadOnlySpan<char> shown)
    {
        shown = shown.Trim();
        foreach (string prefix in s_prefixes)
        {
            if (!shown.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) continue;
            shown = shown[prefix.Length..].Trim();
            break;
        }
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

    /// <summary>SHA-256 of the key's UTF-8 bytes.</summary>
    public static TokenHash Hash(ReadOnlySpan<char> key)
    {
        Span<byte> bytes = stackalloc byte[LengthMax * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        int length = Encoding.UTF8.GetBytes(key, bytes);
        SHA256.HashData(bytes[..length], hash);
        CryptographicOperations.ZeroMemory(bytes);
        return new TokenHash(hash);
    }
}
