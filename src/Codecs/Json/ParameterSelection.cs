using System.Text;

namespace Gateway.Codecs;

/// <summary>Which parameters a consumer wants: the <c>fields</c> of a request. Safe for use by many threads.</summary>
/// <remarks>A comma list of names, prefixes (<c>position</c> means itself and all of <c>position.*</c>) and masks, where <c>*</c> stands for any characters.</remarks>
public sealed class ParameterSelection
{
    /// <summary>Most items of a list.</summary>
    public const int ItemsMax = 256;

    /// <summary>Longest list in characters.</summary>
    public const int LengthMax = 8192;

    private const byte Wanted = 1;
    private const byte Unwanted = 2;

    private readonly byte[][] _items;

    // What is known of a rank so far. Threads may find out the same thing twice; they find the same.
    private readonly byte[] _ranks = new byte[ParameterDictionary.RankCount];

    private ParameterSelection(byte[][] items) => _items = items;

    /// <summary>Reads a list.</summary>
    /// <param name="list">The list; spaces around items and empty items do not count.</param>
    /// <param name="selection">The selection; null when the list names nothing, which means everything.</param>
    /// <returns>False when the list is longer than <see cref="LengthMax"/> or has more than <see cref="ItemsMax"/> items.</returns>
    public static bool TryParse(string? list, out ParameterSelection? selection)
    {
        selection = null;
        if (string.IsNullOrWhiteSpace(list)) return true;
        if (list.Length > LengthMax) return false;
        string[] items = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (items.Length > ItemsMax) return false;
        if (items.Length > 0) selection = new ParameterSelection([.. items.Select(Encoding.UTF8.GetBytes)]);
        return true;
    }

    /// <summary>Whether a parameter is wanted.</summary>
    /// <param name="name">Its name, UTF-8.</param>
    public bool Matches(ReadOnlySpan<byte> name)
    {
        foreach (byte[] item in _items)
            if (Matches(item, name)) return true;
        return false;
    }

    internal bool MatchesRank(int rank)
    {
        byte state = _ranks[rank];
        if (state == 0) _ranks[rank] = state = Matches(ParameterDictionary.NameAt(rank)) ? Wanted : Unwanted;
        return state == Wanted;
    }

    private static bool Matches(ReadOnlySpan<byte> item, ReadOnlySpan<byte> name)
    {
        if (!item.Contains((byte)'*'))
            return name.StartsWith(item) && (name.Length == item.Length || name[item.Length] == '.');

        // Greedy with one way back: after a failure only the last star takes one more character.
        int i = 0, n = 0, star = -1, retry = 0;
        while (n < name.Length)
        {
            if (i < item.Length && item[i] == '*')
            {
                star = i++;
                retry = n;
            }
            else if (i < item.Length && item[i] == name[n])
            {
                i++;
                n++;
            }
            else if (star >= 0)
            {
                i = star + 1;
                n = ++retry;
            }
            else return false;
        }
        return item[i..].IndexOfAnyExcept((byte)'*') < 0;
    }
}
