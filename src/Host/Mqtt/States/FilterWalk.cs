namespace Gateway.Host.Mqtt.States;

/// <summary>Which topics of a tree a filter matches, asked level by level on the way down. Depths count from 0.</summary>
internal sealed class FilterWalk
{
    private readonly string[] _levels;
    private readonly HashSet<string>?[] _lists;
    private readonly int _deep;

    /// <summary>For the levels of a filter.</summary>
    internal FilterWalk(string[] levels)
    {
        _levels = levels;
        _lists = [.. levels.Select(static level => level.Contains(',', StringComparison.Ordinal) ? level.Split(',').ToHashSet(StringComparer.Ordinal) : null)];
        _deep = levels[^1] is "#" ? levels.Length - 1 : int.MaxValue;
    }

    /// <summary>Whether a topic of so many levels, all of which passed, is matched.</summary>
    internal bool Ends(int count) => count == _levels.Length || count >= _deep;

    /// <summary>Whether topics of more than so many levels can be matched.</summary>
    internal bool Reaches(int count) => count < _levels.Length || count >= _deep;

    /// <summary>Whether a level may have this value.</summary>
    internal bool Passes(int depth, string value)
    {
        if (depth >= _deep) return true;
        if (depth >= _levels.Length) return false;
        return _levels[depth] is "+" || _levels[depth] == value || _lists[depth]?.Contains(value) is true;
    }

    /// <summary>The only values that a level may have; null for any.</summary>
    internal IReadOnlyCollection<string>? Values(int depth)
    {
        if (depth >= _deep || depth >= _levels.Length || _levels[depth] is "+") return null;
        return _lists[depth] ?? (IReadOnlyCollection<string>)[_levels[depth]];
    }
}
