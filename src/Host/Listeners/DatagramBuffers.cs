namespace Gateway.Host.Listeners;

/// <summary>Lends the buffers that datagrams are received into, each for as long as a thread decodes what is waiting: as many are in use as threads run.</summary>
/// <remarks>The shared pool of arrays keeps one for each thread that ever returned one, and a pump wakes on any thread of the pool.</remarks>
internal sealed class DatagramBuffers
{
    /// <summary>Longest datagram, and length of a buffer, in bytes.</summary>
    internal const int Bytes = 65_536;

    private readonly Lock _gate = new();
    private readonly byte[][] _free = new byte[2 * Environment.ProcessorCount][];      // more are left to the garbage collector
    private int _count;

    internal byte[] Rent()
    {
        lock (_gate)
            if (_count > 0) return _free[--_count];
        return GC.AllocateUninitializedArray<byte>(Bytes);
    }

    internal void Return(byte[] buffer)
    {
        lock (_gate)
            if (_count < _free.Length) _free[_count++] = buffer;
    }
}
