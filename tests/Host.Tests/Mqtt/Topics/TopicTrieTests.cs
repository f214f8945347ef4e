using Gateway.Host.Mqtt.Topics;
using Xunit;

namespace Gateway.Host.Tests.Mqtt.Topics;

/// <summary>Promise: a message reaches exactly the subscriptions whose filters match its topic, whatever else is subscribed to, and whatever was before.</summary>
public sealed class TopicTrieTests
{
    private static readonly string[] s_levels = ["a", "b", "c", "", "$s", "a,b", "b,c,"];

    [Fact]
    public void A_million_pairs_of_filter_and_topic_match_as_in_a_naive_model()
    {
        const int Rounds = 250, FiltersPerRound = 50, TopicsPerRound = 80;     // 1,000,000 pairs
        for (int seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var trie = new TopicTrie<string>();
            var filters = new List<SubscriptionFilter>();
            for (int i = 0; i < FiltersPerRound; i++)
            {
                SubscriptionFilter filter = Parse(Filter(random));
                filters.Add(filter);
                trie.Add(filter, filter.Text);
            }
            // Some go again: what shared nodes with them stays.
            for (int i = 0; i < FiltersPerRound / 5; i++)
            {
                SubscriptionFilter gone = filters[random.Next(filters.Count)];
                Assert.True(trie.Remove(gone, gone.Text));
                filters.Remove(gone);
            }
            for (int i = 0; i < FiltersPerRound / 5; i++)
            {
                SubscriptionFilter filter = Parse(Filter(random));
                filters.Add(filter);
                trie.Add(filter, filter.Text);
            }
            Assert.Equal(filters.Count, trie.Count);
            for (int i = 0; i < TopicsPerRound; i++)
            {
                string topic = Topic(random);
                var found = new List<string>();
                trie.Match(topic, found);
                string[] expected = [.. filters.Where(filter => NaiveMatch(filter.Text, topic)).Select(filter => filter.Text).Order(StringComparer.Ordinal)];
                found.Sort(StringComparer.Ordinal);
                Assert.True(expected.SequenceEqual(found), $"seed {seed}, topic '{topic}': expected {string.Join(" | ", expected)}, found {string.Join(" | ", found)}");
                // Who asks before he makes messages below a topic must not miss a filter that matches one, nor make them for none.
                for (int slash = topic.IndexOf('/', StringComparison.Ordinal); slash > 0 && topic[0] != '$'; slash = topic.IndexOf('/', slash + 1))
                {
                    string prefix = topic[..slash];
                    bool isReached = filters.Exists(filter => NaiveReach(filter.Text, prefix));
                    Assert.True(isReached == trie.Reaches(prefix), $"seed {seed}, below '{prefix}': reached {!isReached}");
                    Assert.True(isReached || expected.Length == 0, $"seed {seed}: the model of what is reached misses '{topic}'");
                }
            }
        }
    }

    [Fact]
    public void An_empty_tree_is_left_when_all_filters_are_gone()
    {
        var random = new Random(7);
        var trie = new TopicTrie<string>();
        SubscriptionFilter[] filters = [.. Enumerable.Range(0, 1_000).Select(_ => Parse(Filter(random)))];
        foreach (SubscriptionFilter filter in filters) trie.Add(filter, "x");
        foreach (SubscriptionFilter filter in filters) Assert.True(trie.Remove(filter, "x"));
        foreach (SubscriptionFilter filter in filters) Assert.False(trie.Remove(filter, "x"));
        Assert.Equal(0, trie.Count);
        var found = new List<string>();
        trie.Match("a/b", found);
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("$share/g/a/+", "g", 0, 0, "a/+")]
    [InlineData("$share/g:6/a/+", "g:6", 0, 6, "a/+")]
    [InlineData("$share/g:2:3/#", "g:2:3", 2, 3, "#")]
    [InlineData("$share/g/$filter/cid=7/a", "g", 0, 0, "a")]
    [InlineData("a/$share/b", null, 0, 0, "a/$share/b")]
    public void Prefixes_are_taken_off_a_filter(string text, string? group, int from, int count, string plain)
    {
        SubscriptionFilter filter = Parse(text);
        Assert.Equal((group, from, count, plain), (filter.Group, filter.StickyFrom, filter.StickyCount, filter.Plain));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/#/b")]
    [InlineData("a+/b")]
    [InlineData("$share/g")]
    [InlineData("$share//a")]
    [InlineData("$share/g:0/a")]
    [InlineData("$share/g:1:2:3/a")]
    [InlineData("$share/g+/a")]
    [InlineData("$filter/cid=x/a")]
    [InlineData("$filter/payload=%29/a")]
    [InlineData("$filter/nothing/a")]
    [InlineData("$filter/modified_since>soon/a")]
    public void What_is_no_filter_is_refused_with_a_reason(string text)
    {
        Assert.False(SubscriptionFilter.TryParse(text, out _, out string problem));
        Assert.NotEmpty(problem);
    }

    [Theory]
    [InlineData("$share/g:2/#", "a/b/c", "a/b")]
    [InlineData("$share/g:1:1/#", "a/b/c", "b")]
    [InlineData("$share/g:1:5/#", "a/b/c", "b/c")]
    [InlineData("$share/g:7:1/#", "a/b/c", "")]
    [InlineData("$share/g:1/#", "/b", "")]
    public void Part_of_a_topic_binds_it_to_a_member(string filter, string topic, string part) => Assert.Equal(part, Parse(filter).StickyPart(topic).ToString());

    private static SubscriptionFilter Parse(string text)
    {
        Assert.True(SubscriptionFilter.TryParse(text, out SubscriptionFilter? filter, out string problem), problem);
        return filter;
    }

    private static string Topic(Random random) => string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => s_levels[random.Next(s_levels.Length)])) is { Length: > 0 } topic ? topic : "a";

    private static string Filter(Random random)
    {
        List<string> levels = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(3) == 0 ? "+" : s_levels[random.Next(s_levels.Length)])];
        if (random.Next(4) == 0) levels[^1] = "#";
        return string.Join('/', levels) is { Length: > 0 } filter ? filter : "a";
    }

    /// <summary>MQTT 5, 4.7, with lists: a level with commas stands for each of its values and for itself.</summary>
    private static bool NaiveMatch(string filter, string topic)
    {
        string[] wanted = filter.Split('/'), levels = topic.Split('/');
        if (topic.StartsWith('$') && (wanted[0] is "+" or "#")) return false;
        for (int i = 0; i < wanted.Length; i++)
        {
            if (wanted[i] == "#") return true;
            if (i >= levels.Length) return false;
            if (wanted[i] != "+" && wanted[i] != levels[i] && !wanted[i].Split(',').Contains(levels[i])) return false;
            if (i == levels.Length - 1 && i == wanted.Length - 2 && wanted[^1] == "#") return true;
        }
        return wanted.Length == levels.Length;
    }

    /// <summary>Whether a filter matches anything with more levels than these.</summary>
    private static bool NaiveReach(string filter, string prefix)
    {
        string[] wanted = filter.Split('/'), levels = prefix.Split('/');
        for (int i = 0; i < levels.Length; i++)
        {
            if (i >= wanted.Length) return false;
            if (wanted[i] == "#") return true;
            if (wanted[i] != "+" && wanted[i] != levels[i] && !wanted[i].Split(',').Contains(levels[i])) return false;
        }
        return wanted.Length > levels.Length;
    }
}
