using System.Buffers;

namespace Gateway.Host.Listeners;

/// <summary>Lends the buffers that datagrams are received into, each for as long as a thread decodes what is waiting: as many are in use as threads run.</summary>
/// <remarks>The shared pool of arrays keeps one for each thread that ever returned one, and a pump wakes on any thread of the pool. Of this one, those beyond two per core are left to the garbage collector.</remarks>
internal sealed class DatagramBuffers
{
    /// <summary>Longest datagram, and length of a buffer, in bytes.</summary>
    internal const int Bytes = 65_536;

    private readonly ArrayPool<byte> _pool = ArrayPool<byte>.Create(Bytes, 2 * Environment.ProcessorCount);

    internal byte[] Rent() => _pool.Rent(Bytes);

    internal void Return(byte[] buffer) => _pool.Return(buffer);
}
