using System.Buffers;

namespace Gateway.Storage.Rings;

/// <summary>Where whole files of rings are read into, up to <see cref="RingFiles.SegmentBytesMax"/>.</summary>
/// <remarks>The runtime's shared pool keeps an array of each size for each thread, and reads wait for disks on many: 70 MB for four readers. This keeps four of each size, 32 MB at most.</remarks>
internal static class RingBuffers
{
    private static readonly ArrayPool<byte> s_pool = ArrayPool<byte>.Create(RingFiles.SegmentBytesMax, RingStore.ReadersMax);

    /// <summary>A buffer of this many bytes or more.</summary>
    public static byte[] Rent(int length) => s_pool.Rent(length);

    /// <summary>Gives it back.</summary>
    public static void Return(byte[] bytes) => s_pool.Return(bytes);
}
