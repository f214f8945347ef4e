using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Storage.Rings;

/// <summary>What happened to the records of a ring since the process started.</summary>
/// <param name="Written">Records that were written.</param>
/// <param name="Dropped">Records dropped because the disk was slower than they came.</param>
/// <param name="Lost">Records dropped because the disk refused them.</param>
/// <param name="Bytes">Bytes of its files now; 0 before the first look at them.</param>
/// <param name="CutBytes">Bytes behind the last whole record that the start found and gave up.</param>
public readonly record struct RingState(long Written, long Dropped, long Lost, long Bytes, long CutBytes);

/// <summary>One ring of one owner: records go in at one end, the oldest fall out at the other.</summary>
/// <remarks>Any thread may add and read. A ring without records costs some hundred bytes of memory.</remarks>
public sealed class Ring
{
    /// <summary>Most bytes of one record.</summary>
    public const int BytesMax = RingRecord.BytesMax;

    /// <summary>Most records that one note is about.</summary>
    public const int NotedMax = RingRecord.NotedMax;

    private readonly RingStore _store;
    private readonly int _number;
    private RingOptions _options;
    private bool _isDeleted;
    private long _dropped;

    internal Ring(RingStore store, int number, RingKind kind, long owner, RingOptions options, RingFiles files, KnownIdents? idents)
    {
        _store = store;
        _number = number;
        _options = options;
        Kind = kind;
        Owner = owner;
        Files = files;
        Idents = idents;
    }

    /// <summary>Which ring of its owner it is.</summary>
    public RingKind Kind { get; }

    /// <summary>Whose it is.</summary>
    public long Owner { get; }

    /// <summary>Whether it keeps anything.</summary>
    public bool IsOn => Options.QuotaBytes > 0;

    /// <summary>What happened to its records.</summary>
    public RingState State => new(Files.Written, Volatile.Read(ref _dropped), Volatile.Read(ref Lost), Files.Bytes, Files.CutBytes);

    /// <summary>How much it keeps.</summary>
    internal RingOptions Options => Volatile.Read(ref _options);

    /// <summary>Whose records it can have; null for a ring that is only there to be deleted.</summary>
    internal KnownIdents? Idents { get; }

    internal bool IsDeleted => Volatile.Read(ref _isDeleted);

    // The writer's.
    internal readonly RingFiles Files;
    internal long Lost;
    internal long DroppedTold;
    internal int FirstOffset = -1;
    internal int LastOffset;
    internal bool IsFailing;
    internal long FailedAt;

    /// <summary>Adds a record: copies it to the writer's queue. Never waits, never touches the disk, allocates nothing.</summary>
    /// <param name="entry">What it is. The ring may move its time by some µs, so that each record has one of its own.</param>
    /// <param name="ident">Whose it is, UTF-8, at most 255 bytes; empty when that is not known, or not known yet.</param>
    /// <param name="bytes">At most <see cref="BytesMax"/>.</param>
    /// <returns>False when it was dropped, since the queue is full (then it is counted) or the ring keeps nothing.</returns>
    public bool TryAdd(in RingEntry entry, ReadOnlySpan<byte> ident, ReadOnlySpan<byte> bytes)
    {
        if ((uint)entry.Type >= RingRecord.FirstOwnType) ThrowOutOfRange(nameof(entry), $"A type must be below {RingRecord.FirstOwnType}.");
        return TryAddAny(entry, ident, bytes);
    }

    /// <summary>Adds that a record just added is of another ident, too.</summary>
    /// <param name="entry">Time, connection and index of that record.</param>
    /// <param name="ident">The other ident.</param>
    /// <param name="recordIdentBytes">Length of the ident that it was added with.</param>
    /// <param name="recordBytes">Length of its bytes.</param>
    public bool TryAddIdent(in RingEntry entry, ReadOnlySpan<byte> ident, int recordIdentBytes, int recordBytes)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, RingRecord.LengthOf(recordIdentBytes, recordBytes));
        return TryAddAny(entry with { Type = RingRecord.AlsoIdentType }, ident, bytes);
    }

    /// <summary>Adds what was learned about records after they were added. A reader that asks for notes gives it with them, as long as it lies in the same file or the next one.</summary>
    /// <param name="entry">Connection and index of the last of these records, and the time of the note.</param>
    /// <param name="count">How many records it is about: those of the connection up to that index. 1 or more; of more than <see cref="NotedMax"/> it is about the last.</param>
    /// <param name="note">What was learned.</param>
    /// <remarks>Rows of one connection move on: of two of them the one that ends later does not begin earlier.</remarks>
    /// <returns>As <see cref="TryAdd"/>.</returns>
    public bool TryAddNote(in RingEntry entry, int count, RingNote note)
    {
        Span<byte> bytes = stackalloc byte[RingRecord.NoteBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Math.Clamp(count, 1, NotedMax));
        BinaryPrimitives.WriteInt64LittleEndian(bytes[4..], note.Key);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], note.Value);
        return TryAddAny(entry with { Type = RingRecord.NoteType }, [], bytes);
    }

    /// <summary>Begins to read. What was added before is seen if <see cref="RingStore.FlushAsync"/> has completed since.</summary>
    public RingReader Read(RingQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        long cutoffUs = Options.CutoffUs(_store.NowUs);
        return _store.Read(this, query.FromUs < cutoffUs ? query with { FromUs = cutoffUs } : query);
    }

    /// <summary>Changes quota or age from now on.</summary>
    public void Configure(RingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options == Options) return;
        Volatile.Write(ref _options, options);
        _store.TrimSoon();
    }

    internal void MarkDeleted() => Volatile.Write(ref _isDeleted, true);

    private bool TryAddAny(in RingEntry entry, ReadOnlySpan<byte> ident, ReadOnlySpan<byte> bytes)
    {
        if (ident.Length > RingRecord.IdentBytesMax) ThrowOutOfRange(nameof(ident), $"An ident may have at most {RingRecord.IdentBytesMax} bytes.");
        if (bytes.Length > BytesMax) ThrowOutOfRange(nameof(bytes), $"A record may have at most {BytesMax} bytes.");
        if (!IsOn || IsDeleted) return false;
        if (_store.TryAdd(_number, entry, ident, bytes)) return true;
        Interlocked.Increment(ref _dropped);
        return false;
    }

    [DoesNotReturn]
    private static void ThrowOutOfRange(string name, string message) => throw new ArgumentOutOfRangeException(name, message);
}
