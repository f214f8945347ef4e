using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Journal;

/// <summary>The second copy of what the journal has made durable: two slots, written in turn after each commit, before anybody is told.</summary>
/// <remarks>
/// Slot, 64 bytes: generation 8 | durable sequence 8 | durable address 8 | version 4 (0 in version 1) | zero 32 | crc32c 4. Written without a sync: after a crash of the process it is exact and shows a
/// tail that went missing; after a power cut it may be older, which only weakens the check.
/// </remarks>
internal sealed class JournalFacts(HandleCache handles, string path, long generation) : IDisposable
{
    private const int Version = 2;
    private const int SlotBytes = 64;

    private readonly byte[] _slot = new byte[SlotBytes];
    private int _turn;

    /// <summary>Makes the file, on the disk before the checkpoint speaks of it, so that one valid slot is always there.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Begin()
    {
        WriteSlot(0, 0);
        handles.Sync(path);
    }

    /// <summary>Notes that all up to the sequence is durable.</summary>
    public void Write(long sequence, long address)
    {
        try
        {
            WriteSlot(sequence, address);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The journal itself is synced; this copy only helps to tell damage from a torn tail.
        }
    }

    private void WriteSlot(long sequence, long address)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_slot, generation);
        BinaryPrimitives.WriteInt64LittleEndian(_slot.AsSpan(8), sequence);
        BinaryPrimitives.WriteInt64LittleEndian(_slot.AsSpan(16), address);
        BinaryPrimitives.WriteInt32LittleEndian(_slot.AsSpan(24), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(_slot.AsSpan(SlotBytes - 4), Crc32C.Compute(_slot.AsSpan(0, SlotBytes - 4)));
        handles.Write(path, _slot, SlotBytes * _turn);
        _turn ^= 1;
    }

    /// <summary>The last sequence known to be durable; -1 when the file says nothing.</summary>
    /// <exception cref="DamagedLogException">The file is of a later version.</exception>
    public static long ReadDurable(HandleCache handles, string path, long generation)
    {
        Span<byte> slots = stackalloc byte[2 * SlotBytes];
        int length = handles.Read(path, slots, 0);
        long durable = -1;
        for (int start = 0; start + SlotBytes <= length; start += SlotBytes)
        {
            ReadOnlySpan<byte> slot = slots.Slice(start, SlotBytes);
            bool valid = BinaryPrimitives.ReadUInt32LittleEndian(slot[(SlotBytes - 4)..]) == Crc32C.Compute(slot[..(SlotBytes - 4)])
                && BinaryPrimitives.ReadInt64LittleEndian(slot) == generation;
            if (valid && BinaryPrimitives.ReadInt32LittleEndian(slot[24..]) is var version and > Version)
                throw Damage.Later(path, version, Version);
            if (valid) durable = Math.Max(durable, BinaryPrimitives.ReadInt64LittleEndian(slot[8..]));
        }

        return durable;
    }

    /// <inheritdoc />
    public void Dispose() => handles.Forget(path);
}
