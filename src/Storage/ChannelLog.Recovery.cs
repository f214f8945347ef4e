using System.Buffers.Binary;
using FASTER.core;
using Gateway.Storage.Disk;
using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>What a start does to a log: checks its files against the checkpoint and takes what only the journal has.</summary>
internal sealed partial class ChannelLog
{
    /// <summary>A log of less than so many times <see cref="StoreOptions.PagesPerMark"/> pages has a mark for each page: dropping the oldest goes from mark to mark.</summary>
    private const int PagesOfFewMax = 4;

    /// <summary>The sequence of the next record. For a start only, when there is no journal yet and nobody else.</summary>
    public long NextSequence => _nextSequence;

    /// <summary>Checks the files against the checkpoint's facts and makes the marks: one small read for each <see cref="StoreOptions.PagesPerMark"/>th page, or for each of a log of few
    /// pages; all of the last page. What lies between is checked when it is read.</summary>
    /// <exception cref="DamagedLogException">They disagree; nothing was changed.</exception>
    public void Verify()
    {
        if (_facts.HeadAddress == _facts.UntilAddress)
        {
            if (_facts.HeadSequence != _facts.NextSequence) throw Damaged(_facts.HeadAddress, "the checkpoint counts messages where there are none");
            return;
        }

        VerifyHeaders();
        long firstPage = _facts.HeadAddress >> _facts.PageBits, lastPage = (_facts.UntilAddress - 1) >> _facts.PageBits;
        int pagesPerMark = lastPage - firstPage < PagesOfFewMax * _options.PagesPerMark ? 1 : _options.PagesPerMark;
        long previous = 0, timeMaxUs = 0;
        for (long page = firstPage; page <= lastPage; page++)
        {
            if (_marks.Count > 0 && page < lastPage && page % pagesPerMark != 0) continue;
            long address = Math.Max(FirstAddressOf(page), _facts.HeadAddress);
            if (page < lastPage && IsPadding(address))
            {
                _headAddress = FirstAddressOf(page + 1);
                continue;
            }

            // A page that begins in a hole may be gone: the first that lives behind the hole stands for it.
            if (_holes.TryFindAddress(address, out Hole hole)) address = hole.BelowAddress;
            long sequence = VerifyFirst(address, previous, ref timeMaxUs);
            _marks.Add(new PageMark(page, sequence, timeMaxUs));
            previous = hole == default ? sequence : sequence - 1;       // the next page may begin in the same hole
        }

        VerifyPage(lastPage);
        if (_facts.OrderedFrom > _facts.HeadSequence) _marks.BoundTimes(_facts.OrderedFrom, _facts.TimeMaxUs);
    }

    private void VerifyHeaders()
    {
        if (_facts.LogVersion > ChannelFacts.LogVersionNow)
            throw Damaged(_facts.HeadAddress, $"the log is of version {_facts.LogVersion}, this program reads up to version {ChannelFacts.LogVersionNow}");
        for (long segment = _facts.HeadAddress >> _facts.SegmentBits; segment <= (_facts.UntilAddress - 1) >> _facts.SegmentBits; segment++)
            if (_facts.Needs(segment) && _device.CheckHeader((int)segment) is { } wrong) throw DamagedHeader(segment, wrong);
    }

    /// <summary>Checks the head of a record that is the first to live on a page.</summary>
    /// <returns>Its sequence.</returns>
    private long VerifyFirst(long address, long previous, ref long timeMaxUs)
    {
        if (address == _facts.UntilAddress)
        {
            timeMaxUs = _facts.TimeMaxUs;       // behind a hole that reaches the tail
            return _facts.NextSequence;
        }

        Span<byte> head = stackalloc byte[Record.EntryHeaderBytes + Record.HeaderBytes];
        if (!_device.TryReadAt(address, head, out int present)) throw new IOException($"{_device.PathOf(address)} can't be read: {_device.LastError}");
        long sequence = Record.SequenceOf(head[Record.EntryHeaderBytes..]);
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (present < head.Length) throw Damaged(address, "the file ends or is missing");
        if (length is < Record.HeaderBytes or > Record.BytesMax) throw Damaged(address, "there is no record");
        if (_marks.Count == 0 ? sequence != _facts.HeadSequence : sequence <= previous) throw Damaged(address, $"message {sequence} follows message {previous}");
        if (sequence >= _facts.NextSequence) throw Damaged(address, $"message {sequence} was never committed");
        if (_holes.TryFind(sequence, out _)) throw Damaged(address, $"message {sequence} was deleted and lies where others are");
        timeMaxUs = Math.Max(timeMaxUs, Record.ServerTimeUsOf(head[Record.EntryHeaderBytes..]));
        return sequence;
    }

    /// <summary>True when the head stood at the tail and the next record did not fit there: it is the first of the next page. Earlier programs wrote such heads.</summary>
    private bool IsPadding(long address)
    {
        if (address != _facts.HeadAddress || address == ChannelFacts.FirstAddress || (address & (_pageBytes - 1)) == 0) return false;
        if (_pageBytes - (address & (_pageBytes - 1)) < Record.EntryBytes(0)) return true;
        Span<byte> length = stackalloc byte[Record.EntryHeaderBytes];
        return _device.TryReadAt(address, length, out int present) && present == length.Length && BinaryPrimitives.ReadInt32LittleEndian(length) == 0;
    }

    private void VerifyPage(long page)
    {
        long address = Math.Max(FirstAddressOf(page), _headAddress);
        if (_holes.TryFindAddress(address, out Hole hole)) address = hole.BelowAddress;
        byte[] bytes = new byte[_facts.UntilAddress - address];
        if (!_device.TryReadAt(address, bytes, out int present)) throw new IOException($"{_device.PathOf(address)} can't be read: {_device.LastError}");
        long sequence = _marks.Last.FirstSequence;
        int offset = 0;
        while (true)
        {
            if (_holes.TryFind(sequence, out hole))
            {
                sequence = hole.Below;
                offset = (int)(hole.BelowAddress - address);
            }

            if (offset >= bytes.Length) break;
            int length = bytes.Length - offset < Record.EntryHeaderBytes ? 0 : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(offset));
            if (length < Record.HeaderBytes || length > bytes.Length - offset - Record.EntryHeaderBytes)
                throw Damaged(address + offset, offset < present ? "there is no record" : "the file ends too early");
            ReadOnlySpan<byte> record = bytes.AsSpan(offset + Record.EntryHeaderBytes, length);
            if (!Record.IsValid(record, _seed) || Record.SequenceOf(record) != sequence) throw Damaged(address + offset, $"message {sequence} has a wrong checksum or number");
            offset += Record.EntryHeaderBytes + ((length + 3) & ~3);
            sequence++;
        }

        if (sequence != _facts.NextSequence) throw Damaged(_facts.UntilAddress, $"the log ends with message {sequence - 1}, the checkpoint says {_facts.NextSequence - 1}");
    }

    /// <summary>Takes an entry of the journal that the checkpoint did not have yet, or had: all of it is acknowledged, and taking it twice changes nothing.</summary>
    public void Replay(JournalView entry)
    {
        lock (_gate)
        {
            switch (entry.Kind)
            {
                case JournalKind.Head:
                    MoveHead(entry.Key);
                    break;
                case JournalKind.Hole:
                    ReplayHole(HoleEntry.Read(entry));
                    break;
                case JournalKind.Append when entry.Key + entry.Count > _nextSequence:
                    if (entry.Key > _nextSequence)
                        throw Damaged(_tailAddress, $"the journal goes on with message {entry.Key}, the log ends with {_nextSequence - 1}");
                    ReplayPacket(entry);
                    break;
            }
        }
    }

    private void ReplayHole(Hole hole)
    {
        if (hole.Below <= hole.From || hole.Below > _nextSequence || hole.BelowAddress < hole.FromAddress || hole.BelowAddress > _tailAddress)
            throw Damaged(_tailAddress, $"the journal deletes the messages {hole.From} to {hole.Below - 1}, the log ends with {_nextSequence - 1}");
        if (hole.Below <= _headSequence) return;
        if (hole.From <= _headSequence) MoveHead(hole.Below);
        else Volatile.Write(ref _holes, _holes.With(hole));
    }

    private void ReplayPacket(JournalView entry)
    {
        if (!TryOpenLog()) throw new IOException($"Channel {ChannelId} can't be opened: {_device.LastError}");
        ReadOnlySpan<byte> payloads = entry.Payloads;
        byte[] scratch = new byte[Record.BytesMax];
        for (int i = 0, start = 0; i < entry.Count; start += entry.LengthOf(i++))
        {
            if (entry.Key + i < _nextSequence) continue;
            int length = entry.LengthOf(i);
            Record.Write(scratch, _seed, _nextSequence, entry.ServerTimeUs, payloads.Slice(start, length));
            Enqueue(new Bytes(scratch, Record.HeaderBytes + length), length, entry.ServerTimeUs);
        }

        Acknowledge(_nextSequence);
    }

    /// <summary>A record that is already laid out.</summary>
    private readonly struct Bytes(byte[] bytes, int length) : ILogEnqueueEntry
    {
        public int SerializedLength => length;

        public void SerializeTo(Span<byte> dest) => bytes.AsSpan(0, length).CopyTo(dest);
    }
}
