namespace Gateway.Storage.Simulation;

/// <summary>Reads and what must be in them.</summary>
internal sealed partial class SimulationRun
{
    private readonly MessagePage _page = new();

    /// <summary>Reads a channel; a disk that fails may refuse.</summary>
    private void ReadSome(Action<ChannelModel> read)
    {
        if (Pick(Presence.Yes) is { } channel) Reading(channel, read);
    }

    /// <returns>False when it refused.</returns>
    private bool Reading(ChannelModel channel, Action<ChannelModel> read)
    {
        try
        {
            read(channel);
            return true;
        }
        catch (Exception e) when (_isTroubled && e is IOException or UnauthorizedAccessException)
        {
            _trace?.Invoke($"  channel {channel.Id} can't be read: {e.Message}");
            return false;
        }
    }

    private void ReadAllChannels()
    {
        foreach (ChannelModel channel in _channels)
            if (channel.Presence == Presence.Yes) ReadAll(channel, _logs[channel.Id], isStart: false);
    }

    private void ReadAll(ChannelModel channel, IMessageLog log, bool isStart)
    {
        int countMax = 1 + _random.Next(_random.Next(2) == 0 ? 20 : 2_000), bytesMax = 1 + _random.Next(1 << (6 + _random.Next(12)));
        _trace?.Invoke($"read all of {channel.Id}, {countMax} messages or {bytesMax} bytes at a time");
        var reading = new ChannelReading(channel, isStart);
        LogState state = log.State;
        for (long key = 0; ; key = _page.NextKey)
        {
            Complete(log.ReadAsync(key, countMax, bytesMax, _page, CancellationToken.None));
            if (_page.Count == 0) break;
            if (_page.Count > countMax || (_page.Count > 1 && _page.Bytes > bytesMax)) throw new BrokenPromiseException($"channel {channel.Id}: {_page.Count} messages of {_page.Bytes} bytes were read, not up to {countMax} or {bytesMax}");
            for (int i = 0; i < _page.Count; i++) reading.Next(_page.Key(i), _page.ServerTimeUs(i), _page.Payload(i));
        }

        reading.End(state.NextKey);
        _trace?.Invoke($"  {reading.Count} messages from {reading.FirstKey}");
        _result.MessagesRead += reading.Count;
        _result.Note(reading.Count);
        if (state.Count != reading.Count) throw new BrokenPromiseException($"channel {channel.Id} says it holds {state.Count} messages and gives {reading.Count}");
        if (reading.Count > 0 && state.HeadKey != reading.FirstKey) throw new BrokenPromiseException($"channel {channel.Id} says it begins with {state.HeadKey} and gives {reading.FirstKey}");
    }

    private void ReadForward(ChannelModel channel)
    {
        IMessageLog log = _logs[channel.Id];
        LogState state = log.State;
        long from = _random.Next(4) == 0 ? 0 : state.HeadKey - 2 + _random.NextInt64(state.NextKey - state.HeadKey + 4);
        Complete(log.ReadAsync(from, 1 + _random.Next(50), 1 + _random.Next(100_000), _page, CancellationToken.None));
        _trace?.Invoke($"read {channel.Id} from {from}: {_page.Count} messages");
        if (from > 0 && from < state.HeadKey && !_page.SkippedToHead) throw new BrokenPromiseException($"channel {channel.Id}: the read from {from} does not say that it begins at {state.HeadKey}");
        long next = Math.Max(from, state.HeadKey);
        for (int i = 0; i < _page.Count; i++)
        {
            CheckMessage(channel, i, next, state.NextKey);
            if (channel.CountLive(next, _page.Key(i)) > 0) throw new BrokenPromiseException($"channel {channel.Id}: messages from {next} below {_page.Key(i)} are not read");
            next = _page.Key(i) + 1;
        }

        if (_page.Count > 0 ? _page.NextKey < next : channel.CountLive(next, state.NextKey) > 0)
            throw new BrokenPromiseException($"channel {channel.Id}: {_page.Count} messages are read from {from}, the next key is {_page.NextKey}; it holds {state.HeadKey} to {state.NextKey}");
    }

    private void ReadBackward(ChannelModel channel)
    {
        IMessageLog log = _logs[channel.Id];
        LogState state = log.State;
        long from = _random.Next(4) == 0 ? long.MaxValue : state.HeadKey - 2 + _random.NextInt64(state.NextKey - state.HeadKey + 4);
        Complete(log.ReadBackwardAsync(from, 1 + _random.Next(50), 1 + _random.Next(100_000), _page, CancellationToken.None));
        _trace?.Invoke($"read {channel.Id} backward below {from}: {_page.Count} messages");
        long below = Math.Min(from, state.NextKey);
        for (int i = 0; i < _page.Count; i++)
        {
            CheckMessage(channel, i, state.HeadKey, below);
            if (channel.CountLive(_page.Key(i) + 1, below) > 0) throw new BrokenPromiseException($"channel {channel.Id}: messages above {_page.Key(i)} and below {below} are not read");
            below = _page.Key(i);
        }

        if (_page.Count == 0 && channel.CountLive(0, below) > 0) throw new BrokenPromiseException($"channel {channel.Id}: nothing is read below {from}, it holds {state.HeadKey} to {state.NextKey}");
    }

    private void Find(ChannelModel channel)
    {
        IMessageLog log = _logs[channel.Id];
        LogState state = log.State;
        PacketModel[] there = [.. channel.Packets.Where(packet => packet.HasKeys)];
        if (there.Length == 0) return;
        long timeUs = there[_random.Next(there.Length)].ServerTimeUs + _random.Next(3) - 1;
        ValueTask<long> find = log.FindAsync(timeUs, CancellationToken.None);
        if (!find.IsCompleted) throw new BrokenPromiseException($"channel {channel.Id}: finding a time hangs");
        long key = find.GetAwaiter().GetResult();
        _trace?.Invoke($"find {timeUs} in {channel.Id}: {key}");
        foreach (PacketModel packet in there)
        {
            if (packet.ServerTimeUs >= timeUs && channel.DeletedAsked.CountOutside(packet.FirstKey, Math.Min(packet.BelowKey, key)) > 0) throw new BrokenPromiseException($"channel {channel.Id}: {packet} has time {packet.ServerTimeUs}, but {key} is found for {timeUs}");
            if (packet.Holds(key) && packet.ServerTimeUs < timeUs) throw new BrokenPromiseException($"channel {channel.Id}: {key} is found for {timeUs}, its time is {packet.ServerTimeUs}");
        }
    }

    /// <summary>Checks a message of <see cref="_page"/>, as far as somebody knows it; the next read of everything looks at all.</summary>
    private void CheckMessage(ChannelModel channel, int at, long from, long below)
    {
        long key = _page.Key(at);
        if (key < from || key >= below || channel.DeletedAsked.Contains(key)) throw new BrokenPromiseException($"channel {channel.Id}: key {key} is read where {from} to below {below} belong, or was deleted");
        if (channel.At(key) is not { } packet) return;
        int index = (int)(key - packet.FirstKey);
        if (_page.Payload(at).Length != packet.LengthOf(index) || _page.ServerTimeUs(at) != packet.ServerTimeUs || !Content.Matches(_page.Payload(at), packet.Number, index))
            throw new BrokenPromiseException($"channel {channel.Id}: key {key} of {packet} has other bytes or another time than were appended");
    }

    private static void Complete(ValueTask task)
    {
        if (!task.IsCompleted) throw new BrokenPromiseException("a read hangs");
        task.GetAwaiter().GetResult();
    }
}
