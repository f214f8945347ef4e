namespace Gateway.Codecs.Reading;

/// <summary>Escape sequences and what they stand for, as generated code gives them: length, sequence, length, replacement, one pair behind the other.</summary>
internal static class EscapePairs
{
    /// <summary>More first bytes than any protocol has; further pairs are not looked for.</summary>
    internal const int LeadsMax = 8;

    /// <summary>The bytes that sequences begin with, each once.</summary>
    internal static Span<byte> Leads(ReadOnlySpan<byte> pairs, Span<byte> leads)
    {
        int count = 0;
        for (int m = 0; m < pairs.Length && count < leads.Length;)
        {
            byte lead = pairs[m + 1];
            if (leads[..count].IndexOf(lead) < 0) leads[count++] = lead;
            m += 1 + pairs[m];
            m += 1 + pairs[m];
        }
        return leads[..count];
    }

    /// <summary>The first pair whose sequence stands at the start of the bytes.</summary>
    internal static bool TryMatch(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> pairs, out int taken, out ReadOnlySpan<byte> replacement)
    {
        for (int m = 0; m < pairs.Length;)
        {
            ReadOnlySpan<byte> from = pairs.Slice(m + 1, pairs[m]);
            ReadOnlySpan<byte> to = pairs.Slice(m + 2 + from.Length, pairs[m + 1 + from.Length]);
            m += 2 + from.Length + to.Length;
            if (!bytes.StartsWith(from)) continue;
            taken = from.Length;
            replacement = to;
            return true;
        }
        taken = 0;
        replacement = default;
        return false;
    }
}
