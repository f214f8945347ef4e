using System.Buffers.Binary;

namespace Gateway.Storage.Disk;

/// <summary>What a channel's log holds for sure: everything from head to until is on the disk.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="Incarnation">Grows with every log that is made, so that a deleted channel's entries in the journal are not taken for a new one's.</param>
/// <param name="NextSequence">One above the last record below <paramref name="UntilAddress"/>.</param>
/// <param name="UntilAddress">Where the next record goes.</param>
/// <param name="HeadSequence">The first record that is not deleted.</param>
/// <param name="HeadAddress">Where it is.</param>
/// <param name="TimeMaxUs">Latest server time of a record.</param>
/// <param name="PageBits">The log keeps the page size it was made with.</param>
/// <param name="SegmentBits">And the file size.</param>
internal readonly record struct ChannelFacts(
    long ChannelId, long Incarnation, long NextSequence, long UntilAddress, long HeadSequence, long HeadAddress, long TimeMaxUs, int PageBits, int SegmentBits)
{
    /// <summary>FASTER's first address.</summary>
    public const long FirstAddress = 64;

    /// <summary>A log without records.</summary>
    public static ChannelFacts Empty(long channelId, long incarnation, StoreOptions options) =>
        new(channelId, incarnation, 1, FirstAddress, 1, FirstAddress, 0, options.ChannelPageBits, options.ChannelSegmentBits);
}

/// <summary>The state of the whole store at one moment.</summary>
/// <param name="Generation">Number of the checkpoint.</param>
/// <param name="JournalGeneration">The journal that goes on from here.</param>
/// <param name="JournalSequence">Its first entry that is not in the channels' logs.</param>
/// <param name="IncarnationNext">For the next new log.</param>
/// <param name="IsClean">The store was closed: there is no journal to read.</param>
/// <param name="JournalPageBits">Page size of the journal.</param>
/// <param name="JournalSegmentBits">File size of the journal.</param>
/// <param name="Channels">All logs.</param>
internal sealed record Checkpoint(
    long Generation, long JournalGeneration, long JournalSequence, long IncarnationNext, bool IsClean, int JournalPageBits, int JournalSegmentBits,
    IReadOnlyList<ChannelFacts> Channels);

/// <summary>The checkpoint on disk, twice: one copy is written when the other is synced, so one of them is whole whenever the power goes. A copy that is torn, older
/// or whose write failed is the first to be written again, because the other may be the only whole one.</summary>
/// <remarks>
/// magic 8 | generation 8 | journal generation 8 | journal sequence 8 | next incarnation 8 | clean 4 | count 4 | journal page bits 4 |
/// journal segment bits 4 | count × (channel 8 | incarnation 8 | next sequence 8 | until 8 | head sequence 8 | head 8 | time 8 | page bits 4 | segment bits 4) | crc32c 4. Little-endian. The journal is cut only after both copies are synced, so the older of two is as good.
/// </remarks>
internal sealed class CheckpointFile(HandleCache handles, string folder)
{
    private const ulong Magic = 0x3130_504B_4343_5747;      // "GWCCKP01"
    private const int HeaderBytes = 56;
    private const int ChannelBytes = 64;
    private const int ChannelsMax = 1_000_000;

    private readonly string _first = Path.Combine(folder, "checkpoint-a");
    private readonly string _second = Path.Combine(folder, "checkpoint-b");
    private byte[] _buffer = [];
    private bool _isSecondSuspect;

    /// <summary>Either file is there.</summary>
    public bool Exists => handles.Files.FileExists(_first) || handles.Files.FileExists(_second);

    /// <summary>The first copy was being written for the first time when the power went. Whether the folder held anything is another question.</summary>
    public bool IsUnfinished => !handles.Files.FileExists(_second) && ReadFile(_first) is null;

    /// <summary>Writes both copies, one after the other. An <see cref="IOException"/> leaves at least one old or new copy whole.</summary>
    public void Write(Checkpoint checkpoint)
    {
        int length = HeaderBytes + (ChannelBytes * checkpoint.Channels.Count) + 4;
        if (_buffer.Length < length) _buffer = new byte[length * 2];
        Span<byte> bytes = _buffer.AsSpan(0, length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], checkpoint.Generation);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], checkpoint.JournalGeneration);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], checkpoint.JournalSequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], checkpoint.IncarnationNext);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[40..], checkpoint.IsClean ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[44..], checkpoint.Channels.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[48..], checkpoint.JournalPageBits);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[52..], checkpoint.JournalSegmentBits);
        for (int i = 0; i < checkpoint.Channels.Count; i++) WriteChannel(bytes[(HeaderBytes + (ChannelBytes * i))..], checkpoint.Channels[i]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], Crc32C.Compute(bytes[..^4]));

        (string one, string other) = _isSecondSuspect ? (_second, _first) : (_first, _second);
        WriteCopy(one, bytes);
        _isSecondSuspect = one == _first;       // until the other is synced as well
        WriteCopy(other, bytes);
        _isSecondSuspect = false;
    }

    /// <summary>Reads the newer of the valid copies.</summary>
    /// <exception cref="DamagedLogException">None is valid, or they can't be from the same store.</exception>
    public Checkpoint Read()
    {
        Checkpoint? first = ReadFile(_first), second = ReadFile(_second);
        if (first is null && second is null)
        {
            throw new DamagedLogException(
                $"Neither {_first} nor {_second} is a valid checkpoint, so nobody knows what the logs hold. Restore one of the two from a copy, or move the data folder away to begin with an empty one; nothing was changed.");
        }

        _isSecondSuspect = second is null || first?.Generation > second.Generation;     // the next write must not tear the newer one: a start removes what only the older one needs
        if (first is null || second is null) return (first ?? second)!;
        long ahead = first.Generation - second.Generation;
        if (ahead is 0 or 1) return first;
        if (ahead == -1) return second;
        throw new DamagedLogException(
            $"{_first} is checkpoint {first.Generation} and {_second} is checkpoint {second.Generation}: one of them was replaced. Restore both from the same copy; nothing was changed.");
    }

    private void WriteCopy(string path, ReadOnlySpan<byte> bytes)
    {
        handles.Write(path, bytes, 0);
        handles.Sync(path);
        handles.Files.SyncFolder(folder);
    }

    private Checkpoint? ReadFile(string path)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (handles.Read(path, header, 0) < HeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic) return null;
        int count = BinaryPrimitives.ReadInt32LittleEndian(header[44..]);
        if (count is < 0 or > ChannelsMax) return null;

        byte[] bytes = new byte[HeaderBytes + (ChannelBytes * count) + 4];
        if (handles.Read(path, bytes, 0) < bytes.Length) return null;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)) != Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4))) return null;

        var channels = new ChannelFacts[count];
        for (int i = 0; i < count; i++) channels[i] = ReadChannel(bytes.AsSpan(HeaderBytes + (ChannelBytes * i)));
        return new Checkpoint(
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(32)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(40)) == 1,
            BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(48)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(52)),
            channels);
    }

    private static void WriteChannel(Span<byte> bytes, in ChannelFacts facts)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, facts.ChannelId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], facts.Incarnation);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], facts.NextSequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], facts.UntilAddress);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], facts.HeadSequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], facts.HeadAddress);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], facts.TimeMaxUs);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[56..], facts.PageBits);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[60..], facts.SegmentBits);
    }

    private static ChannelFacts ReadChannel(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64LittleEndian(bytes),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[56..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[60..]));
}
