using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Gateway.Host.Accounts;

namespace Gateway.Host.Mqtt.Topics;

/// <summary>What a client subscribes to, parsed once: <c>$share/GROUP/$filter/SPEC/a/1,2/+/#</c>, both prefixes optional. Immutable.</summary>
/// <remarks>
/// A level may list values with commas; it matches each of them, and the whole level as it is written. A group may be sticky: <c>GROUP:COUNT</c> gives topics that agree in their first COUNT levels
/// to the same member, <c>GROUP:FROM:COUNT</c> those that agree in COUNT levels from level FROM, counted from 0.
/// </remarks>
internal sealed class SubscriptionFilter
{
    private const string SharePrefix = "$share/";
    private const string FilterPrefix = "$filter/";

    private SubscriptionFilter(string text, string? group, int stickyFrom, int stickyCount, FilterSpec? spec, string plain)
    {
        Text = text;
        Group = group;
        StickyFrom = stickyFrom;
        StickyCount = stickyCount;
        Spec = spec;
        Plain = plain;
        Levels = plain.Split('/');
    }

    /// <summary>As the client wrote it; what it unsubscribes by.</summary>
    internal string Text { get; }

    /// <summary>Name of the group that shares the subscription, with what makes it sticky; null for none.</summary>
    internal string? Group { get; }

    /// <summary>First level that binds a topic to a member.</summary>
    internal int StickyFrom { get; }

    /// <summary>How many levels bind a topic to a member; 0: any member will do.</summary>
    internal int StickyCount { get; }

    /// <summary>What a message must meet besides its topic; null for nothing.</summary>
    internal FilterSpec? Spec { get; }

    /// <summary>The topic filter without prefixes.</summary>
    internal string Plain { get; }

    /// <summary>Its levels.</summary>
    internal string[] Levels { get; }

    /// <summary>Parses a filter.</summary>
    /// <param name="text">As the client wrote it.</param>
    /// <param name="filter">The filter, when true.</param>
    /// <param name="problem">What is wrong with it, when false.</param>
    internal static bool TryParse(string text, [NotNullWhen(true)] out SubscriptionFilter? filter, out string problem)
    {
        filter = null;
        problem = "";
        string rest = text;
        string? spec = null;
        string? group = null;
        int from = 0, count = 0;
        if (rest.StartsWith(SharePrefix, StringComparison.Ordinal) && !TryTake(SharePrefix, ref rest, out group)) problem = "$share/ must be followed by a group, a slash and a filter";
        if (problem.Length == 0 && group is not null && !TryReadGroup(group, out from, out count)) problem = "a group must be NAME, NAME:COUNT or NAME:FROM:COUNT, without + and #";
        bool hasSpec = rest.StartsWith(FilterPrefix, StringComparison.Ordinal);
        if (problem.Length == 0 && hasSpec && !TryTake(FilterPrefix, ref rest, out spec)) problem = "$filter/ must be followed by a specification, a slash and a filter";
        FilterSpec? read = null;
        if (problem.Length == 0 && hasSpec) read = FilterSpec.TryRead(spec!, out problem);
        if (problem.Length == 0 && !TopicFilter.IsValid(rest)) problem = "+ and # must fill a level, # the last one";
        if (problem.Length == 0 && rest.Count(c => c == '/') >= MqttLimits.TopicLevelsMax) problem = $"a filter may have at most {MqttLimits.TopicLevelsMax} levels";
        if (problem.Length == 0 && rest.Count(c => c == ',') > MqttLimits.ListValuesMax) problem = $"a filter may list at most {MqttLimits.ListValuesMax} values";
        if (problem.Length > 0) return false;
        filter = new SubscriptionFilter(text, group, from, count, read, rest);
        return true;
    }

    /// <summary>The part of a topic that decides which member of a sticky group gets it.</summary>
    internal ReadOnlySpan<char> StickyPart(ReadOnlySpan<char> topic)
    {
        int start = 0;
        for (int level = 0; level < StickyFrom && start < topic.Length; level++) start = topic[start..].IndexOf('/') is >= 0 and int slash ? start + slash + 1 : topic.Length;
        int end = start - 1;
        for (int level = 0; level < StickyCount && end < topic.Length; level++) end = topic[(end + 1)..].IndexOf('/') is >= 0 and int slash ? end + 1 + slash : topic.Length;
        return topic[start..Math.Max(start, end)];
    }

    private static bool TryTake(string prefix, ref string rest, [NotNullWhen(true)] out string? part)
    {
        int slash = rest.IndexOf('/', prefix.Length);
        part = slash > prefix.Length ? rest[prefix.Length..slash] : null;
        if (part is not null) rest = rest[(slash + 1)..];
        return part is not null;
    }

    private static bool TryReadGroup(string group, out int from, out int count)
    {
        from = count = 0;
        string[] parts = group.Split(':');
        if (parts[0].Length == 0 || group.AsSpan().ContainsAny('+', '#', '\0')) return false;
        return parts.Length switch
        {
            1 => true,
            2 => TryReadLevel(parts[1], out count) && count > 0,
            3 => TryReadLevel(parts[1], out from) && TryReadLevel(parts[2], out count) && count > 0,
            _ => false,
        };
    }

    private static bool TryReadLevel(string text, out int level) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out level) && level <= MqttLimits.TopicLevelsMax;
}
