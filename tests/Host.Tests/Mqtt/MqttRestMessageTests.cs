using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: REST publishes as a client does, and shows and deletes what is retained, within the rights that the token has over MQTT.</summary>
public sealed class MqttRestMessageTests : IAsyncLifetime
{
    private MqttAccounts _accounts = null!;

    public async ValueTask InitializeAsync() => _accounts = await MqttAccounts.StartAsync();

    public async ValueTask DisposeAsync() => await _accounts.DisposeAsync();

    [Theory]
    [InlineData("\"text, ü\"", "text, ü")]
    [InlineData("""{"a":[1,null]}""", """{"a":[1,null]}""")]
    [InlineData("12.50", "12.50")]
    [InlineData("null", "")]
    public async Task A_message_reaches_subscribers_as_it_was_given(string payload, string expected)
    {
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, "own/#");
        JsonElement published = Assert.Single(await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", $$"""{"topic":"own/topic","payload":{{payload}},"user_properties":{"one":"1","many":["a","b"]},"type":2}"""));
        MqttApplicationMessage message = await subscriber.NextAsync();
        Assert.Equal(("own/topic", expected, false), (message.Topic, Encoding.UTF8.GetString(message.Payload), message.Retain));
        Assert.Equal(["one=1", "many=a", "many=b"], message.UserProperties.Take(3).Select(property => $"{property.Name}={property.ValueAsText()}"));
        Assert.Equal($"timestamp={published.GetProperty("timestamp").GetRawText()}", $"timestamp={message.UserProperties[3].ValueAsText()}");
        Assert.Equal("""{"one":"1","many":["a","b"]}""", published.GetProperty("user_properties").GetRawText());
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_and_go_in_base64()
    {
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, "own/#");
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"own/bytes","payload_base64":"AP+A","retained":true}""");
        Assert.Equal([0, 255, 128], (await subscriber.NextAsync()).Payload.ToArray());
        JsonElement kept = Assert.Single(await _accounts.CallAsync(HttpMethod.Get, "mqtt/messages/own%2Fbytes?fields=payload,payload_base64"));
        Assert.Equal("""{"payload":null,"payload_base64":"AP+A"}""", kept.GetRawText());
    }

    [Fact]
    public async Task Retained_messages_are_shown_by_topic_filter_and_depth_and_deleted_in_the_same_way()
    {
        string[] topics = ["a", "a/b", "a/b/c", "a/x", "z"];
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", $"[{string.Join(',', topics.Select(topic => $$"""{"topic":"{{topic}}","payload":"{{topic}}","retain":true}"""))}]");
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"a/passing","payload":"x"}""");
        await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"a/b","payload":"of left","retain":true}""", cid: _accounts.Left);

        Assert.Equal(["a", "a/b", "a/b", "a/b/c", "a/x"], await TopicsAsync("a"));
        Assert.Equal(["a"], await TopicsAsync("a?data={\"recursive\":false}"));
        Assert.Equal(["a/b", "a/b", "a/x"], await TopicsAsync("a%2F%2B?recursive=false"));
        Assert.Equal(["a/b/c", "z"], await TopicsAsync("a%2Fb%2Fc", "z"));
        Assert.Empty(await TopicsAsync("A"));
        Assert.Equal(["of left"], (await _accounts.CallAsync(HttpMethod.Get, "mqtt/messages/%23", cid: _accounts.Left)).Select(one => one.GetProperty("payload").GetString()));

        // Who listens is told that they are gone; what is of the account below stays.
        using MqttTests.Subscriber subscriber = await _accounts.ConnectAsync(RunningGateway.Token, "$filter/cid=1/a/#");
        for (int i = 0; i < 4; i++) Assert.True((await subscriber.NextAsync()).Retain);
        Assert.Equal(["a/b", "a/b/c"], (await _accounts.CallAsync(HttpMethod.Delete, "mqtt/messages/a%2Fb")).Select(one => one.GetProperty("topic").GetString()).Order());
        Assert.Equal([("a/b", 0L), ("a/b/c", 0L)], new[] { await subscriber.NextAsync(), await subscriber.NextAsync() }.Select(one => (one.Topic, one.Payload.Length)).Order());
        Assert.Equal(["a", "a/b", "a/x"], await TopicsAsync("a"));
        await _accounts.CallAsync(HttpMethod.Delete, "mqtt/messages/a", """{"recursive":false}""");
        await _accounts.RestartAsync();
        Assert.Equal(["a/b", "a/x"], await TopicsAsync("a"));
    }

    [Theory]
    [InlineData("a%2F%23%2Fb", "no topic or filter")]
    [InlineData("%24share%2Fgroup%2Fa", "Groups and conditions are for subscriptions")]
    [InlineData("%24filter%2Fcid=1%2Fa", "Groups and conditions are for subscriptions")]
    [InlineData("a?data={\"deep\":1}", "valid keys: recursive")]
    public async Task What_is_no_topic_or_filter_is_refused_in_words(string path, string reason)
    {
        (HttpStatusCode status, JsonElement answer) = await _accounts.AnswerAsync(HttpMethod.Get, $"mqtt/messages/{path}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, answer.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task States_of_items_can_be_read_and_not_deleted_or_published()
    {
        Channel channel = await _accounts.Gateway.CreateChannelAsync();
        JsonElement name = Assert.Single(await _accounts.CallAsync(HttpMethod.Get, $"mqtt/messages/flespi%2Fstate%2Fgw%2Fchannels%2F{channel.Id}%2Fname"));
        Assert.Equal("\"test\"", name.GetProperty("payload").GetString());
        string left = await _accounts.TokenAsync(_accounts.Left, """{"type":1}""");
        Assert.Empty((await _accounts.AnswerAsync(HttpMethod.Get, "mqtt/messages/flespi%2Fstate%2Fgw", key: left)).Body.GetProperty("result").EnumerateArray());
        Assert.Equal(HttpStatusCode.Forbidden, (await _accounts.AnswerAsync(HttpMethod.Delete, "mqtt/messages/flespi%2Fstate%2Fgw")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await _accounts.AnswerAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"flespi/state/gw/channels/1/name","payload":"x"}""")).Status);
    }

    [Fact]
    public async Task A_list_gives_topics_by_rest_as_it_gives_them_by_mqtt()
    {
        string key = await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"mqtt","topic":"in/#","actions":["subscribe"],"methods":["GET","POST","DELETE"]},{"uri":"mqtt","topic":"out/#","actions":["publish"]}]}""");
        foreach (string topic in new[] { "in/a", "out/a", "other" }) await _accounts.CallAsync(HttpMethod.Post, "mqtt/messages", $$"""{"topic":"{{topic}}","payload":"x","retain":true}""", cid: _accounts.Left);
        JsonElement seen = (await _accounts.AnswerAsync(HttpMethod.Get, "mqtt/messages/%23?fields=topic", key: key)).Body;
        Assert.Equal("""[{"topic":"in/a"}]""", seen.GetProperty("result").GetRawText());
        Assert.Equal(HttpStatusCode.OK, (await _accounts.AnswerAsync(HttpMethod.Post, "mqtt/messages", """{"topic":"out/b","payload":"x"}""", key: key)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await _accounts.AnswerAsync(HttpMethod.Post, "mqtt/messages", """[{"topic":"out/b"},{"topic":"in/b"}]""", key: key)).Status);
        // It may not publish what it sees, nor see what it may publish: so it can delete neither.
        Assert.Equal("[]", (await _accounts.AnswerAsync(HttpMethod.Delete, "mqtt/messages/%23", key: key)).Body.GetProperty("result").GetRawText());
        Assert.Equal(HttpStatusCode.Forbidden, (await _accounts.AnswerAsync(HttpMethod.Get, "mqtt/messages/%23", key: await _accounts.TokenAsync(_accounts.Left, """{"type":2,"acl":[{"uri":"gw","methods":["GET"]}]}"""))).Status);
    }

    [Fact]
    public async Task Messages_and_what_is_retained_are_held_to_the_accounts_limits()
    {
        await _accounts.LimitAsync(_accounts.Left, """{"name":"x","mqtt_retained_storage":100,"mqtt_messages":3}""");
        (HttpStatusCode status, JsonElement body) = await _accounts.AnswerAsync(HttpMethod.Post, "mqtt/messages", $$"""{"topic":"a","payload":"{{new string('x', 100)}}","retain":true}""", cid: _accounts.Left);
        Assert.Equal((HttpStatusCode.Forbidden, 5), (status, body.GetProperty("errors")[0].GetProperty("code").GetInt32()));
        // Within two minutes at most twice the limit gets through.
        (_, body) = await _accounts.AnswerAsync(HttpMethod.Post, "mqtt/messages", $"[{string.Join(',', Enumerable.Repeat("""{"topic":"a"}""", 7))}]", cid: _accounts.Left);
        Assert.InRange(body.GetProperty("result").GetArrayLength(), 0, 6);
        Assert.Contains("was not published", body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"payload":"x"}""", "must have a topic")]
    [InlineData("""{"topic":"a/+"}""", "no + and #")]
    [InlineData("""{"topic":"a","user_properties":{"a":1}}""", "object of texts")]
    [InlineData("""{"topic":"a","payload_base64":"?"}""", "base64")]
    [InlineData("""{"topic":"a","qos":"1"}""", "0 to 2")]
    [InlineData("""{"topic":"a","cid":1}""", "no field 'cid' that can be set")]
    public async Task What_is_no_message_is_refused_in_words(string body, string reason)
    {
        (HttpStatusCode status, JsonElement answer) = await _accounts.AnswerAsync(HttpMethod.Post, "mqtt/messages", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, answer.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    private async Task<string[]> TopicsAsync(params string[] paths)
    {
        var topics = new List<string>();
        foreach (string path in paths) topics.AddRange((await _accounts.CallAsync(HttpMethod.Get, $"mqtt/messages/{path}")).Select(one => one.GetProperty("topic").GetString()!));
        return [.. topics.Order(StringComparer.Ordinal)];
    }
}
