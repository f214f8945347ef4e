namespace Gateway.Storage;

/// <summary>Messages that are gone out of the middle of a log, and the addresses that they took.</summary>
/// <param name="From">The first sequence that is gone.</param>
/// <param name="Below">One above the last.</param>
/// <param name="FromAddress">Where the first was.</param>
/// <param name="BelowAddress">Where the record behind the hole is, or will be. A repair makes holes without bytes, whose two addresses are the same.</param>
internal readonly record struct Hole(long From, long Below, long FromAddress, long BelowAddress)
{
    /// <summary>Bytes of the log in it.</summary>
    public long Bytes => BelowAddress - FromAddress;
}

/// <summary>The holes of a log in order; no two touch, and none begins at the head. Never changes: a change is a new list.</summary>
/// <remarks>So whoever reads holds one state for as long as he needs it, without a lock.</remarks>
internal sealed class HoleList
{
    /// <summary>Most holes of a log: they are kept in memory and written with every checkpoint, 32 bytes each.</summary>
    public const int CountMax = 1_000;

    /// <summary>Most holes that a checkpoint is read with. A repair may have to make more than a user may.</summary>
    public const int StoredMax = 65_536;

    /// <summary>No hole.</summary>
    public static readonly HoleList None = new([]);

    private readonly Hole[] _holes;

    private HoleList(Hole[] holes)
    {
        _holes = holes;
        foreach (Hole hole in holes)
        {
            Messages += hole.Below - hole.From;
            Bytes += hole.Bytes;
        }
    }

    /// <summary>Number of holes.</summary>
    public int Count => _holes.Length;

    /// <summary>Sequences in all of them.</summary>
    public long Messages { get; }

    /// <summary>Bytes of the log in all of them.</summary>
    public long Bytes { get; }

    /// <summary>The hole at a place in the order.</summary>
    public Hole this[int index] => _holes[index];

    /// <summary>In order.</summary>
    public ReadOnlySpan<Hole> Span => _holes;

    /// <summary>The list of holes that were read from a file.</summary>
    /// <returns>False when they are not in order, touch, or reach past the log.</returns>
    public static bool TryMake(Hole[] holes, long headSequence, long headAddress, long nextSequence, long untilAddress, out HoleList list)
    {
        list = None;
        long sequence = headSequence, address = headAddress;
        foreach (Hole hole in holes)
        {
            if (hole.From <= sequence || hole.Below <= hole.From || hole.FromAddress < address || hole.BelowAddress < hole.FromAddress) return false;
            sequence = hole.Below;
            address = hole.BelowAddress;
        }

        if (holes.Length > 0 && (sequence > nextSequence || address > untilAddress)) return false;
        if (holes.Length > 0) list = new HoleList(holes);
        return true;
    }

    /// <summary>Index of the first hole that ends above the sequence; <see cref="Count"/> when there is none.</summary>
    public int IndexOf(long sequence)
    {
        int low = 0, high = _holes.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_holes[middle].Below > sequence) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    /// <summary>The hole that a sequence lies in.</summary>
    public bool TryFind(long sequence, out Hole hole)
    {
        int index = IndexOf(sequence);
        hole = index < _holes.Length ? _holes[index] : default;
        return index < _holes.Length && hole.From <= sequence;
    }

    /// <summary>The hole that an address lies in.</summary>
    public bool TryFindAddress(long address, out Hole hole)
    {
        int low = 0, high = _holes.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_holes[middle].BelowAddress > address) high = middle;
            else low = middle + 1;
        }

        hole = low < _holes.Length ? _holes[low] : default;
        return low < _holes.Length && hole.FromAddress <= address;
    }

    /// <summary>One above the last sequence below <paramref name="below"/> that lies in no hole.</summary>
    public long EndOfLive(long below) => TryFind(below - 1, out Hole hole) ? hole.From : below;

    /// <summary>With one more; those that it touches become one with it.</summary>
    public HoleList With(Hole hole)
    {
        int first = 0;
        while (first < _holes.Length && _holes[first].Below < hole.From) first++;
        int end = first;
        for (; end < _holes.Length && _holes[end].From <= hole.Below; end++)
        {
            Hole other = _holes[end];
            hole = new Hole(
                Math.Min(hole.From, other.From), Math.Max(hole.Below, other.Below), Math.Min(hole.FromAddress, other.FromAddress), Math.Max(hole.BelowAddress, other.BelowAddress));
        }

        return new HoleList([.. _holes[..first], hole, .. _holes[end..]]);
    }

    /// <summary>Without those that end at or below the sequence.</summary>
    public HoleList CutBelow(long sequence)
    {
        int index = IndexOf(sequence);
        return index == 0 ? this : index == _holes.Length ? None : new HoleList(_holes[index..]);
    }
}
