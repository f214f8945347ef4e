namespace Gateway.Storage.Simulation;

/// <summary>The bytes of one file, as programs see them and as the disk holds them.</summary>
/// <remarks>A sector is never changed in place but replaced, so the two sides, and copies of a whole disk, share the sectors that are the same. A sector that was never
/// written is null and reads as zeros.</remarks>
internal sealed class SimulatedFile
{
    /// <summary>What reaches the disk whole or not at all.</summary>
    public const int SectorBytes = 512;

    private byte[]?[] _now = [];
    private byte[]?[] _synced = [];
    private long _syncedLength;
    private readonly HashSet<int> _dirty = [];      // written, and the disk may not hold it yet
    private readonly HashSet<int> _dropped = [];    // a failed sync called it clean, but the disk does not hold it

    /// <summary>Bytes as programs see it.</summary>
    public long Length { get; private set; }

    /// <summary>Sectors that take room.</summary>
    public int SectorCount { get; private set; }

    /// <summary>Something was written since the last sync.</summary>
    public bool IsDirty => _dirty.Count > 0 || Length != _syncedLength;

    /// <summary>Writes; sectors in use grow with it.</summary>
    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        long end = offset + bytes.Length;
        int last = (int)((end + SectorBytes - 1) / SectorBytes);
        if (_now.Length < last) Array.Resize(ref _now, Math.Max(last, _now.Length * 2));
        for (long at = offset; at < end;)
        {
            int sector = (int)(at / SectorBytes), from = (int)(at % SectorBytes), length = (int)Math.Min(SectorBytes - from, end - at);
            byte[] after = new byte[SectorBytes];
            if (_now[sector] is { } before)
            {
                if (length < SectorBytes) before.CopyTo(after, 0);
            }
            else
            {
                SectorCount++;
            }

            bytes.Slice((int)(at - offset), length).CopyTo(after.AsSpan(from));
            _now[sector] = after;
            _dirty.Add(sector);
            _dropped.Remove(sector);
            at += length;
        }

        Length = Math.Max(Length, end);
    }

    /// <summary>Sectors that a write would add.</summary>
    public int NewSectors(int length, long offset)
    {
        int count = 0;
        for (long sector = offset / SectorBytes; sector * SectorBytes < offset + length; sector++)
            if (sector >= _now.Length || _now[sector] is null) count++;
        return count;
    }

    /// <summary>Reads up to the end of the file.</summary>
    public int Read(Span<byte> bytes, long offset)
    {
        int total = (int)Math.Clamp(Length - offset, 0, bytes.Length);
        for (int done = 0; done < total;)
        {
            long at = offset + done;
            int sector = (int)(at / SectorBytes), from = (int)(at % SectorBytes), length = Math.Min(SectorBytes - from, total - done);
            Span<byte> target = bytes.Slice(done, length);
            if (sector < _now.Length && _now[sector] is { } held) held.AsSpan(from, length).CopyTo(target);
            else target.Clear();
            done += length;
        }

        return total;
    }

    /// <summary>Everything is on the disk afterwards, except what a failed sync dropped.</summary>
    public void Sync()
    {
        foreach (int sector in _dirty) Keep(sector);
        _dirty.Clear();
        _syncedLength = Length;
    }

    /// <summary>Some of what was written reaches the disk by itself, as systems do all the time.</summary>
    public void WriteBack(Random random)
    {
        int odds = random.Next(1, 4);
        foreach (int sector in _dirty)
            if (random.Next(odds) == 0) Keep(sector);
        if (random.Next(2) == 0) _syncedLength = Length;
    }

    /// <summary>A sync that fails as Linux's do: what did not reach the disk counts as clean from now on. It can still be read until the system needs the memory.</summary>
    public void FailSync(Random random, bool losesAll)
    {
        int odds = random.Next(1, 4);
        foreach (int sector in _dirty)
        {
            if (!losesAll && random.Next(odds) == 0) Keep(sector);
            else _dropped.Add(sector);
        }

        _dirty.Clear();
        if (!losesAll && random.Next(2) == 0) _syncedLength = Length;
    }

    /// <summary>The system forgets what a failed sync dropped: what the disk holds comes up.</summary>
    public void Evict()
    {
        foreach (int sector in _dropped) Set(sector, sector < _synced.Length ? _synced[sector] : null);
        _dropped.Clear();
    }

    /// <summary>What the disk holds after the power went: any mix of the unsynced sectors, and any length between.</summary>
    public SimulatedFile AfterCut(Random random, bool losesAll)
    {
        var file = new SimulatedFile { _synced = (byte[]?[])_synced.Clone() };
        if (losesAll)
        {
            file.Cut(_syncedLength);
            return file;
        }

        long length = random.Next(3) switch { 0 => _syncedLength, 1 => Length, _ => Math.Min(_syncedLength, Length) + random.NextInt64(Math.Abs(Length - _syncedLength) + 1) };
        int odds = random.Next(1, 4);
        foreach (int sector in _dirty)
        {
            if (random.Next(odds) != 0) continue;
            if (file._synced.Length <= sector) Array.Resize(ref file._synced, sector + 1);
            file._synced[sector] = _now[sector];
        }

        file.Cut(length);
        return file;
    }

    /// <summary>The same file again; both can be changed without the other.</summary>
    public SimulatedFile Copy()
    {
        var file = new SimulatedFile { _synced = (byte[]?[])_now.Clone() };
        file.Cut(Length);
        return file;
    }

    /// <summary>Changes the length and takes everything as synced: what a hand that damages files does.</summary>
    public void Cut(long length)
    {
        int sectors = (int)((length + SectorBytes - 1) / SectorBytes);
        if (_synced.Length > sectors) Array.Resize(ref _synced, sectors);
        int rest = (int)(length % SectorBytes);
        if (rest > 0 && sectors <= _synced.Length && _synced[sectors - 1] is { } last)
        {
            byte[] cut = new byte[SectorBytes];
            last.AsSpan(0, rest).CopyTo(cut);
            _synced[sectors - 1] = cut;
        }

        _now = (byte[]?[])_synced.Clone();
        _dirty.Clear();
        _dropped.Clear();
        Length = _syncedLength = length;
        SectorCount = _now.Count(sector => sector is not null);
    }

    /// <summary>Changes one byte, as programs see it and on the disk.</summary>
    public void Damage(long offset, byte mask)
    {
        int sector = (int)(offset / SectorBytes), at = (int)(offset % SectorBytes);
        if (sector < _synced.Length) _synced[sector] = Changed(_synced[sector]);
        Set(sector, Changed(sector < _now.Length ? _now[sector] : null));

        byte[] Changed(byte[]? before)
        {
            byte[] after = before is null ? new byte[SectorBytes] : (byte[])before.Clone();
            after[at] ^= mask;
            return after;
        }
    }

    /// <summary>True when a sector was written since the last sync.</summary>
    public bool IsUnsynced(long offset) => _dirty.Contains((int)(offset / SectorBytes)) || _dropped.Contains((int)(offset / SectorBytes));

    private void Keep(int sector)
    {
        if (_synced.Length <= sector) Array.Resize(ref _synced, Math.Max(sector + 1, _now.Length));
        _synced[sector] = _now[sector];
    }

    private void Set(int sector, byte[]? bytes)
    {
        if (_now.Length <= sector) Array.Resize(ref _now, sector + 1);
        SectorCount += (bytes is null ? 0 : 1) - (_now[sector] is null ? 0 : 1);
        _now[sector] = bytes;
    }
}
