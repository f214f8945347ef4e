using Gateway.Host.Accounts;
using Xunit;

namespace Gateway.Host.Tests.Accounts;

/// <summary>Promise: an access list gives a subscription exactly when it gives every topic that the subscription can match.</summary>
public sealed class TopicFilterTests
{
    private static readonly string[] s_topicLevels = ["a", "b", "", "$s", "a,b"];
    private static readonly string[] s_filterLevels = ["a", "b", "", "$s", "+", "#", "a,b"];

    [Theory]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "a/+/#", true)]
    [InlineData("a/+", "a/#", false)]
    [InlineData("a/+", "a/b", true)]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/#", "#", true)]
    [InlineData("a/b", "a/+", false)]
    [InlineData("a/1,2", "a/2", true)]
    [InlineData("a/1", "a/1,2", false)]
    [InlineData("a/+", "a/1,2", true)]
    public void Covers_says_whether_a_filter_is_within_another(string outer, string inner, bool expected) => Assert.Equal(expected, TopicFilter.Covers(outer, inner));

    [Fact]
    public void A_million_pairs_of_filters_are_compared_as_a_naive_model_compares_them()
    {
        const int Cases = 1_000_000;
        const int Seed = 20_260_801;
        string[] topics = [.. AllTopics()];
        var random = new Random(Seed);
        // What a filter matches, worked out once for each: a bit for each topic.
        var matches = new Dictionary<string, bool[]>(StringComparer.Ordinal);
        for (int i = 0; i < Cases; i++)
        {
            string outer = Filter(random), inner = Filter(random);
            bool[] outerMatches = MatchesOf(outer), innerMatches = MatchesOf(inner);
            bool expected = true;
            for (int t = 0; t < topics.Length && expected; t++) expected = outerMatches[t] || !innerMatches[t];
            Assert.True(expected == TopicFilter.Covers(outer, inner), $"seed {Seed}, case {i}: {outer} covers {inner} is {expected}");
        }

        bool[] MatchesOf(string filter)
        {
            if (!matches.TryGetValue(filter, out bool[]? found)) matches[filter] = found = [.. topics.Select(topic => NaiveMatch(filter.Split('/'), topic.Split('/'), topic))];
            return found;
        }
    }

    [Theory]
    [InlineData("$share/g/a/b", "a/b")]
    [InlineData("$share/g/$filter/cid=1/a/+", "a/+")]
    [InlineData("$filter/cid=1/flespi/#", "flespi/#")]
    [InlineData("$share/g", "")]
    [InlineData("a/$share/b", "a/$share/b")]
    public void What_stands_before_a_filter_is_taken_off(string filter, string plain) => Assert.Equal(plain, TopicFilter.Plain(filter).ToString());

    [Theory]
    [InlineData("a/#/b", false)]
    [InlineData("a+/b", false)]
    [InlineData("a/b#", false)]
    [InlineData("", false)]
    [InlineData("a\0b", false)]
    [InlineData("+/+/#", true)]
    [InlineData("/", true)]
    public void Wildcards_fill_whole_levels(string filter, bool expected) => Assert.Equal(expected, TopicFilter.IsValid(filter));

    /// <summary>All topics of one to four levels, one more than filters have, so that what # stands for is there.</summary>
    private static IEnumerable<string> AllTopics()
    {
        IEnumerable<string> topics = s_topicLevels;
        for (int levels = 1; levels <= 4; levels++)
        {
            foreach (string topic in topics) yield return topic;       // the empty one too: "/#" could match it
            topics = [.. topics.SelectMany(topic => s_topicLevels, (topic, level) => $"{topic}/{level}")];
        }
    }

    private static string Filter(Random random)
    {
        int levels = random.Next(1, 4);
        var filter = new List<string>();
        for (int i = 0; i < levels; i++)
        {
            filter.Add(s_filterLevels[random.Next(s_filterLevels.Length)]);
            if (filter[^1] == "#") break;
        }
        return filter is [""] ? "a" : string.Join('/', filter);
    }

    /// <summary>MQTT 5, 4.7, read word by word.</summary>
    private static bool NaiveMatch(ReadOnlySpan<string> filter, ReadOnlySpan<string> levels, string topic)
    {
        if (topic.StartsWith('$') && filter[0] is "+" or "#") return false;
        if (filter[0] == "#") return true;
        if (levels.IsEmpty) return false;
        // A level with commas stands for each of its values, and for itself.
        if (filter[0] != "+" && filter[0] != levels[0] && !filter[0].Split(',').Contains(levels[0])) return false;
        if (filter.Length == 1) return levels.Length == 1;
        if (levels.Length == 1) return filter.Length == 2 && filter[1] == "#";
        return NaiveRest(filter[1..], levels[1..]);
    }

    private static bool NaiveRest(ReadOnlySpan<string> filter, ReadOnlySpan<string> levels) => NaiveMatch(filter, levels, "");
}
