namespace Gateway.Storage;

/// <summary>The messages of one channel in order: the seam behind which the local disk, or later a replicated engine, keeps them.</summary>
/// <remarks>
/// Keys are positive, increasing, below 2^53, opaque and, but for those of one append, not dense: never compute a count from them. Reads see acknowledged messages only and consume nothing.
/// Calls may come from many threads at once. What becomes of an append or a deletion is a result; only reads throw when the disk fails.
/// </remarks>
public interface IMessageLog
{
    /// <summary>The channel's number.</summary>
    long ChannelId { get; }

    /// <summary>Head, tail, size, quota and whether the log takes appends.</summary>
    LogState State { get; }

    /// <summary>Appends all messages of a packet, or none, and completes when they have the channel's durability.</summary>
    /// <param name="packet">The messages; must not change until the task completes. Nothing is kept of it afterwards.</param>
    /// <param name="cancellationToken">Stops the wait, not the append: after cancellation the outcome is unknown.</param>
    /// <remarks>
    /// Allocates nothing in steady state. Appends of one channel become durable in the order in which they were called.
    /// An outcome that is unknown (<see cref="AppendStatus.Unavailable"/>, or a cancelled wait) is found out by appending the same packet again with the same
    /// <see cref="Packet.DeduplicationId"/>: what was stored the first time is not stored again, and its keys are given once it has the channel's durability. Call again only
    /// when the call before has ended.
    /// </remarks>
    ValueTask<AppendResult> AppendAsync(Packet packet, CancellationToken cancellationToken);

    /// <summary>Completes when an append that was refused as <see cref="AppendStatus.Full"/> may work again: after a delete, after expiry, or when the log works again.</summary>
    /// <remarks>It waits also for a log that does not work. Whoever was told <see cref="AppendStatus.Unavailable"/> does not wait here for ever: the packet may be stored, while the log
    /// is full.</remarks>
    ValueTask WaitForSpaceAsync(CancellationToken cancellationToken);

    /// <summary>Fills <paramref name="page"/> with messages whose key is at least <paramref name="fromKey"/>, oldest first.</summary>
    /// <param name="fromKey">0 or a key below the head reads from the head.</param>
    /// <param name="countMax">1 or more.</param>
    /// <param name="bytesMax">Stop after this many payload bytes; at least one message is given whatever its size.</param>
    /// <param name="page">Cleared, then filled.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="IOException">The disk refuses, or what it holds is not to be trusted before a repair: try again later.</exception>
    /// <exception cref="DamagedLogException">A message that was acknowledged is damaged.</exception>
    ValueTask ReadAsync(long fromKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, newest first, beginning below <paramref name="belowKey"/> (<see cref="long.MaxValue"/>: from the tail).</summary>
    /// <exception cref="IOException">As for <see cref="ReadAsync"/>.</exception>
    /// <exception cref="DamagedLogException">As for <see cref="ReadAsync"/>.</exception>
    ValueTask ReadBackwardAsync(long belowKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken);

    /// <summary>Completes with true when there is a committed message with a key of at least <paramref name="fromKey"/>, with false when the log was deleted or closed.</summary>
    ValueTask<bool> WaitAsync(long fromKey, CancellationToken cancellationToken);

    /// <summary>The smallest key whose message came at <paramref name="serverTimeUs"/> (µs since 1970) or later; the next key to be given when there is none.</summary>
    /// <exception cref="IOException">As for <see cref="ReadAsync"/>.</exception>
    /// <exception cref="DamagedLogException">As for <see cref="ReadAsync"/>.</exception>
    ValueTask<long> FindAsync(long serverTimeUs, CancellationToken cancellationToken);

    /// <summary>Deletes all messages from one key to below another (<see cref="long.MaxValue"/>: to the newest acknowledged). Frees quota at once.</summary>
    /// <param name="fromKey">A key at or below the head deletes from the old end; a higher one leaves a hole that reads pass over.</param>
    /// <param name="belowKey">A key that is not above <paramref name="fromKey"/> deletes nothing.</param>
    /// <param name="cancellationToken">Stops the wait, not the deletion.</param>
    /// <returns>How many messages were deleted, or why none.</returns>
    ValueTask<DeleteResult> DeleteRangeAsync(long fromKey, long belowKey, CancellationToken cancellationToken);

    /// <summary>Changes quota, age limit or durability from now on.</summary>
    void Configure(LogOptions options);
}

/// <summary>All logs of a gateway in one data folder.</summary>
public interface IMessageStore : IAsyncDisposable
{
    /// <summary>Opens a channel's log, new or as it was. The same instance is given for the same channel.</summary>
    /// <exception cref="DamagedLogException">What is on disk can't be what was written; nothing was changed.</exception>
    ValueTask<IMessageLog> OpenAsync(long channelId, LogOptions options, CancellationToken cancellationToken);

    /// <summary>Deletes a channel's log and its files. Waiting reads end.</summary>
    /// <exception cref="IOException">The disk failed: the log is closed, and its files go when the disk works again. After a power failure before that it may be there again.</exception>
    ValueTask DeleteAsync(long channelId, CancellationToken cancellationToken);
}

/// <summary>The data on disk are damaged in a way that is not a torn tail; the message names the file, the place and what to do.</summary>
public sealed class DamagedLogException : Exception
{
    /// <summary>No details.</summary>
    public DamagedLogException() { }

    /// <summary>With details.</summary>
    public DamagedLogException(string message) : base(message) { }

    /// <summary>With details and cause.</summary>
    public DamagedLogException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>The file, in full, when it is one.</summary>
    public string? File { get; init; }

    /// <summary>The byte of the file where it shows.</summary>
    public long Offset { get; init; }

    /// <summary>What is wrong there, without the rest of the message.</summary>
    public string? What { get; init; }
}

/// <summary>What a channel asks of its log.</summary>
public sealed record LogOptions
{
    /// <summary>Most bytes on disk; 1 GB by default.</summary>
    public long QuotaBytes { get; init; } = 1_000_000_000;

    /// <summary>What happens to an append that does not fit.</summary>
    public Overflow Overflow { get; init; } = Overflow.Block;

    /// <summary>Messages older than this (by server time) are deleted within some ten seconds; at most 30 days. Zero keeps none: they can be read for those seconds, so that whoever
    /// reads from the tail gets each of them.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>When an append counts as done.</summary>
    public Durability Durability { get; init; } = Durability.Commit;
}

/// <summary>What happens when the quota is used up.</summary>
public enum Overflow : byte
{
    /// <summary>Appends are <see cref="AppendStatus.Full"/> until messages are deleted or expire: nothing is lost.</summary>
    Block,
    /// <summary>The oldest messages give way, some pages at a time: devices never wait for readers.</summary>
    DropOldest,
}

/// <summary>When an append counts as done.</summary>
public enum Durability : byte
{
    /// <summary>After fsync.</summary>
    Commit,
    /// <summary>After the operating system took it.</summary>
    Os,
    /// <summary>At once.</summary>
    Memory,
}

/// <summary>What became of an append. The names are the names of the counters.</summary>
public enum AppendStatus : byte
{
    /// <summary>Stored with the channel's durability.</summary>
    Appended,
    /// <summary>The quota is used up; nothing was stored.</summary>
    Full,
    /// <summary>A message is longer than <see cref="Packet.MessageBytesMax"/>, or the packet longer than the whole quota; nothing was stored.</summary>
    TooLarge,
    /// <summary>Disk full or failed, or the log is closed: the outcome is unknown. Try again with the same <see cref="Packet.DeduplicationId"/>.</summary>
    Unavailable,
}

/// <summary>The result of an append.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="FirstKey">Key of the first message, 0 when nothing was stored.</param>
/// <param name="LastKey">Key of the last message, 0 when nothing was stored. The keys of one append follow each other without a gap: whoever knows the first knows all.</param>
public readonly record struct AppendResult(AppendStatus Status, long FirstKey, long LastKey);

/// <summary>What became of a deletion.</summary>
public enum DeleteStatus : byte
{
    /// <summary>The messages are gone for good.</summary>
    Deleted,
    /// <summary>The log would have more than 1,000 holes; nothing was deleted. Delete from the old end, or a range that joins holes.</summary>
    TooManyHoles,
    /// <summary>Disk full or failed, or the log is closed: the messages may be gone now and be there again after a restart.</summary>
    Unavailable,
}

/// <summary>The result of a deletion.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Count">Messages deleted.</param>
public readonly record struct DeleteResult(DeleteStatus Status, long Count);

/// <summary>The state of a log at one moment.</summary>
/// <param name="HeadKey">Key of the oldest message, or the next key to be given when there is none.</param>
/// <param name="NextKey">A key above that of the newest acknowledged message: reading from here gives what comes later.</param>
/// <param name="Count">Acknowledged messages held.</param>
/// <param name="Bytes">Bytes that count against the quota.</param>
/// <param name="IsFull">The last append was refused for want of space.</param>
/// <param name="IsAvailable">False while the disk fails.</param>
public readonly record struct LogState(long HeadKey, long NextKey, long Count, long Bytes, bool IsFull, bool IsAvailable)
{
    /// <summary>Messages that gave way to newer ones since the store was opened; see <see cref="Overflow.DropOldest"/>.</summary>
    public long DroppedCount { get; init; }
}

/// <summary>The messages of one or more packets of a connection: payloads one behind the other. Owned and reused by the caller.</summary>
public sealed class Packet
{
    /// <summary>Longest message in bytes: one fits a page of 32 KiB.</summary>
    public const int MessageBytesMax = 32_000;

    private byte[] _bytes = [];
    private int[] _ends = new int[16];

    /// <summary>Number of messages.</summary>
    public int Count { get; private set; }

    /// <summary>The server's time for all of them, µs since 1970.</summary>
    public long ServerTimeUs { get; set; }

    /// <summary>Made once for what was received and kept for its retries, so that a log that has the messages already does not store them again; 0: none.
    /// Two packets that are tried within a few minutes of each other must not have the same.</summary>
    public long DeduplicationId { get; set; }

    /// <summary>Payloads one behind the other.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Count == 0 ? 0 : _ends[Count - 1]);

    /// <summary>The payload of message <paramref name="index"/>, from 0.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(StartOf(index), _ends[index] - StartOf(index));

    /// <summary>Drops all messages, keeps the memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Points the packet at messages that lie in somebody's buffer: nothing is copied.</summary>
    /// <param name="bytes">Payloads one behind the other, from offset 0.</param>
    /// <param name="ends">Where each payload ends.</param>
    /// <param name="count">How many of <paramref name="ends"/> count.</param>
    public void Use(byte[] bytes, int[] ends, int count)
    {
        _bytes = bytes;
        _ends = ends;
        Count = count;
    }

    private int StartOf(int index) => index == 0 ? 0 : _ends[index - 1];
}

/// <summary>Messages read from a log. Owned and reused by the caller; a buffer that grows to what was asked for.</summary>
public sealed class MessagePage
{
    private byte[] _bytes = [];
    private Entry[] _entries = [];
    private int _length;

    /// <summary>Number of messages.</summary>
    public int Count { get; private set; }

    /// <summary>Payload bytes held.</summary>
    public int Bytes => _length;

    /// <summary>The key from which the next read in the same direction continues; set by the log.</summary>
    public long NextKey { get; set; }

    /// <summary>The read began below the head: messages were deleted or expired before they were read here.</summary>
    public bool SkippedToHead { get; set; }

    /// <summary>Key of message <paramref name="index"/>.</summary>
    public long Key(int index) => _entries[index].Key;

    /// <summary>Server time of message <paramref name="index"/>, µs since 1970.</summary>
    public long ServerTimeUs(int index) => _entries[index].ServerTimeUs;

    /// <summary>Payload of message <paramref name="index"/>, valid until the page is filled again.</summary>
    public ReadOnlySpan<byte> Payload(int index) => _bytes.AsSpan(_entries[index].Start, _entries[index].Length);

    /// <summary>Drops all messages, keeps the memory.</summary>
    public void Clear()
    {
        Count = 0;
        _length = 0;
        SkippedToHead = false;
    }

    /// <summary>Adds a message; the payload is copied.</summary>
    public void Add(long key, long serverTimeUs, ReadOnlySpan<byte> payload)
    {
        if (_entries.Length == Count) Array.Resize(ref _entries, Math.Max(64, Count * 2));
        if (_bytes.Length - _length < payload.Length) Array.Resize(ref _bytes, Math.Max(_length + payload.Length, Math.Max(4096, _bytes.Length * 2)));
        payload.CopyTo(_bytes.AsSpan(_length));
        _entries[Count++] = new Entry(key, serverTimeUs, _length, payload.Length);
        _length += payload.Length;
    }

    private readonly record struct Entry(long Key, long ServerTimeUs, int Start, int Length);
}
