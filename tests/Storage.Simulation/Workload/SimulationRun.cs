namespace Gateway.Storage.Simulation;

/// <summary>One seed: a disk, some channels, several lives of a store on it, and at every turn a look at what the callers were told.</summary>
internal sealed partial class SimulationRun
{
    private const string Folder = "/data";
    private const int StartsMax = 5;
    private const int HealSeconds = 10;

    private readonly Random _random;
    private readonly ManualTime _time = new();
    private readonly RunSettings _settings;
    private readonly SimulatedDisk _disk;
    private readonly Action<string>? _trace;
    private readonly List<ChannelModel> _channels = [];
    private readonly Dictionary<long, IMessageLog> _logs = [];
    private readonly RunResult _result = new();
    private MessageStore? _store;
    private bool _isTroubled;       // the disk failed, or is about to: refusals are in order
    private int _second;

    private SimulationRun(int seed, Action<string>? trace, bool isDeep)
    {
        _random = new Random(seed);
        _trace = trace;
        _disk = new SimulatedDisk(_random.Next()) { Trace = isDeep ? trace : null };
        _settings = new RunSettings(_random, Folder, _time);
        for (int id = 1; id <= _settings.Channels; id++) _channels.Add(new ChannelModel(id));
    }

    /// <summary>Runs a seed.</summary>
    /// <param name="seed">Alone says what happens.</param>
    /// <param name="trace">Gets a line for every operation, or null.</param>
    /// <param name="isDeep">And for every call that changes the disk.</param>
    /// <exception cref="BrokenPromiseException">The store broke a promise.</exception>
    public static RunResult Run(int seed, Action<string>? trace = null, bool isDeep = false)
    {
        var run = new SimulationRun(seed, trace, isDeep);
        try
        {
            run.Run();
            return run._result;
        }
        catch (Exception e) when (e is not BrokenPromiseException)
        {
            throw new BrokenPromiseException($"unexpected {e.GetType().Name}: {e.Message}\n{e.StackTrace}", e);
        }
    }

    private void Run()
    {
        for (int round = 0; round < _settings.Rounds; round++)
        {
            Start();
            foreach (ChannelModel channel in _channels)
                if (channel.Presence == Presence.No && !_disk.IsOff && _random.Next(4) > 0) MakeChannel(channel);
            int cutAfter = _settings.CutsInside ? 1 + _random.Next(200) : 0;
            if (_random.Next(2) == 0) _disk.CutBefore(cutAfter);
            int operations = 1 + _random.Next(_settings.OperationsMax);
            for (int i = 0; i < operations && !_disk.IsOff; i++) Operate();
            End();
        }

        // In the end the disk works, and everything that was promised is there.
        Start();
        Heal();
        ReadAllChannels();
        Close();
        Start();
        Close();
        if (_random.Next(4) == 0) Rot();
    }

    /// <summary>The store goes, one way or another.</summary>
    private void End()
    {
        int way = _random.Next(10);
        if (!_disk.IsOff && way < 3)
        {
            if (_random.Next(2) == 0) Heal();
            Close();
            if (!_disk.IsOff && _random.Next(2) == 0) return;
        }

        if (_disk.IsOff || way < 8) Lose(losesCache: true);
        else Lose(losesCache: false);
    }

    private void Lose(bool losesCache)
    {
        _disk.CutBefore(0);
        if (losesCache)
        {
            _disk.Cut();
            _disk.PowerOn();
            _result.PowerCuts++;
        }
        else
        {
            _disk.Kill();
            _result.Kills++;
        }

        _trace?.Invoke(losesCache ? "POWER CUT" : "KILL");
        Forget();
        foreach (ChannelModel channel in _channels) channel.Crash(losesCache || _isTroubled);     // a failed sync may have lost what the system had taken
    }

    /// <summary>The store is no more, and what was under way in it will never be told.</summary>
    private void Forget()
    {
        _result.Untold += _appends.Count;
        _appends.Clear();
        _unknown.Clear();
        _deletes.Clear();
        _logs.Clear();
        _store = null;
    }

    private void Close()
    {
        MessageStore store = _store!;
        _trace?.Invoke("close");
        ValueTask closing = store.DisposeAsync();
        if (!closing.IsCompleted) throw new BrokenPromiseException("closing hangs");
        Settle();
        if (_disk.IsOff) return;
        try
        {
            closing.GetAwaiter().GetResult();
        }
        catch (Exception e) when (_isTroubled && e is IOException or UnauthorizedAccessException)
        {
            _trace?.Invoke($"  {e.Message}");
        }

        bool isClean = !_isTroubled;
        Forget();
        _result.CleanCloses++;
        foreach (ChannelModel channel in _channels)
        {
            if (isClean) channel.AllDurable();
            else channel.Crash(_isTroubled);
        }
    }
}
