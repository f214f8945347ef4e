using System.Buffers;
using System.Buffers.Binary;
using FASTER.core;
using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>The one way to the records: what was handed to the disk is read from the files, the rest from FASTER's memory; each record is checked.</summary>
internal sealed partial class ChannelLog
{
    private const int HintsMax = 4;

    // Where the latest scans ended: who reads on finds the record without walking a page. One for each of a few readers.
    private readonly Hint[] _hints = new Hint[HintsMax];
    private int _hintTurn;

    /// <summary>What a taker says to a record.</summary>
    private enum Taken
    {
        /// <summary>Took it, wants more.</summary>
        More,
        /// <summary>Took it, has enough.</summary>
        Last,
        /// <summary>Did not take it, has enough.</summary>
        Refused,
    }

    /// <summary>Takes the records of a scan.</summary>
    private interface ITake
    {
        Taken Take(long sequence, long address, ReadOnlySpan<byte> record);
    }

    /// <summary>Gives the records from one sequence to below another to a taker, each checked; holes are left out. <paramref name="below"/> must not be above what is acknowledged.</summary>
    /// <returns>False when the head or a new hole has passed a record meanwhile: the caller begins again.</returns>
    /// <exception cref="DamagedLogException">A record that was committed can't be read.</exception>
    /// <exception cref="IOException">The disk refuses to read.</exception>
    private bool Scan<T>(long from, long below, ref T take, CancellationToken cancellationToken) where T : struct, ITake
    {
        FasterLog? log;
        long tail;
        bool isReload = _gate.IsHeldByCurrentThread;        // who holds it looks at a log that is being read anew, and at no other
        var position = new Position { Next = from, Below = below };
        lock (_gate)
        {
            if (_isClosed) return true;
            if (_reloading is not null && !isReload) throw Unrepaired();
            if (from < _headSequence) return false;
            log = _log;         // without one everything is in the files
            tail = _tailAddress;
            position.SyncedUntil = _facts.UntilAddress;
            position.Holes = _holes;
            position.HoleIndex = _holes.IndexOf(from);
            if (position.TryJump()) position.Jump = 0;
            position.Address = StartOf(position);
            _lastUse = _options.Time.GetTimestamp();
            _users++;
        }

        try
        {
            while (position.Next < below)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long flushed = log is null ? tail : Math.Min(log.FlushedUntilAddress, Volatile.Read(ref _tailAddress));
                long end = position.Address < flushed ? ScanFile(ref position, flushed, ref take) : log is null ? position.Address : ScanMemory(ref position, log, ref take);
                if (position.IsPassed) return false;
                if (position.IsDone) break;
                position.Address = end = position.Jump != 0 ? position.Jump : end;
                position.Jump = 0;
                if (end >= tail && position.Next < below && end >= Volatile.Read(ref _tailAddress))
                {
                    if (IsPassed(position.Next)) return false;
                    throw Unreadable(position.LastEnd == 0 ? end : position.LastEnd, $"the log ends before message {position.Next}");
                }
            }

            return true;
        }
        finally
        {
            lock (_gate)
            {
                if (position.EndAddress != 0) _hints[_hintTurn++ & (HintsMax - 1)] = new Hint(position.Next, position.EndAddress);
                if (--_users == 0 && _isClosed) CloseLog();
            }
        }
    }

    /// <summary>An address at or before that of the next record, with no hole between the two; the gate is held.</summary>
    private long StartOf(in Position position)
    {
        long floor = position.HoleIndex == 0 ? _headAddress : Math.Max(_headAddress, position.Holes[position.HoleIndex - 1].BelowAddress);
        foreach (Hint hint in _hints)
            if (hint.Sequence == position.Next && hint.Address >= floor) return hint.Address;
        return _marks.Count == 0 ? floor : Math.Max(FirstAddressOf(_marks.Before(position.Next).Page), floor);
    }

    /// <summary>Scans what one page holds from the address on, out of the file.</summary>
    /// <returns>Where to go on.</returns>
    private long ScanFile<T>(ref Position position, long flushed, ref T take) where T : struct, ITake
    {
        long start = position.Address;
        long pageEnd = (start | (_pageBytes - 1L)) + 1;
        int length = (int)(Math.Min(pageEnd, flushed) - start);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, length);
            if (!_device.TryReadAt(start, bytes, out _)) throw new IOException($"{_device.PathOf(start)} can't be read: {_device.LastError}");
            if (_device.IsPoisoned && _reloading is null)
            {
                // What was written since the checkpoint may have been dropped, and something older may stand in its place that looks right.
                length = (int)Math.Min(length, position.SyncedUntil - start);
                if (length <= 0) throw Unrepaired();
            }

            int offset = 0;
            while (length - offset >= Record.EntryHeaderBytes)
            {
                int recordBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);
                if (recordBytes == 0) break;       // the rest of the page was too small for the next record
                if (recordBytes < Record.HeaderBytes || recordBytes > length - offset - Record.EntryHeaderBytes)
                {
                    position.IsPassed = IsPassed(position.Next);
                    return position.IsPassed ? start : throw Unreadable(start + offset, "there is no record");
                }

                int end = offset + Record.EntryHeaderBytes + ((recordBytes + 3) & ~3);
                if (!Offer(ref position, start + offset, start + end, bytes.Slice(offset + Record.EntryHeaderBytes, recordBytes), ref take)) return start;
                if (position.Jump != 0)
                {
                    if (position.Jump >= start + length) return position.Jump;
                    end = (int)(position.Jump - start);     // behind the hole on the same page
                    position.Jump = 0;
                }

                offset = end;
            }

            return start + length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Scans what was not handed to the disk yet.</summary>
    /// <returns>Where to go on.</returns>
    private unsafe long ScanMemory<T>(ref Position position, FasterLog log, ref T take) where T : struct, ITake
    {
        // FASTER gives entries up to its committed mark; ours is the sequence, so its mark may be the tail.
        log.CommittedUntilAddress = Volatile.Read(ref _tailAddress);
        using FasterLogScanIterator records = log.Scan(position.Address, long.MaxValue, recover: false, scanBufferingMode: ScanBufferingMode.SinglePageBuffering);
        try
        {
            while (records.UnsafeGetNext(out byte* entry, out int length, out long address, out _))
            {
                try
                {
                    long end = address + Record.EntryHeaderBytes + ((length + 3) & ~3);
                    if (!Offer(ref position, address, end, new ReadOnlySpan<byte>(entry, length), ref take) || position.Jump != 0) break;
                }
                finally
                {
                    records.UnsafeRelease();
                }
            }

            return records.NextAddress;
        }
        catch (FasterException e)
        {
            position.IsPassed = IsPassed(position.Next);
            return position.IsPassed ? 0 : throw Unreadable(records.NextAddress, e.Message);
        }
        catch (OperationCanceledException)
        {
            throw new IOException($"Channel {ChannelId} can't be read: {_device.LastError}");       // how FASTER tells that a read failed
        }
    }

    /// <summary>Checks a record and gives it to the taker. False ends the scan.</summary>
    private bool Offer<T>(ref Position position, long address, long endAddress, ReadOnlySpan<byte> record, ref T take) where T : struct, ITake
    {
        long sequence = record.Length < Record.HeaderBytes ? -1 : Record.SequenceOf(record);
        if (sequence >= 0 && sequence < position.Next && !position.HasTaken)
        {
            position.LastEnd = endAddress;
            return true;        // the page begins before the wanted ones
        }

        if (sequence != position.Next || !Record.IsValid(record, _seed))
        {
            position.IsPassed = IsPassed(position.Next);
            // Where this record is whole and belongs further on, the place where the missing one began is damaged, perhaps in another file.
            bool isLater = sequence > position.Next && position.LastEnd != 0 && Record.IsValid(record, _seed);
            return position.IsPassed ? false : throw Unreadable(isLater ? position.LastEnd : address, $"message {position.Next} is missing or has a wrong checksum");
        }

        Taken taken = take.Take(sequence, address, record);
        position.HasTaken = true;
        if (taken != Taken.Refused)
        {
            position.Next = sequence + 1;
            position.EndAddress = position.LastEnd = position.TryJump() ? position.Jump : endAddress;
        }

        position.IsDone = taken != Taken.More || position.Next >= position.Below;
        return !position.IsDone;
    }

    private bool IsPassed(long sequence) => Volatile.Read(ref _headSequence) > sequence || _isClosed || Volatile.Read(ref _holes).TryFind(sequence, out _);

    private struct Position
    {
        public long Next;
        public long Below;
        public long Address;
        public long EndAddress;
        public long LastEnd;        // of the last record that was looked at
        public long SyncedUntil;
        public HoleList Holes;
        public int HoleIndex;       // the first hole that ends above Next
        public long Jump;           // where to go on behind a hole; 0: where the last record ended
        public bool HasTaken;
        public bool IsDone;
        public bool IsPassed;

        /// <summary>Passes the hole that the next sequence lies in.</summary>
        public bool TryJump()
        {
            if (HoleIndex >= Holes.Count || Holes[HoleIndex].From > Next) return false;
            Hole hole = Holes[HoleIndex++];
            Next = hole.Below;
            Jump = hole.BelowAddress;
            return true;
        }
    }

    private readonly record struct Hint(long Sequence, long Address);

    private readonly struct TakeForward(MessagePage page, int countMax, int bytesMax) : ITake
    {
        public Taken Take(long sequence, long address, ReadOnlySpan<byte> record)
        {
            ReadOnlySpan<byte> payload = record[Record.HeaderBytes..];
            if (page.Count > 0 && page.Bytes + payload.Length > bytesMax) return Taken.Refused;
            page.Add(sequence, Record.ServerTimeUsOf(record), payload);
            page.NextKey = sequence + 1;
            return page.Count < countMax ? Taken.More : Taken.Last;
        }
    }

    private struct TakeTime(long serverTimeUs) : ITake
    {
        public long Key;
        public long TimeUs;

        public Taken Take(long sequence, long address, ReadOnlySpan<byte> record)
        {
            TimeUs = Record.ServerTimeUsOf(record);
            if (TimeUs < serverTimeUs) return Taken.More;
            Key = sequence;
            return Taken.Refused;
        }
    }

    /// <summary>Notes the latest time up to each of some sequences.</summary>
    private struct TakeTimesMax(long[] sequences) : ITake
    {
        private readonly long[] _timesMaxUs = new long[sequences.Length];
        private int _count;
        private long _timeMaxUs;

        public Taken Take(long sequence, long address, ReadOnlySpan<byte> record)
        {
            _timeMaxUs = Math.Max(_timeMaxUs, Record.ServerTimeUsOf(record));
            while (_count < sequences.Length && sequences[_count] <= sequence) _timesMaxUs[_count++] = _timeMaxUs;
            return Taken.More;
        }

        /// <summary>The times; of sequences that lie behind the last record the latest of all.</summary>
        public readonly long[] ToEnd()
        {
            _timesMaxUs.AsSpan(_count).Fill(_timeMaxUs);
            return _timesMaxUs;
        }
    }

    private struct TakeAddress : ITake
    {
        public long Sequence;
        public long Address;

        public Taken Take(long sequence, long address, ReadOnlySpan<byte> record)
        {
            Sequence = sequence;
            Address = address;
            return Taken.Refused;
        }
    }
}
