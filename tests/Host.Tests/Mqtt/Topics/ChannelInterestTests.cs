using Gateway.Host.Mqtt.Channels;
using Gateway.Host.Mqtt.Topics;
using Xunit;

namespace Gateway.Host.Tests.Mqtt.Topics;

/// <summary>Promise: a channel's buffer is read for every filter that matches one of its topics, or one of a device's, and for no other.</summary>
public sealed class ChannelInterestTests
{
    private const int Channel = 5;

    private static readonly string[][] s_levels =
        [["flespi", "+", "x"], ["message", "+", "message,state", "state"], ["gw", "+", "a,gw"], ["channels", "devices", "+", "channels,devices", "streams,devices"], ["5", "7", "+", "5,7", "x", ""], ["ident", "+", ""], ["x", "+"]];

    [Fact]
    public void A_filter_covers_what_it_matches()
    {
        for (int seed = 0; seed < 200_000; seed++)
        {
            var random = new Random(seed);
            string text = Filter(random);
            Assert.True(SubscriptionFilter.TryParse(text, out SubscriptionFilter? filter, out string problem), problem);
            var trie = new TopicTrie<object>();
            trie.Add(filter, text);
            bool ofChannel = Matches(trie, $"flespi/message/gw/channels/{Channel}/ident", $"flespi/message/gw/channels/{Channel}/", $"flespi/message/gw/channels/{Channel}/x");
            bool ofDevice = Matches(trie, "flespi/message/gw/devices/5", "flespi/message/gw/devices/7", "flespi/message/gw/devices/9");
            Assert.True(ofChannel == ChannelInterest.Covers(filter.Levels, Channel), $"seed {seed}: {text} and the channel");
            Assert.True(ofDevice == ChannelInterest.Covers(filter.Levels, -Channel), $"seed {seed}: {text} and devices");
            Assert.True(!(ofChannel || ofDevice) || ChannelInterest.CanMatch(filter.Levels), $"seed {seed}: {text}");
        }
    }

    private static bool Matches(TopicTrie<object> trie, params string[] topics)
    {
        var found = new List<object>();
        foreach (string topic in topics) trie.Match(topic, found);
        return found.Count > 0;
    }

    private static string Filter(Random random)
    {
        int length = random.Next(1, s_levels.Length + 1);
        // Mostly as topics begin: else nearly none would match.
        string[] levels = [.. s_levels.Take(length).Select(values => random.Next(3) > 0 ? values[0] : values[random.Next(values.Length)])];
        if (length > 3 && random.Next(2) == 0) levels[3] = s_levels[3][random.Next(s_levels[3].Length)];
        return string.Join('/', levels) + (random.Next(4) == 0 ? "/#" : "");
    }
}
