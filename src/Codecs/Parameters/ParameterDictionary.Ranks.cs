using System.Globalization;
using System.Text;

namespace Gateway.Codecs;

// Known names in ordinal order, as UTF-8 and as JSON, so that writing JSON compares and copies but never formats.
public static partial class ParameterDictionary
{
    // In a class of its own: the order in which static fields of several files are initialized is not defined.
    private static KnownNames Known => KnownNames.Instance;

    /// <summary>Number of known names; ranks are below it.</summary>
    internal static int RankCount => Known.Count;

    /// <summary>The rank of a key, -1 when its name is not precomputed.</summary>
    internal static int RankOf(int key)
    {
        int[] ranks = Known.RankByNumber;
        if ((uint)key < (uint)ranks.Length) return ranks[key];
        uint index = (uint)key >> 16;
        int number = key & 0xFFFF;
        if (index - 1 >= KnownFormsMax || number >= ranks.Length) return -1;
        int first = Known.FirstFormByNumber[number];
        return first < 0 ? -1 : Known.RankByForm[first + (int)index - 1];
    }

    /// <summary>The name of a rank, UTF-8.</summary>
    internal static ReadOnlySpan<byte> NameAt(int rank)
    {
        int start = Known.Starts[rank];
        return Known.Json.AsSpan(start + 1, Known.Starts[rank + 1] - start - 3);
    }

    /// <summary>The name of a rank as the start of a JSON member: <c>"name":</c>.</summary>
    internal static ReadOnlySpan<byte> JsonNameAt(int rank)
    {
        int start = Known.Starts[rank];
        return Known.Json.AsSpan(start, Known.Starts[rank + 1] - start);
    }

    /// <summary>Finds a name among the known ones.</summary>
    /// <returns>Its rank, or the complement of the rank before which it would stand.</returns>
    internal static int SearchRank(ReadOnlySpan<byte> name)
    {
        int low = 0, high = Known.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            int order = name.SequenceCompareTo(NameAt(middle));
            if (order == 0) return middle;
            if (order < 0) high = middle - 1;
            else low = middle + 1;
        }
        return ~low;
    }

    private sealed class KnownNames
    {
        public static readonly KnownNames Instance = Of(Rows);

        public required int Count { get; init; }
        public required byte[] Json { get; init; }
        public required int[] Starts { get; init; }
        public required int[] RankByNumber { get; init; }
        public required int[] FirstFormByNumber { get; init; }
        public required int[] RankByForm { get; init; }

        public static KnownNames Of(Parameter[] rows)
        {
            // Names are ASCII (a test says so), hence the order of UTF-8 bytes is the order of UTF-16 units.
            SortedSet<string> names = new(rows.Select(row => row.Name), StringComparer.Ordinal);
            foreach (Parameter row in rows.Where(row => row.IsIndexed))
                for (int index = 1; index <= KnownFormsMax; index++) names.Add(FormOf(row, index));

            string[] sorted = [.. names];
            int[] starts = new int[sorted.Length + 1];
            using MemoryStream json = new();
            Dictionary<string, int> rankByName = new(sorted.Length, StringComparer.Ordinal);
            for (int rank = 0; rank < sorted.Length; rank++)
            {
                json.Write(Encoding.UTF8.GetBytes($"\"{sorted[rank]}\":"));
                starts[rank + 1] = (int)json.Length;
                rankByName.Add(sorted[rank], rank);
            }

            int[] rankByNumber = new int[rows[^1].Number + 1];
            int[] firstForm = new int[rankByNumber.Length];
            Array.Fill(rankByNumber, -1);
            Array.Fill(firstForm, -1);
            List<int> rankByForm = [];
            foreach (Parameter row in rows)
            {
                rankByNumber[row.Number] = rankByName[row.Name];
                if (!row.IsIndexed) continue;
                firstForm[row.Number] = rankByForm.Count;
                for (int index = 1; index <= KnownFormsMax; index++) rankByForm.Add(rankByName[FormOf(row, index)]);
            }
            return new KnownNames
            {
                Count = sorted.Length,
                Json = json.ToArray(),
                Starts = starts,
                RankByNumber = rankByNumber,
                FirstFormByNumber = firstForm,
                RankByForm = [.. rankByForm],
            };
        }

        private static string FormOf(Parameter row, int index) => string.Create(CultureInfo.InvariantCulture, $"{row.Name}.{index}");
    }
}
