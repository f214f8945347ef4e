using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Gateway.Storage.Rings;

/// <summary>The one thread that writes rings: takes what is queued, gathers it by ring, writes; removes what is too old. It may hang in the disk for as long as that wants.</summary>
internal sealed partial class RingWriter
{
    /// <summary>A ring whose disk refused is left alone for this long; its records are dropped meanwhile.</summary>
    internal static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly RingQueue _queue;
    private readonly RingStoreOptions _options;
    private readonly Action<string> _report;
    private readonly ExpiryClock _age;
    private readonly WriteBuffer _buffer = new();
    private readonly List<Ring> _touched = [];
    private readonly Lock _gate = new();
    private Ring?[] _rings = new Ring?[64];      // by number; a number is never given twice, since a record with it may still be on its way into the queue
    private int _ringCount;
    private int _failing;
    private long _lostWhileFailing;

    public RingWriter(RingQueue queue, RingStoreOptions options, Action<string> report)
    {
        _queue = queue;
        _options = options;
        _report = report;
        _age = new ExpiryClock(options.Time);
        if (options.IsStepped) return;
        _thread = new Thread(Run) { IsBackground = true, Name = "rings" };
        _thread.Start();
    }

    /// <summary>Gives a ring its number.</summary>
    public Ring Admit(Func<int, Ring> make)
    {
        lock (_gate)
        {
            Ring ring = make(_ringCount);
            Ring?[] rings = _rings;
            if (_ringCount == rings.Length) Array.Resize(ref rings, rings.Length * 2);
            rings[_ringCount++] = ring;
            Volatile.Write(ref _rings, rings);
            return ring;
        }
    }

    /// <summary>Forgets a ring.</summary>
    public void Dismiss(Ring ring)
    {
        lock (_gate)
        {
            int number = Array.IndexOf(_rings, ring);
            if (number >= 0) _rings[number] = null;
        }

        if (ring.IsFailing) Recovered(ring);
    }

    /// <summary>Writes all that is queued now, then does what was asked for.</summary>
    public void Step()
    {
        while (WriteBatch())
        {
        }

        DoWork();
    }

    /// <summary>Writes records from the queue, not more than a part of it at a time, so that their places come free soon.</summary>
    /// <returns>False when there were none.</returns>
    private bool WriteBatch()
    {
        long start = _queue.Head, position = start;
        Ring?[] rings = Volatile.Read(ref _rings);
        while (position - start < _queue.Capacity / 4 && _queue.TryPeek(ref position, out Span<byte> record))
        {
            Ring? ring = rings[MemoryMarshal.Read<int>(record[4..])];
            if (ring is not null) Link(ring, _queue.OffsetOf(position), record);
            position += record.Length;
        }

        foreach (Ring ring in _touched) Write(ring);
        _touched.Clear();
        _queue.Release(position);
        return position > start;
    }

    /// <summary>Hangs a record behind the others of its ring: what stood in the place of the ring's number is the way to the next one from now on.</summary>
    private void Link(Ring ring, int offset, Span<byte> record)
    {
        MemoryMarshal.Write(record[4..], -1);
        if (ring.FirstOffset < 0)
        {
            ring.FirstOffset = offset;
            _touched.Add(ring);
        }
        else
        {
            MemoryMarshal.Write(_queue.At(ring.LastOffset)[4..], offset);
        }

        ring.LastOffset = offset;
    }

    private void Write(Ring ring)
    {
        int offset = ring.FirstOffset;
        ring.FirstOffset = -1;
        long quotaBytes = ring.Options.QuotaBytes;
        if (ring.IsDeleted || quotaBytes == 0) return;
        if (ring.IsFailing && _options.Time.GetElapsedTime(ring.FailedAt) < RetryPause)
        {
            Lose(ring, CountFrom(offset));
            return;
        }

        long dropped = ring.State.Dropped + ring.Lost;
        try
        {
            if (dropped > ring.DroppedTold) AppendDropped(ring, dropped - ring.DroppedTold, RingRecord.TimeUsOf(_queue.At(offset)), quotaBytes);
            while (offset >= 0)
            {
                Span<byte> record = _queue.At(offset);
                int next = MemoryMarshal.Read<int>(record[4..]);
                ring.Files.Append(record, quotaBytes, _buffer);
                offset = next;
            }

            ring.Files.Flush(quotaBytes, _buffer);
            ring.DroppedTold = dropped;
            if (ring.IsFailing) Recovered(ring);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Lose(ring, _buffer.Records + CountFrom(offset));
            ring.Files.Abandon(_buffer);
            Failed(ring, e);
        }
    }

    private void AppendDropped(Ring ring, long count, long timeUs, long quotaBytes)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, count);
        Span<byte> record = stackalloc byte[RingRecord.LengthOf(0, sizeof(long))];
        record.Clear();
        RingRecord.Write(record, new RingEntry(timeUs, 0, 0, RingRecord.DroppedType), [], bytes);
        ring.Files.Append(record, quotaBytes, _buffer, isOwn: true);
    }

    private int CountFrom(int offset)
    {
        int count = 0;
        for (; offset >= 0; count++) offset = MemoryMarshal.Read<int>(_queue.At(offset)[4..]);
        return count;
    }

    private void Lose(Ring ring, int count)
    {
        ring.Lost += count;
        _lostWhileFailing += count;
    }

    private void Failed(Ring ring, Exception e)
    {
        ring.FailedAt = _options.Time.GetTimestamp();
        if (ring.IsFailing) return;
        ring.IsFailing = true;
        if (_failing++ == 0) _report($"The {ring.Kind} ring of {ring.Owner} can't be written: {e.Message} Such records are dropped and counted until the disk works.");
    }

    private void Recovered(Ring ring)
    {
        ring.IsFailing = false;
        if (--_failing > 0) return;
        _report($"Rings are written again; {_lostWhileFailing} records were dropped.");
        _lostWhileFailing = 0;
    }
}
