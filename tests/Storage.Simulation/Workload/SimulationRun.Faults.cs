namespace Gateway.Storage.Simulation;

/// <summary>The disk fails, and works again.</summary>
internal sealed partial class SimulationRun
{
    private void AddFault()
    {
        _result.Faults++;
        _isTroubled = true;
        if (_random.Next(8) == 0)
        {
            _disk.Capacity = _disk.UsedBytes + _random.Next(1 << (8 + _random.Next(11)));
            _trace?.Invoke($"FAULT: {_disk.Capacity - _disk.UsedBytes} bytes are free");
            return;
        }

        if (_random.Next(10) == 0)
        {
            _trace?.Invoke("FAULT: what failed syncs dropped is forgotten");
            _disk.Evict();
            return;
        }

        DiskCall call = _random.Next(10) switch { < 3 => DiskCall.Write, < 6 => DiskCall.Sync, _ => (DiskCall)_random.Next(Enum.GetValues<DiskCall>().Length) };
        string part = _random.Next(8) switch
        {
            0 or 1 => "",
            2 or 3 => "/journal-",
            4 => "/facts-",
            5 => _random.Next(3) switch { 0 => "/checkpoint-a", 1 => "/checkpoint-b", _ => "/checkpoint-" },
            _ => $"/channels/{1 + _random.Next(_settings.Channels)}",
        };
        string code = call switch
        {
            DiskCall.Write => _random.Next(2) == 0 ? "ENOSPC" : "EIO",
            DiskCall.Open => _random.Next(3) switch { 0 => "EIO", 1 => "EMFILE", _ => "EACCES" },
            _ => "EIO",
        };
        var fault = new DiskFault(call, part, code) { Skip = _random.Next(2) == 0 ? 0 : _random.Next(12), Left = _random.Next(3) switch { 0 => 1, 1 => 1 + _random.Next(6), _ => int.MaxValue } };
        _trace?.Invoke($"FAULT: {fault}");
        _disk.Faults.Add(fault);
    }

    private void EndFaults()
    {
        _disk.Faults.Clear();
        _disk.Capacity = long.MaxValue;
        if (_store is null) _isTroubled = false;
    }

    /// <summary>The disk works again: within some seconds the store takes appends again, by itself.</summary>
    private void Heal()
    {
        if (_disk.IsOff) return;
        _trace?.Invoke("the disk works again");
        EndFaults();
        for (int i = 0; i < HealSeconds && !_disk.IsOff; i++)
        {
            Step();
            Second();
            if (_disk.IsOff) return;
            Settle();
            if (_logs.Values.All(log => log.State.IsAvailable)) break;
        }

        if (_disk.IsOff) return;
        foreach ((long id, IMessageLog log) in _logs)
            if (!log.State.IsAvailable) throw new BrokenPromiseException($"channel {id} takes no appends {HealSeconds} s after the disk works again");
        _isTroubled = false;
        Checkpoint();
    }

    /// <summary>A bit or a few change in what lies on the disk: the store opens with everything or refuses by name.</summary>
    private void Rot()
    {
        EndFaults();
        (string Path, SimulatedFile File)[] files = [.. _disk.Files().Where(file => file.File.Length > 0)];
        int bits = 1 + _random.Next(3);
        (string path, SimulatedFile file) = files[_random.Next(files.Length)];
        for (int i = 0; i < bits; i++)
        {
            long at = _random.NextInt64(file.Length);
            file.Damage(at, (byte)(1 << _random.Next(8)));
            _trace?.Invoke($"FLIP at byte {at} of {path}");
            _result.Flips++;
        }

        try
        {
            _store = new MessageStore(_settings.Store, _disk);
            foreach (long id in _store.ChannelIds)
            {
                ChannelModel channel = _channels[(int)id - 1];
                if (!TryOpen(channel)) throw new BrokenPromiseException($"channel {channel.Id} does not open");
                ReadAll(channel, _logs[id], isStart: true);
            }

            foreach (ChannelModel channel in _channels)
                if (channel.Presence == Presence.Yes && !_logs.ContainsKey(channel.Id)) throw new BrokenPromiseException($"channel {channel.Id} is gone");
        }
        catch (DamagedLogException e)
        {
            _trace?.Invoke($"  refused: {e.Message}");
            if (!e.Message.Contains(Path.GetFileName(path), StringComparison.Ordinal)) throw new BrokenPromiseException($"a flip in {path} is refused without its name: {e.Message}", e);
            _result.FlipsRefused++;
        }

        Forget();
    }
}
