namespace Gateway.Storage;

/// <summary>Remembers which appends are in their logs although their callers were not told so: a retry with the same id must not store them again.</summary>
/// <remarks>
/// Filled only when an append ends as <see cref="AppendStatus.Unavailable"/> after it went into its log, or when its caller stops waiting; so it costs nothing while the disk
/// works. Kept in memory only: who retries lives in the same process. Any thread.
/// </remarks>
internal sealed class UnknownOutcomes
{
    /// <summary>Most appends remembered in one store; beyond it the oldest is forgotten, and a retry of that one is stored again. About 100 bytes each.</summary>
    public const int CountMax = 131_072;

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, Outcome> _outcomes = [];
    private readonly Queue<Ticket> _oldestFirst = new();
    private readonly int _countMax;
    private long _tickets;
    private volatile bool _any;

    /// <param name="countMax">Most appends remembered.</param>
    public UnknownOutcomes(int countMax = CountMax) => _countMax = countMax;

    /// <summary>False on almost every day: nothing to look for.</summary>
    public bool Any => _any;

    /// <summary>How many are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _outcomes.Count;
        }
    }

    /// <summary>Notes which keys the messages of an append have.</summary>
    public void Add(ChannelLog log, long deduplicationId, AppendResult keys)
    {
        lock (_gate)
        {
            long ticket = ++_tickets;
            if (!_outcomes.TryAdd(new Key(log, deduplicationId), new Outcome(keys, ticket))) return;
            _any = true;
            _oldestFirst.Enqueue(new Ticket(log, deduplicationId, ticket));
            while (_oldestFirst.Count > _countMax)
            {
                // A ticket whose outcome was taken meanwhile, or noted anew later, is only dropped.
                Ticket oldest = _oldestFirst.Dequeue();
                var key = new Key(oldest.Log, oldest.DeduplicationId);
                if (_outcomes.TryGetValue(key, out Outcome outcome) && outcome.Ticket == oldest.Number) _outcomes.Remove(key);
            }
        }
    }

    /// <summary>Finds the keys of an append that was not told as stored.</summary>
    public bool TryFind(ChannelLog log, long deduplicationId, out AppendResult keys)
    {
        lock (_gate)
        {
            bool found = _outcomes.TryGetValue(new Key(log, deduplicationId), out Outcome outcome);
            keys = outcome.Keys;
            return found;
        }
    }

    /// <summary>The caller is told now: nobody asks again.</summary>
    public void Remove(ChannelLog log, long deduplicationId)
    {
        lock (_gate)
        {
            _outcomes.Remove(new Key(log, deduplicationId));
            Settle();
        }
    }

    /// <summary>The log is gone.</summary>
    public void RemoveAll(ChannelLog log) => RemoveFrom(log, fromKey: 0);

    /// <summary>The messages of a log from a key on are gone: a retry must store them.</summary>
    public void RemoveFrom(ChannelLog log, long fromKey)
    {
        lock (_gate)
        {
            foreach ((Key key, Outcome outcome) in _outcomes.ToArray())
                if (key.Log == log && outcome.Keys.LastKey >= fromKey) _outcomes.Remove(key);
            Settle();
        }
    }

    private void Settle()
    {
        if (_outcomes.Count > 0) return;
        _oldestFirst.Clear();
        _any = false;
    }

    private readonly record struct Key(ChannelLog Log, long DeduplicationId);

    private readonly record struct Outcome(AppendResult Keys, long Ticket);

    private readonly record struct Ticket(ChannelLog Log, long DeduplicationId, long Number);
}
