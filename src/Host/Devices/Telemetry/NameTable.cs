using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Devices.Telemetry;

/// <summary>Numbers for the names of parameters, so that devices remember four bytes in the place of a name: keys of the dictionary, and numbers below 0 for names that it has not.</summary>
/// <remarks>Any number of threads. Names are never forgotten; when <see cref="CountMax"/> are known, further ones get none. What is stored on disk are the names.</remarks>
internal sealed class NameTable
{
    /// <summary>Most names besides those of the dictionary.</summary>
    internal const int CountMax = 65_536;

    /// <summary>Longest name in bytes.</summary>
    internal const int NameBytesMax = 128;

    private readonly ConcurrentDictionary<byte[], int> _numbers = new(new BytesComparer());
    private readonly ConcurrentDictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly Lock _gate = new();
    private byte[][] _names = new byte[64][];
    private int _count;
    private long _refused;

    /// <summary>Empty.</summary>
    public NameTable() => _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Names that got no number, since there are too many or they are too long.</summary>
    internal long Refused => Volatile.Read(ref _refused);

    /// <summary>The number of the name that a value of a message has.</summary>
    /// <returns>False when it gets none.</returns>
    internal bool TryNumber(in MessageValues value, out int number)
    {
        if (value.IsNamed) return TryNumber(value.Name, out number);
        number = value.Key;
        return true;
    }

    /// <summary>The number of a name, UTF-8.</summary>
    /// <returns>False when it gets none.</returns>
    internal bool TryNumber(ReadOnlySpan<byte> name, out int number) => _lookup.TryGetValue(name, out number) || TryAdd(name, out number);

    /// <summary>The name of a number, UTF-8.</summary>
    /// <param name="number">As <see cref="TryNumber(ReadOnlySpan{byte}, out int)"/> gave it.</param>
    /// <param name="scratch">Room for <see cref="ParameterDictionary.NameBytesMax"/> bytes.</param>
    internal ReadOnlySpan<byte> NameOf(int number, Span<byte> scratch) =>
        number < 0 ? Volatile.Read(ref _names)[~number] : scratch[..ParameterDictionary.WriteName(number, scratch)];

    private bool TryAdd(ReadOnlySpan<byte> name, out int number)
    {
        // A name of the dictionary that a spec wrote out is the same parameter.
        bool isKnown = ParameterDictionary.TryGetKey(name, out number);
        lock (_gate)
        {
            if (_lookup.TryGetValue(name, out number)) return true;
            if (isKnown) ParameterDictionary.TryGetKey(name, out number);
            else if (_count == CountMax || name.Length is 0 or > NameBytesMax)
            {
                Interlocked.Increment(ref _refused);
                return false;
            }
            else
            {
                if (_count == _names.Length)
                {
                    byte[][] larger = new byte[_count * 2][];
                    _names.CopyTo(larger, 0);
                    Volatile.Write(ref _names, larger);
                }
                _names[_count] = name.ToArray();
                number = ~_count++;
            }
            // Written out names of the dictionary are few: what is in this table is bounded by both.
            _numbers[name.ToArray()] = number;
            return true;
        }
    }

    /// <summary>Compares names as bytes. Seeded, so that nobody outside can make names that collide.</summary>
    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        private static readonly ulong s_seed = BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)) | 1;

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            ulong hash = s_seed ^ (ulong)alternate.Length;
            ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(alternate);
            foreach (ulong word in words) hash = Mix(hash ^ word);
            foreach (byte b in alternate[(words.Length * sizeof(ulong))..]) hash = Mix(hash ^ b);
            return (int)(hash >> 32);
        }

        private static ulong Mix(ulong value)
        {
            UInt128 product = (UInt128)(value ^ s_seed) * 0x9E37_79B9_7F4A_7C15;
            return (ulong)product ^ (ulong)(product >> 64);
        }
    }
}
