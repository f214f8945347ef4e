using Gateway.Storage.Disk;

namespace Gateway.Storage.Simulation;

/// <summary>Starts, also those that are cut or that the disk refuses, and what must be there after one.</summary>
internal sealed partial class SimulationRun
{
    private void Start()
    {
        for (int tries = 0; tries < StartsMax; tries++)
        {
            bool mayFail = tries < StartsMax - 1;
            bool mayCut = mayFail && _random.Next(4) == 0;
            _disk.CutBefore(mayCut ? 1 + _random.Next(60) : 0);
            if (mayFail && _settings.FaultOdds > 0 && _random.Next(8) == 0) AddFault();
            if (!mayFail) EndFaults();

            _trace?.Invoke($"start{(mayCut ? ", may be cut" : "")}");
            _result.Starts++;
            try
            {
                _second = 0;
                _store = new MessageStore(_settings.Store, _disk);
                _store.Trouble += text => _trace?.Invoke($"  trouble: {text}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && (_isTroubled || _disk.IsOff))
            {
                _trace?.Invoke($"  refused: {e.Message}");
                _result.RefusedStarts++;
                _result.Note(-1);
                if (_disk.IsOff) PowerOn();
                else if (_random.Next(2) == 0) EndFaults();
                continue;
            }
            catch (DamagedLogException e)
            {
                throw new BrokenPromiseException($"the store does not open: {e.Message}", e);
            }

            if (!_disk.IsOff)
            {
                _disk.CutBefore(0);
                if (CheckStart()) return;
            }

            // The power went during the start, or a faulty disk did not let us look.
            if (_disk.IsOff) PowerOn();
            else
            {
                _disk.Kill();
                Forget();
                EndFaults();
                foreach (ChannelModel channel in _channels) channel.Crash(_isTroubled);
            }
        }

        throw new BrokenPromiseException("the store does not start on a disk that works");
    }

    private void PowerOn()
    {
        _trace?.Invoke("POWER CUT in the start");
        _disk.CutBefore(0);
        _disk.PowerOn();
        _result.PowerCuts++;
        _result.CutsInRecovery++;
        Forget();
        foreach (ChannelModel channel in _channels) channel.Crash(losesCache: true);
    }

    /// <summary>Looks at every channel. False when the disk failed meanwhile.</summary>
    private bool CheckStart()
    {
        IReadOnlyList<long> there = _store!.ChannelIds;
        foreach (long id in there)
            if (!_channels.Exists(channel => channel.Id == id)) throw new BrokenPromiseException($"channel {id} is there and was never made");
        foreach (ChannelModel channel in _channels)
        {
            bool isThere = there.Contains(channel.Id);
            if (!isThere)
            {
                if (channel.Presence == Presence.Yes) throw new BrokenPromiseException($"channel {channel.Id} is gone");
                channel.Presence = Presence.No;
                channel.Renew();
                continue;
            }

            if (channel.Presence == Presence.No) throw new BrokenPromiseException($"channel {channel.Id} was deleted, and is there again");
            if (!TryOpen(channel)) throw new BrokenPromiseException($"channel {channel.Id} does not open");
            IMessageLog log = _logs[channel.Id];
            if (channel.Presence == Presence.Maybe && channel.MayBeNew && log.State.Count == 0) channel.Renew();
            channel.Presence = Presence.Yes;
            channel.MayBeNew = false;
            try
            {
                ReadAll(channel, log, isStart: true);
            }
            catch (Exception e) when (_isTroubled && e is IOException or UnauthorizedAccessException)
            {
                _trace?.Invoke($"  channel {channel.Id} can't be read: {e.Message}");
                return false;
            }

        }

        return true;
    }

    /// <summary>Opens a channel that the store knows.</summary>
    private bool TryOpen(ChannelModel channel)
    {
        ValueTask<IMessageLog> opening = _store!.OpenAsync(channel.Id, channel.Options, CancellationToken.None);
        if (!opening.IsCompleted) return false;
        _logs[channel.Id] = opening.GetAwaiter().GetResult();
        return true;
    }
}
