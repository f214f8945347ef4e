using System.Buffers.Binary;
using FASTER.core;
using Gateway.Storage.Disk;
using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>Opening, checking, checkpointing and closing of the files of a log.</summary>
internal sealed partial class ChannelLog
{
    /// <summary>Checks the files against the checkpoint's facts and makes the marks: one small read per page, all of the last page.</summary>
    /// <exception cref="DamagedLogException">They disagree; nothing was changed.</exception>
    public void Verify()
    {
        if (_facts.HeadAddress == _facts.UntilAddress)
        {
            if (_facts.HeadSequence != _facts.NextSequence) throw Damaged(_facts.HeadAddress, "the checkpoint counts messages where there are none");
            return;
        }

        Span<byte> head = stackalloc byte[Record.EntryHeaderBytes + Record.HeaderBytes];
        long lastPage = (_facts.UntilAddress - 1) >> _facts.PageBits;
        long previous = 0, timeMaxUs = 0;
        for (long page = _facts.HeadAddress >> _facts.PageBits; page <= lastPage; page++)
        {
            long address = Math.Max(FirstAddressOf(page), _facts.HeadAddress);
            if (page < lastPage && IsPadding(address))
            {
                _headAddress = FirstAddressOf(page + 1);
                continue;
            }

            if (!_device.TryReadAt(address, head, out int present)) throw new IOException($"{_device.PathOf(address)} can't be read: {_device.LastError}");
            long sequence = Record.SequenceOf(head[Record.EntryHeaderBytes..]);
            int length = BinaryPrimitives.ReadInt32LittleEndian(head);
            if (present < head.Length) throw Damaged(address, "the file ends or is missing");
            if (length is < Record.HeaderBytes or > Record.BytesMax) throw Damaged(address, "there is no record");
            if (_marks.Count == 0 ? sequence != _facts.HeadSequence : sequence <= previous)
                throw Damaged(address, $"message {sequence} follows message {previous}");
            if (sequence >= _facts.NextSequence) throw Damaged(address, $"message {sequence} was never committed");
            timeMaxUs = Math.Max(timeMaxUs, Record.ServerTimeUsOf(head[Record.EntryHeaderBytes..]));
            _marks.Add(page, sequence, timeMaxUs);
            previous = sequence;
        }

        VerifyPage(lastPage);
    }

    /// <summary>True when the head stood at the tail and the next record did not fit there: it is the first of the next page. Earlier programs wrote such heads.</summary>
    private bool IsPadding(long address)
    {
        if (address != _facts.HeadAddress || (address & (_pageBytes - 1)) is 0 or ChannelFacts.FirstAddress) return false;
        if (_pageBytes - (address & (_pageBytes - 1)) < Record.EntryBytes(0)) return true;
        Span<byte> length = stackalloc byte[Record.EntryHeaderBytes];
        return _device.TryReadAt(address, length, out int present) && present == length.Length && BinaryPrimitives.ReadInt32LittleEndian(length) == 0;
    }

    private void VerifyPage(long page)
    {
        long address = Math.Max(FirstAddressOf(page), _headAddress);
        byte[] bytes = new byte[_facts.UntilAddress - address];
        if (!_device.TryReadAt(address, bytes, out int present)) throw new IOException($"{_device.PathOf(address)} can't be read: {_device.LastError}");
        if (present < bytes.Length) throw Damaged(address + present, "the file ends too early");
        long sequence = _marks.FirstSequenceOf(page);
        for (int offset = 0; offset < bytes.Length; sequence++)
        {
            int length = bytes.Length - offset < Record.EntryHeaderBytes ? 0 : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(offset));
            if (length < Record.HeaderBytes || length > bytes.Length - offset - Record.EntryHeaderBytes) throw Damaged(address + offset, "there is no record");
            ReadOnlySpan<byte> record = bytes.AsSpan(offset + Record.EntryHeaderBytes, length);
            if (!Record.IsValid(record, _seed) || Record.SequenceOf(record) != sequence) throw Damaged(address + offset, $"message {sequence} has a wrong checksum or number");
            offset += Record.EntryHeaderBytes + ((length + 3) & ~3);
        }

        if (sequence != _facts.NextSequence) throw Damaged(_facts.UntilAddress, $"the log ends with message {sequence - 1}, the checkpoint says {_facts.NextSequence - 1}");
    }

    /// <summary>Takes an entry of the journal that the checkpoint did not have yet; all of it is acknowledged.</summary>
    public void Replay(JournalView entry)
    {
        lock (_gate)
        {
            switch (entry.Kind)
            {
                case JournalKind.Head:
                    MoveHead(entry.Key);
                    break;
                case JournalKind.Append when entry.Key + entry.Count > _nextSequence:
                    if (entry.Key > _nextSequence)
                        throw Damaged(_tailAddress, $"the journal goes on with message {entry.Key}, the log ends with {_nextSequence - 1}");
                    ReplayPacket(entry);
                    break;
            }
        }
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

    /// <summary>Brings the log to the disk.</summary>
    /// <param name="facts">What is there for sure afterwards; the old facts when the disk refused.</param>
    /// <returns>False when the disk refused: the journal must be kept.</returns>
    public bool TryCheckpoint(out ChannelFacts facts)
    {
        facts = _facts;
        ChannelFacts wanted;
        lock (_gate)
        {
            wanted = new ChannelFacts(ChannelId, Incarnation, _nextSequence, _tailAddress, _headSequence, _headAddress, _timeMaxUs, _facts.PageBits, _facts.SegmentBits);
            if ((_log is null || wanted == _facts) && !_device.IsPoisoned)
            {
                facts = wanted;
                return true;
            }

            _log?.Commit(spinWait: false);       // hands the open page to the device; the facts are ours
            if (_log is not null) EnqueueLoop.WaitFlushed(_log, wanted.UntilAddress);
        }

        if (_device.IsPoisoned ? !TryReplacePoisoned() : !_device.TrySync()) return false;
        facts = wanted;
        return true;
    }

    /// <summary>After a failed sync: the files are written anew under other names, synced, read back record by record, and take the old ones' place.</summary>
    private bool TryReplacePoisoned()
    {
        lock (_gate)
        {
            if (!_device.TryReplaceUnsynced()) return false;
            try
            {
                // What was written since the checkpoint is checked; what was before is on the disk.
                long from = _marks.Count == 0 ? _nextSequence : Math.Max(_marks.FirstSequenceOf(_marks.PageOf(_facts.NextSequence)), _headSequence);
                var all = new TakeAll();
                if (from < _nextSequence && !Scan(from, _nextSequence, ref all, CancellationToken.None)) return false;
                _device.ForgetPoison();
                return true;
            }
            catch (Exception e) when (e is IOException or DamagedLogException)
            {
                _store.Report($"Channel {ChannelId} stays stopped until the next start, which takes its messages from the journal: {e.Message}");
                return false;
            }
        }
    }

    /// <summary>The facts are in a synced checkpoint: what lies below the head may go, what was waited for is durable.</summary>
    public void CheckpointDone(in ChannelFacts facts)
    {
        Acknowledge(facts.NextSequence);
        if (IsAvailable && !_isFull) SignalSpace();
        lock (_gate)
        {
            if (_isClosed) return;
            bool cut = facts.HeadAddress > _facts.HeadAddress;
            _facts = facts;
            if (!cut) return;
            _log?.UnsafeShiftBeginAddress(facts.HeadAddress);
            _device.RemoveBelow(facts.HeadAddress);
        }
    }

    /// <summary>Gives the memory of a log back that nobody used since the timestamp <paramref name="before"/> and that is wholly on the disk.</summary>
    public void CloseIfIdle(long before)
    {
        lock (_gate)
        {
            if (_log is null || _users > 0 || _lastUse > before || _facts.UntilAddress != _tailAddress || _facts.HeadAddress != _headAddress) return;
            CloseLog();
        }
    }

    /// <summary>No more appends and reads; waits end. The files stay.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            if (_users == 0) CloseLog();
        }

        if (_store.UnknownOutcomes.Any) _store.UnknownOutcomes.RemoveAll(this);
        Interlocked.Exchange(ref _arrival, null)?.TrySetResult();
        Interlocked.Exchange(ref _space, null)?.TrySetResult();
    }

    /// <inheritdoc />
    public void Dispose() => Close();

    /// <summary>Removes all files of a log that was closed, and brings that to the disk: the next checkpoint does not know the log any more, and files that came back
    /// when the power went would be strangers to it.</summary>
    public void DeleteFiles()
    {
        string folder = FolderOf(_options.Folder, ChannelId);
        FileSystem files = _store.Handles.Files;
        if (!files.FolderExists(folder)) return;
        foreach (string file in files.ListFiles(folder, Path.GetFileName(PathOf(_options.Folder, ChannelId, Incarnation)) + ".")) _store.Handles.Delete(file);
        files.SyncFolder(folder);
        if (files.ListFiles(folder, "").Length + files.ListFolders(folder).Length > 0) return;
        files.RemoveFolder(folder);
        files.SyncFolder(Path.GetDirectoryName(folder)!);
    }

    /// <summary>Removes files that lie below the head or belong to an earlier log of the channel.</summary>
    public void RemoveStrayFiles()
    {
        string folder = FolderOf(_options.Folder, ChannelId);
        long headSegment = _facts.HeadAddress >> _facts.SegmentBits;
        string prefix = Path.GetFileName(PathOf(_options.Folder, ChannelId, Incarnation)) + ".";
        foreach (string file in _store.Handles.Files.ListFiles(folder, "log-"))
        {
            string name = Path.GetFileName(file);
            bool isOurs = name.StartsWith(prefix, StringComparison.Ordinal);
            if (!isOurs || (long.TryParse(name[prefix.Length..], out long segment) && segment < headSegment)) _store.Handles.Delete(file);
        }
    }

    /// <summary>Opens FASTER's log where the facts say; the gate is held.</summary>
    private bool TryOpenLog()
    {
        _lastUse = _options.Time.GetTimestamp();
        if (_log is not null) return true;
        try
        {
            _store.Handles.Files.CreateFolder(FolderOf(_options.Folder, ChannelId));
            var log = new FasterLog(new FasterLogSettings
            {
                LogDevice = _device,
                LogCommitManager = _commitFacts,
                PageSizeBits = _facts.PageBits,
                MemorySizeBits = _facts.PageBits + 1,
                SegmentSizeBits = _facts.SegmentBits,
                TryRecoverLatest = false,
            });
            if (_tailAddress > ChannelFacts.FirstAddress)
            {
                // From the checkpoint's head, not from ours: FASTER loads no page that holds nothing, and the next record would be written with zeros before it, over the end
                // of a record that a start still looks for because the checkpoint does not know the deletion.
                _commitFacts.Set(_facts.HeadAddress, _tailAddress);
                log.Recover();
                if (log.TailAddress != _tailAddress || log.BeginAddress != _facts.HeadAddress)
                    throw new IOException($"Channel {ChannelId}: the log was opened from {log.BeginAddress} to {log.TailAddress}, not from {_facts.HeadAddress} to {_tailAddress}.");
            }

            _log = log;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FasterException)
        {
            _store.Report($"Channel {ChannelId} can't be opened: {e.Message}");
            return false;
        }
    }

    private void CloseLog()
    {
        _log?.Dispose();
        _log = null;
        _device.Dispose();
        _commitFacts.Dispose();
    }

    private long FirstAddressOf(long page) => page == 0 ? ChannelFacts.FirstAddress : page << _facts.PageBits;

    private DamagedLogException Damaged(long address, string what)
    {
        string message = $"{_device.PathOf(address)} is damaged at byte {address & ((1L << _facts.SegmentBits) - 1)}: {what}. " +
            $"Channel {ChannelId} is stopped. Restore its folder from a copy, or delete the channel to begin with an empty one; nothing was changed.";
        _damage = message;
        return new DamagedLogException(message);
    }

    /// <summary>A record that is already laid out.</summary>
    private readonly struct Bytes(byte[] bytes, int length) : ILogEnqueueEntry
    {
        public int SerializedLength => length;

        public void SerializeTo(Span<byte> dest) => bytes.AsSpan(0, length).CopyTo(dest);
    }
}
