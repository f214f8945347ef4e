namespace Gateway.Host.Accounts;

/// <summary>Compares MQTT topic filters, for access lists: does a filter match a topic, does it cover another filter. A level may list values with commas.</summary>
internal static class TopicFilter
{
    private const string Reserved = "flespi";
    private const string SharePrefix = "$share/";
    private const string FilterPrefix = "$filter/";

    /// <summary>Whether a text is a filter: wildcards fill whole levels, <c>#</c> only the last; no NUL.</summary>
    internal static bool IsValid(ReadOnlySpan<char> filter)
    {
        if (filter.IsEmpty || filter.Contains('\0')) return false;
        while (true)
        {
            bool isLast = !TryNext(ref filter, out ReadOnlySpan<char> level);
            if (level.ContainsAny('+', '#') && level.Length > 1) return false;
            if (level is "#" && !isLast) return false;
            if (isLast) return true;
        }
    }

    /// <summary>Whether everything that a filter can match lies below <c>flespi/</c>, the gateway's own.</summary>
    internal static bool IsReserved(ReadOnlySpan<char> filter)
    {
        TryNext(ref filter, out ReadOnlySpan<char> first);
        return first is Reserved;
    }

    /// <summary>The filter behind <c>$share/GROUP/</c> and <c>$filter/SPEC/</c>; empty when there is none.</summary>
    internal static ReadOnlySpan<char> Plain(ReadOnlySpan<char> filter)
    {
        if (filter.StartsWith(SharePrefix, StringComparison.Ordinal)) filter = Behind(filter[SharePrefix.Length..]);
        if (filter.StartsWith(FilterPrefix, StringComparison.Ordinal)) filter = Behind(filter[FilterPrefix.Length..]);
        return filter;

        static ReadOnlySpan<char> Behind(ReadOnlySpan<char> rest) => rest.IndexOf('/') is >= 0 and int slash ? rest[(slash + 1)..] : default;
    }

    /// <summary>Whether every topic that the inner filter matches is matched by the outer one. A topic is a filter that matches itself.</summary>
    internal static bool Covers(ReadOnlySpan<char> outer, ReadOnlySpan<char> inner)
    {
        // A leading wildcard does not match topics that begin with $ (MQTT 5, 4.7.2).
        if (outer is ['+' or '#', ..] && inner is ['$', ..]) return false;
        if (outer is "+/#") outer = "#";        // every topic has a first level
        while (true)
        {
            bool outerIsLast = !TryNext(ref outer, out ReadOnlySpan<char> outerLevel);
            if (outerLevel is "#") return true;
            bool innerIsLast = !TryNext(ref inner, out ReadOnlySpan<char> innerLevel);
            if (innerLevel is "#") return false;
            if (outerLevel is not "+" && !LevelCovers(outerLevel, innerLevel)) return false;
            if (outerIsLast) return innerIsLast;
            if (innerIsLast) return outer is "#";      // a/# matches a itself
        }
    }

    /// <summary>Whether a level without wildcards matches whatever another one matches. With commas it lists values: it matches each of them, and itself.</summary>
    private static bool LevelCovers(ReadOnlySpan<char> outer, ReadOnlySpan<char> inner)
    {
        if (outer.SequenceEqual(inner)) return true;
        if (inner is "+" || !outer.Contains(',') || inner.Contains(',')) return false;
        foreach (Range value in outer.Split(','))
            if (outer[value].SequenceEqual(inner)) return true;
        return false;
    }

    /// <summary>Takes the first level off a filter.</summary>
    /// <returns>Whether there are more.</returns>
    private static bool TryNext(ref ReadOnlySpan<char> filter, out ReadOnlySpan<char> level)
    {
        int slash = filter.IndexOf('/');
        level = slash < 0 ? filter : filter[..slash];
        filter = slash < 0 ? default : filter[(slash + 1)..];
        return slash >= 0;
    }
}
