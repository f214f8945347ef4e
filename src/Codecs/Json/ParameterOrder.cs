using System.Runtime.CompilerServices;
using Entry = Gateway.Codecs.MessageJson.Entry;

namespace Gateway.Codecs;

/// <summary>Sorts the values of a message by name. A sort key is one integer: place of the name, then index of the entry, so that of equal names the last written comes last.</summary>
/// <remarks>Known names have odd places, 2 × rank + 1; an open name has the even place in front of the known name that follows it, and is compared by its bytes with others there.</remarks>
internal static class ParameterOrder
{
    private const int InsertionMax = 48;

    // Open names are nearly always custom.*, and the dictionary has no such names: one place for all of them, no search.
    private static readonly int CustomStart = ~ParameterDictionary.SearchRank("custom."u8);
    private static readonly bool CustomIsOpen = CustomStart == ~ParameterDictionary.SearchRank("custom/"u8);

    /// <summary>The sort key of a known name.</summary>
    public static ulong Known(int rank, int index) => (ulong)(2 * rank + 1) << 32 | (uint)index;

    /// <summary>The sort key of an open name, or of a known one that was written out.</summary>
    [SkipLocalsInit]
    public static ulong Open(ReadOnlySpan<byte> payload, in Entry entry, int index)
    {
        Span<byte> scratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        ReadOnlySpan<byte> name = entry.NameOf(payload, scratch);
        if (CustomIsOpen && name.StartsWith("custom."u8)) return (ulong)(2 * CustomStart) << 32 | (uint)index;
        int rank = ParameterDictionary.SearchRank(name);
        return rank >= 0 ? Known(rank, index) : (ulong)(2 * ~rank) << 32 | (uint)index;
    }

    /// <summary>The rank in a sort key; false for an open name.</summary>
    public static bool TryRank(ulong sortKey, out int rank)
    {
        int place = (int)(sortKey >> 32);
        rank = place >> 1;
        return (place & 1) != 0;
    }

    /// <summary>The entry of a sort key.</summary>
    public static int IndexOf(ulong sortKey) => (int)(uint)sortKey;

    /// <summary>Sorts; afterwards equal names are neighbours in the order in which they were written.</summary>
    public static void Sort(ReadOnlySpan<byte> payload, Span<ulong> order, ReadOnlySpan<Entry> entries)
    {
        if (order.Length > InsertionMax) order.Sort();
        else
        {
            for (int i = 1; i < order.Length; i++)
            {
                ulong moving = order[i];
                int at = i;
                for (; at > 0 && order[at - 1] > moving; at--) order[at] = order[at - 1];
                order[at] = moving;
            }
        }

        for (int i = 0; i < order.Length;)
        {
            int end = i + 1;
            while (end < order.Length && order[end] >> 32 == order[i] >> 32) end++;
            if (end - i > 1 && !TryRank(order[i], out _)) SortByName(payload, order[i..end], entries);
            i = end;
        }
    }

    /// <summary>Whether two neighbours have the same name.</summary>
    public static bool SameName(ReadOnlySpan<byte> payload, ulong left, ulong right, ReadOnlySpan<Entry> entries)
    {
        if (left >> 32 != right >> 32) return false;
        return TryRank(left, out _) || CompareNames(payload, left, right, entries) == 0;
    }

    // Heap sort for many: needs no memory and no comparer object, and a hostile message of thousands of open names stays n log n.
    private static void SortByName(ReadOnlySpan<byte> payload, Span<ulong> order, ReadOnlySpan<Entry> entries)
    {
        if (order.Length <= InsertionMax)
        {
            for (int i = 1; i < order.Length; i++)
            {
                ulong moving = order[i];
                int at = i;
                for (; at > 0 && Compare(payload, order[at - 1], moving, entries) > 0; at--) order[at] = order[at - 1];
                order[at] = moving;
            }
            return;
        }
        for (int i = order.Length / 2 - 1; i >= 0; i--) SiftDown(payload, order, i, entries);
        for (int end = order.Length - 1; end > 0; end--)
        {
            (order[0], order[end]) = (order[end], order[0]);
            SiftDown(payload, order[..end], 0, entries);
        }
    }

    private static void SiftDown(ReadOnlySpan<byte> payload, Span<ulong> heap, int at, ReadOnlySpan<Entry> entries)
    {
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= heap.Length) return;
            if (child + 1 < heap.Length && Compare(payload, heap[child], heap[child + 1], entries) < 0) child++;
            if (Compare(payload, heap[at], heap[child], entries) >= 0) return;
            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    private static int Compare(ReadOnlySpan<byte> payload, ulong left, ulong right, ReadOnlySpan<Entry> entries)
    {
        int order = CompareNames(payload, left, right, entries);
        return order != 0 ? order : IndexOf(left).CompareTo(IndexOf(right));
    }

    private static int CompareNames(ReadOnlySpan<byte> payload, ulong left, ulong right, ReadOnlySpan<Entry> entries)
    {
        ref readonly Entry first = ref entries[IndexOf(left)];
        ref readonly Entry second = ref entries[IndexOf(right)];
        if ((first.NameLength | second.NameLength) < 0) return CompareFormattedNames(payload, first, second);
        return payload.Slice(first.NameStart, first.NameLength).SequenceCompareTo(payload.Slice(second.NameStart, second.NameLength));
    }

    [SkipLocalsInit]
    private static int CompareFormattedNames(ReadOnlySpan<byte> payload, in Entry left, in Entry right)
    {
        Span<byte> leftScratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        Span<byte> rightScratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        return left.NameOf(payload, leftScratch).SequenceCompareTo(right.NameOf(payload, rightScratch));
    }
}
