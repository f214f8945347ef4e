using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Host.Accounts;

/// <summary>SHA-256 of a key, as a key of dictionaries.</summary>
/// <remarks>
/// Where a dictionary looks depends on the hash of what a client showed, and so does its time. Nobody can steer that hash towards a stored one without finding preimages,
/// and equality itself takes the same time whatever the bytes are.
/// </remarks>
internal readonly struct TokenHash : IEquatable<TokenHash>
{
    private readonly ulong _a, _b, _c, _d;

    internal TokenHash(ReadOnlySpan<byte> bytes)
    {
        _a = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
    }

    /// <summary>Eight bytes of it, to tell keys apart.</summary>
    internal ulong Short => _a;

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    internal static TokenHash Parse(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        return bytes.Length == SHA256.HashSizeInBytes ? new TokenHash(bytes) : throw new FormatException($"its hash must have {SHA256.HashSizeInBytes} bytes.");
    }

    /// <inheritdoc />
    public bool Equals(TokenHash other) => ((_a ^ other._a) | (_b ^ other._b) | (_c ^ other._c) | (_d ^ other._d)) == 0;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is TokenHash other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => (int)_a;

    /// <summary>64 hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, _a);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], _b);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], _c);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], _d);
        return Convert.ToHexStringLower(bytes);
    }
}
