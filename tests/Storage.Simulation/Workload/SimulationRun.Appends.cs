namespace Gateway.Storage.Simulation;

/// <summary>Appends and what is told about them.</summary>
internal sealed partial class SimulationRun
{
    private const int CancelOdds = 8;
    private const int UnknownMax = 16;

    private readonly List<PendingAppend> _appends = [];
    private readonly List<(ChannelModel Channel, PacketModel Model, Packet Packet)> _unknown = [];      // their callers may try again
    private int _packetNumber;

    private void Append()
    {
        if (Pick(Presence.Yes) is not { } channel) return;
        int[] lengths = NextLengths();
        var packet = new Packet { ServerTimeUs = _time.NowUs, DeduplicationId = _packetNumber + 1 };
        byte[] bytes = new byte[lengths.Sum()];
        var ends = new int[lengths.Length];
        var model = new PacketModel(++_packetNumber, lengths, packet.ServerTimeUs, channel.Options.Durability);
        for (int i = 0, start = 0; i < lengths.Length; start = ends[i++])
        {
            Content.Fill(bytes.AsSpan(start, lengths[i]), model.Number, i);
            ends[i] = start + lengths[i];
        }

        packet.Use(bytes, ends, lengths.Length);
        _trace?.Invoke($"append to {channel.Id}: packet {model.Number}, {lengths.Length} messages, {bytes.Length} bytes");
        channel.Packets.Add(model);
        Append(channel, model, packet);
    }

    /// <summary>Appends a packet again of which it is not known whether it is stored.</summary>
    private void Retry()
    {
        if (_unknown.Count == 0) return;
        (ChannelModel channel, PacketModel model, Packet packet) = _unknown[_random.Next(_unknown.Count)];
        _unknown.RemoveAll(unknown => unknown.Model == model);
        if (channel.Presence != Presence.Yes) return;
        _trace?.Invoke($"append to {channel.Id} again: packet {model.Number}");
        model.IsRetried = true;
        model.IsPassed = false;
        if (!channel.Packets.Contains(model)) channel.Packets.Add(model);
        if (!model.HasKeys) model.Known = Known.Pending;
        Append(channel, model, packet);
    }

    private void Append(ChannelModel channel, PacketModel model, Packet packet)
    {
        IMessageLog log = _logs[channel.Id];
        LogState before = log.State;
        CancellationTokenSource? cancel = _random.Next(CancelOdds) == 0 ? new CancellationTokenSource() : null;
        var append = new PendingAppend(channel, model, packet, log.AppendAsync(packet, cancel?.Token ?? CancellationToken.None), cancel);
        NoteDropped(channel, before, log.State);
        if (append.Task.IsCompleted) Tell(append, before.Bytes);
        else _appends.Add(append);
    }

    /// <summary>Messages that gave way to an append: only on a channel that wants it, only when it was full, and counted.</summary>
    private void NoteDropped(ChannelModel channel, LogState before, LogState after)
    {
        if (after.HeadKey == before.HeadKey && after.DroppedCount == before.DroppedCount) return;
        long dropped = after.DroppedCount - before.DroppedCount;
        _trace?.Invoke($"  channel {channel.Id} dropped {dropped} messages, from {before.HeadKey} below {after.HeadKey}");
        if (channel.Options.Overflow != Overflow.DropOldest) throw new BrokenPromiseException($"channel {channel.Id} dropped messages, and nobody said it may");
        if (after.HeadKey > before.NextKey) throw new BrokenPromiseException($"channel {channel.Id} dropped messages below {after.HeadKey} that were not told, the next key was {before.NextKey}");
        if (dropped < channel.CountLive(before.HeadKey, after.HeadKey)) throw new BrokenPromiseException($"channel {channel.Id} dropped messages from {before.HeadKey} below {after.HeadKey} and counted {dropped}");
        channel.DeletedAsked.Add(0, after.HeadKey);
    }

    /// <summary>The caller of an append stops waiting.</summary>
    private void Cancel()
    {
        int at = _appends.FindIndex(append => append.Cancel is not null);
        if (at < 0) return;
        PendingAppend cancelled = _appends[at];
        _trace?.Invoke($"cancel the append of packet {cancelled.Model.Number}");
        _appends.RemoveAt(at);
        cancelled.Cancel!.Cancel();
        if (!cancelled.Task.IsCanceled) throw new BrokenPromiseException($"channel {cancelled.Channel.Id}: {cancelled.Model} can't be cancelled");
        SetUnknown(cancelled);
    }

    /// <summary>Commits; everybody must be told.</summary>
    private void Step()
    {
        _trace?.Invoke($"step, {_appends.Count} appends and {_deletes.Count} deletes wait");
        _store!.Step();
        Settle();
    }

    /// <summary>Takes what was told. What was told after the power went was told by nobody.</summary>
    private void Settle()
    {
        if (_disk.IsOff) return;
        foreach (PendingAppend append in _appends)
        {
            if (!append.Task.IsCompleted) throw new BrokenPromiseException($"channel {append.Channel.Id}: {append.Model} is not told after a commit");
            Tell(append, bytesBefore: -1);
        }

        _appends.Clear();
        foreach ((ChannelModel channel, long from, long below, long live, ValueTask<DeleteResult> task) in _deletes)
        {
            if (!task.IsCompleted) throw new BrokenPromiseException($"channel {channel.Id}: the deletion from {from} below {below} is not told after a commit");
            TellDelete(channel, from, below, live, task);
        }

        _deletes.Clear();
    }

    private void Tell(PendingAppend append, long bytesBefore)
    {
        if (_disk.IsOff) return;
        (ChannelModel channel, PacketModel model) = (append.Channel, append.Model);
        AppendResult result = append.Task.GetAwaiter().GetResult();
        _trace?.Invoke($"  channel {channel.Id}: packet {model.Number} {result.Status} {result.FirstKey}..{result.LastKey}");
        _result.Note(((long)result.Status << 48) + result.FirstKey);
        switch (result.Status)
        {
            case AppendStatus.Appended:
                _result.Appended++;
                channel.Told(model, result);
                if (_logs.TryGetValue(channel.Id, out IMessageLog? log) && log.State.Bytes > channel.Options.QuotaBytes && !channel.QuotaWasLowered)
                    throw new BrokenPromiseException($"channel {channel.Id} holds {log.State.Bytes} bytes, its quota is {channel.Options.QuotaBytes}");
                break;
            case AppendStatus.Full:
                _result.Full++;
                Refused(channel, model);
                if (bytesBefore + MostBytesOf(model) < channel.Options.QuotaBytes) throw new BrokenPromiseException($"channel {channel.Id}: {model} is refused as too much for {channel.Options.QuotaBytes} bytes, of which {bytesBefore} are used");
                break;
            case AppendStatus.TooLarge:
                _result.TooLarge++;
                Refused(channel, model);
                int total = 0, longest = 0;
                for (int i = 0; i < model.Count; i++) (total, longest) = (total + model.LengthOf(i), Math.Max(longest, model.LengthOf(i)));
                int journalMax = (1 << _settings.Store.JournalPageBits) - 1024;
                if (MostBytesOf(model) < channel.Options.QuotaBytes && longest <= Packet.MessageBytesMax && total <= _settings.Store.PacketBytesMax && total + (4 * model.Count) <= journalMax)
                    throw new BrokenPromiseException($"channel {channel.Id}: {model} of {total} bytes is refused as too large");
                break;
            default:
                _result.Unavailable++;
                SetUnknown(append);
                if (!_isTroubled && channel.Presence == Presence.Yes) throw new BrokenPromiseException($"channel {channel.Id}: {model} is told as unavailable by a disk that works");
                break;
        }
    }

    private static void Refused(ChannelModel channel, PacketModel model)
    {
        if (model.HasKeys) throw new BrokenPromiseException($"channel {channel.Id}: {model} is refused, but was read");
        channel.Packets.Remove(model);
    }

    private void SetUnknown(PendingAppend append)
    {
        ChannelModel.Untold(append.Model);
        _unknown.Add((append.Channel, append.Model, append.Packet));
        if (_unknown.Count > UnknownMax) _unknown.RemoveAt(0);
    }

    private int[] NextLengths()
    {
        int count = _random.Next(8) switch { 0 => 1 + _random.Next(100), < 4 => 1, _ => 1 + _random.Next(5) };
        var lengths = new int[count];
        int max = 1 << (4 + _random.Next(7));
        for (int i = 0; i < count; i++) lengths[i] = _random.Next(max);
        if (_settings.LargeOdds > 0 && _random.Next(_settings.LargeOdds) == 0)
        {
            // Around the longest message, the largest packet, and what is left of a page.
            int large = _random.Next(4) == 0 ? Packet.MessageBytesMax + 2 - _random.Next(4) : Packet.MessageBytesMax - _random.Next(_random.Next(2) == 0 ? 64 : Packet.MessageBytesMax);
            lengths[_random.Next(count)] = large;
            if (_random.Next(4) == 0)
            {
                int target = (_random.Next(2) == 0 ? _settings.Store.PacketBytesMax : (1 << _settings.Store.JournalPageBits) - 128 - 72 - (4 * count)) + 2 - _random.Next(4);
                lengths = [.. Enumerable.Repeat(Packet.MessageBytesMax, target / Packet.MessageBytesMax), target % Packet.MessageBytesMax];
            }
        }

        lengths[0] = Math.Max(lengths[0], Content.NameBytes);
        return lengths;
    }

    private ChannelModel? Pick(Presence presence)
    {
        ChannelModel channel = _channels[_random.Next(_channels.Count)];
        return channel.Presence == presence ? channel : null;
    }

    /// <param name="Channel">Where to.</param>
    /// <param name="Model">What is known of it.</param>
    /// <param name="Packet">Must stay as it is until it is told.</param>
    /// <param name="Task">Told, or not yet.</param>
    /// <param name="Cancel">Ends the wait; null when the caller will not.</param>
    private sealed record PendingAppend(ChannelModel Channel, PacketModel Model, Packet Packet, ValueTask<AppendResult> Task, CancellationTokenSource? Cancel);

    /// <summary>A record takes its payload, 24 bytes and padding; and up to a page's rest stays empty before each.</summary>
    private static long MostBytesOf(PacketModel packet)
    {
        long most = 2048;
        for (int i = 0; i < packet.Count; i++) most += (packet.LengthOf(i) * 2L) + 64;
        return most;
    }
}
