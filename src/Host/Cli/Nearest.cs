namespace Gateway.Host.Cli;

/// <summary>Finds what a mistyped word was probably meant to be.</summary>
internal static class Nearest
{
    private const int WordLengthMax = 64;

    /// <summary><c>, did you mean 'x'?</c> for the candidate at most a third of the letters away; empty when there is none.</summary>
    public static string Suggest(string word, IEnumerable<string> candidates)
    {
        string? best = null;
        int bestDistance = Math.Max(1, word.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int distance = Distance(word, candidate);
            if (distance >= bestDistance) continue;
            best = candidate;
            bestDistance = distance;
        }
        return best is null ? "" : $", did you mean '{best}'?";
    }

    /// <summary>Letters to insert, delete or replace to come from one word to the other (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        if (from.Length > WordLengthMax || to.Length > WordLengthMax) return int.MaxValue;
        Span<int> row = stackalloc int[to.Length + 1];
        for (int i = 0; i < row.Length; i++) row[i] = i;
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.Length];
    }
}
