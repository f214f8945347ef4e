namespace Gateway.Storage.Simulation;

/// <summary>A set of keys, as ranges that do not touch.</summary>
internal sealed class KeyRanges
{
    private readonly List<(long From, long Below)> _ranges = [];

    /// <summary>Adds all keys from one to below another.</summary>
    public void Add(long from, long below)
    {
        if (from >= below) return;
        int first = _ranges.FindIndex(range => range.Below >= from);
        if (first < 0) first = _ranges.Count;
        int end = first;
        for (; end < _ranges.Count && _ranges[end].From <= below; end++) (from, below) = (Math.Min(from, _ranges[end].From), Math.Max(below, _ranges[end].Below));
        _ranges.RemoveRange(first, end - first);
        _ranges.Insert(first, (from, below));
    }

    /// <summary>Adds the keys of another set.</summary>
    public void Add(KeyRanges other)
    {
        foreach ((long from, long below) in other._ranges) Add(from, below);
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _ranges.Clear();

    /// <summary>True when a key is in the set.</summary>
    public bool Contains(long key) => EndOf(key) > key;

    /// <summary>One above the last key of the range that holds a key; the key itself when none does.</summary>
    public long EndOf(long key)
    {
        foreach ((long from, long below) in _ranges)
            if (from <= key && key < below) return below;
        return key;
    }

    /// <summary>True when the set holds all keys of a range.</summary>
    public bool ContainsAll(long from, long below) => EndOf(from) >= below;

    /// <summary>Keys of a range that are not in the set.</summary>
    public long CountOutside(long from, long below)
    {
        long count = Math.Max(0, below - from);
        foreach ((long start, long end) in _ranges) count -= Math.Max(0, Math.Min(end, below) - Math.Max(start, from));
        return count;
    }
}
