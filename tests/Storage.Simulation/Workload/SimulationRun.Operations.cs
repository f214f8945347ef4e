namespace Gateway.Storage.Simulation;

/// <summary>What is done to a running store besides appends and reads.</summary>
internal sealed partial class SimulationRun
{
    private readonly List<(ChannelModel Channel, long From, long Below, long Live, ValueTask<DeleteResult> Task)> _deletes = [];

    private void Operate()
    {
        _result.Operations++;
        if (_settings.FaultOdds > 0 && _random.Next(_settings.FaultOdds) == 0) AddFault();
        Operation operation = _settings.NextOperation(_random);
        switch (operation)
        {
            case Operation.Append: Append(); break;
            case Operation.Retry: Retry(); break;
            case Operation.Cancel: Cancel(); break;
            case Operation.Step: Step(); break;
            case Operation.DeleteBelow: DeleteMessages(isRange: false); break;
            case Operation.DeleteRange: DeleteMessages(isRange: true); break;
            case Operation.DeleteChannel: DeleteChannel(); break;
            case Operation.MakeChannel: MakeChannel(); break;
            case Operation.Configure: Configure(); break;
            case Operation.Checkpoint: Checkpoint(); break;
            case Operation.Second: Second(); break;
            case Operation.Minutes: Minutes(); break;
            case Operation.Expire: Expire(); break;
            case Operation.CloseIdle: CloseIdle(); break;
            case Operation.ReadForward: ReadSome(ReadForward); break;
            case Operation.ReadBackward: ReadSome(ReadBackward); break;
            case Operation.Find: ReadSome(Find); break;
            case Operation.ReadAll: ReadSome(channel => ReadAll(channel, _logs[channel.Id], isStart: false)); break;
            case Operation.Heal: if (_isTroubled && _random.Next(3) == 0) Heal(); break;
        }

        if (_settings.ReadsOften && !_disk.IsOff) ReadSome(channel => ReadAll(channel, _logs[channel.Id], isStart: false));
    }

    /// <summary>Deletes from the old end or out of the middle.</summary>
    private void DeleteMessages(bool isRange)
    {
        if (Pick(Presence.Yes) is not { } channel) return;
        IMessageLog log = _logs[channel.Id];
        if (channel.IsUncertain && !Reading(channel, one => ReadAll(one, log, isStart: false))) return;      // a packet that nobody saw yet must not be cut
        LogState before = log.State;
        long Any() => before.HeadKey + _random.NextInt64(before.NextKey - before.HeadKey + 3);
        long from = isRange ? Any() : 0, below = isRange ? from + _random.NextInt64(20) : _random.Next(8) == 0 ? long.MaxValue : Any();
        long live = channel.CountLive(from, Math.Min(below, before.NextKey));
        _trace?.Invoke($"delete in {channel.Id} from {from} below {below}, it holds {before.HeadKey} to {before.NextKey}");
        ValueTask<DeleteResult> task = isRange ? log.DeleteRangeAsync(from, below, CancellationToken.None) : log.DeleteBelowAsync(below, CancellationToken.None);
        below = Math.Min(below, before.NextKey);
        LogState after = log.State;
        if (after.Count != before.Count || live == 0) channel.DeletedAsked.Add(from, below);     // else the disk refused before anything was done
        bool isMade = channel.CountLive(0, before.NextKey) == after.Count;
        if (after.HeadKey < before.HeadKey || channel.CountLive(0, after.HeadKey) > 0) throw new BrokenPromiseException($"channel {channel.Id} begins with {after.HeadKey}, it began with {before.HeadKey}");
        if (!isMade || (after.Count == before.Count && live > 0 && !_isTroubled)) throw new BrokenPromiseException($"channel {channel.Id} holds {after.Count} messages after the deletion of {live}");
        if (task.IsCompleted) TellDelete(channel, from, below, live, task);
        else _deletes.Add((channel, from, below, live, task));
    }

    private void TellDelete(ChannelModel channel, long from, long below, long live, ValueTask<DeleteResult> task)
    {
        if (_disk.IsOff) return;
        DeleteResult result;
        try
        {
            result = task.GetAwaiter().GetResult();
        }
        catch (Exception e) when (_isTroubled && e is IOException or UnauthorizedAccessException)
        {
            _trace?.Invoke($"  channel {channel.Id}: {e.Message}");
            return;
        }

        _result.Note(((long)result.Status << 48) + result.Count);
        _trace?.Invoke($"  channel {channel.Id}: {result.Status} {result.Count} messages from {from} below {below}");
        if (result.Status == DeleteStatus.Deleted)
        {
            if (result.Count != live) throw new BrokenPromiseException($"channel {channel.Id}: {result.Count} messages are told as deleted, {live} were");
            channel.DeletedTold.Add(from, below);
        }
        else if (!_isTroubled)
        {
            throw new BrokenPromiseException($"channel {channel.Id}: a deletion is told as {result.Status} by a disk that works");
        }
    }

    private void MakeChannel()
    {
        if (_channels[_random.Next(_channels.Count)] is { Presence: not Presence.Yes } channel) MakeChannel(channel);
    }

    private void MakeChannel(ChannelModel channel)
    {
        channel.Options = _settings.NewLogOptions(_random);
        _trace?.Invoke($"make channel {channel.Id}, {channel.Options}");
        ValueTask<IMessageLog> opening = _store!.OpenAsync(channel.Id, channel.Options, CancellationToken.None);
        if (channel.Presence == Presence.Maybe) channel.MayBeNew = true;
        else channel.Presence = Presence.Maybe;
        for (int i = 0; i < 2 && !opening.IsCompleted; i++) Step();
        if (_disk.IsOff) return;
        if (!opening.IsCompleted) throw new BrokenPromiseException($"making channel {channel.Id} hangs");
        try
        {
            _logs[channel.Id] = opening.GetAwaiter().GetResult();
            channel.Renew();
            if (_logs[channel.Id].State.Count > 0) throw new BrokenPromiseException($"the new channel {channel.Id} is not empty");
            channel.Presence = Presence.Yes;
            channel.QuotaWasLowered = false;
        }
        catch (Exception e) when (_isTroubled && e is IOException or UnauthorizedAccessException)
        {
            _trace?.Invoke($"  not made: {e.Message}");
        }
    }

    private void DeleteChannel()
    {
        if (Pick(Presence.Yes) is not { } channel) return;
        _trace?.Invoke($"delete channel {channel.Id}");
        ValueTask deleting = _store!.DeleteAsync(channel.Id, CancellationToken.None);
        channel.Presence = Presence.Maybe;
        for (int i = 0; i < 2 && !deleting.IsCompleted; i++) Step();
        if (_disk.IsOff) return;
        if (!deleting.IsCompleted) throw new BrokenPromiseException($"the deletion of channel {channel.Id} hangs");
        _logs.Remove(channel.Id);
        try
        {
            deleting.GetAwaiter().GetResult();
            Settle();
            channel.Renew();
            _unknown.RemoveAll(unknown => unknown.Channel == channel);
            channel.Presence = Presence.No;
        }
        catch (Exception e) when (_isTroubled && e is IOException or UnauthorizedAccessException)
        {
            _trace?.Invoke($"  not deleted: {e.Message}");
            _unknown.RemoveAll(unknown => unknown.Channel == channel);
            channel.MayBeNew = true;
        }
    }

    private void Configure()
    {
        if (Pick(Presence.Yes) is not { } channel) return;
        LogOptions options = _settings.NewLogOptions(_random) with { Durability = channel.Options.Durability };
        _trace?.Invoke($"configure channel {channel.Id}: {options}");
        channel.QuotaWasLowered |= options.QuotaBytes < channel.Options.QuotaBytes;
        channel.Options = options;
        _logs[channel.Id].Configure(options);
    }

    private void Checkpoint()
    {
        _trace?.Invoke("checkpoint");
        Task<bool> checkpoint = _store!.CheckpointAsync(CancellationToken.None);
        if (!checkpoint.IsCompleted) throw new BrokenPromiseException("a checkpoint hangs");
        bool isComplete = checkpoint.GetAwaiter().GetResult();
        Checkpointed();
        if (_disk.IsOff) return;
        _result.Note(isComplete ? 1 : 0);
        if (!isComplete && !_isTroubled) throw new BrokenPromiseException("a checkpoint fails on a disk that works");
    }

    private void Checkpointed()
    {
        foreach (ChannelModel channel in _channels)
        {
            channel.Checkpointed();
            if (_isTroubled && _logs.TryGetValue(channel.Id, out IMessageLog? log)) channel.LoseKept(log.State.NextKey);
        }
    }

    private void Second()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _second++;
        _trace?.Invoke($"second {_second}");
        var heads = _logs.ToDictionary(log => log.Key, log => log.Value.State.HeadKey);
        Task maintenance = _store!.MaintainAsync(_second);
        if (!maintenance.IsCompleted) throw new BrokenPromiseException("the maintenance hangs");
        maintenance.GetAwaiter().GetResult();
        Checkpointed();
        if (_second % _settings.Store.ExpiryIntervalSeconds == 0) CheckExpiry(heads);
    }

    private void Minutes()
    {
        var by = TimeSpan.FromMinutes(_settings.ClockJumps && _random.Next(4) == 0 ? _random.Next(2_880) - 1_440 : _random.Next(30));
        _trace?.Invoke($"the clock goes on by {by}");
        _time.Advance(by);
    }

    private void Expire()
    {
        _trace?.Invoke("expire");
        var heads = _logs.ToDictionary(log => log.Key, log => log.Value.State.HeadKey);
        _store!.Expire();
        CheckExpiry(heads);
    }

    /// <summary>Nothing that is young enough was taken, and on a disk that works nothing that is too old is left.</summary>
    private void CheckExpiry(Dictionary<long, long> headsBefore)
    {
        foreach (ChannelModel channel in _channels)
        {
            if (!_logs.TryGetValue(channel.Id, out IMessageLog? log)) continue;
            long head = log.State.HeadKey, before = headsBefore[channel.Id];
            if (head != before) _trace?.Invoke($"  channel {channel.Id} expired from {before} to {head}");
            long limitUs = _time.NowUs - (long)channel.Options.AgeMax.TotalMicroseconds;
            foreach (PacketModel packet in channel.Packets.Where(packet => packet.HasKeys).OrderBy(packet => packet.FirstKey))
            {
                bool isOld = packet.ServerTimeUs < limitUs;
                if (!isOld && head > before && channel.DeletedAsked.CountOutside(packet.FirstKey, Math.Min(packet.BelowKey, head)) > 0) throw new BrokenPromiseException($"channel {channel.Id}: {packet} expired too early");
                if (!isOld) break;
                if (!_isTroubled && !_settings.ClockJumps && channel.DeletedAsked.CountOutside(Math.Max(packet.FirstKey, head), packet.BelowKey) > 0) throw new BrokenPromiseException($"channel {channel.Id}: {packet} is too old and still there");
            }

            channel.DeletedAsked.Add(0, head);
        }
    }

    private void CloseIdle()
    {
        _trace?.Invoke("close idle logs");
        _time.Advance(TimeSpan.FromSeconds(_random.Next(2 * _settings.Store.IdleCloseSeconds)));
        _store!.CloseIdle();
    }
}
