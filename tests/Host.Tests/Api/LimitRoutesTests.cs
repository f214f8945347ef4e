using System.Net;
using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: an account and all below it together stay within each limit above them, and are told so clearly when they would not.</summary>
public sealed class LimitRoutesTests
{
    private const string Master = """{"type":1}""";

    [Fact]
    public async Task A_limit_is_created_read_changed_and_removed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/platform/limits", """[{"name":"small","channels_count":2,"streams_count":5,"api_calls":-1}]""");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement made = body.GetProperty("result")[0];
        Assert.Equal(("small", 2, 5, -1, -1), (made.GetProperty("name").GetString(), made.GetProperty("channels_count").GetInt32(), made.GetProperty("streams_count").GetInt32(),
            made.GetProperty("api_calls").GetInt32(), made.GetProperty("tokens_count").GetInt32()));
        foreach (LimitName name in LimitName.All) Assert.True(made.TryGetProperty(name.Name, out _), name.Name);

        (_, body) = await gateway.SendAsync(HttpMethod.Put, "/platform/limits/1?fields=channels_count,streams_count", """{"channels_count":3,"streams_count":-1}""");
        Assert.Equal("""{"result":[{"channels_count":3,"streams_count":-1}]}""", body.GetRawText());
        long account = await gateway.CreateAccountAsync("held", limitId: 1);
        (status, body) = await gateway.SendAsync(HttpMethod.Delete, "/platform/limits/1");
        Assert.Equal((HttpStatusCode.BadRequest, $"Limit 1 holds subaccounts {account}; give them another one first."), (status, body.GetProperty("errors")[0].GetProperty("reason").GetString()));
        await gateway.SendAsync(HttpMethod.Put, $"/platform/subaccounts/{account}", """{"limit_id":0}""");
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Delete, "/platform/limits/1")).Status);
    }

    [Theory]
    [InlineData("""[{"name":"x","channel_count":1}]""", "has no field 'channel_count'")]
    [InlineData("""[{"name":"x","channels_count":-2}]""", "channels_count must be an integer, -1 to")]
    [InlineData("""[{"name":"x","channels_count":1.5}]""", "channels_count must be an integer")]
    [InlineData("""[{"name":"x","channel_storage":5}]""", "channel_storage must be at least 65536")]
    public async Task Bad_limits_are_refused_with_what_was_expected(string body, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement answer) = await gateway.SendAsync(HttpMethod.Post, "/platform/limits", body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, answer.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("channels_count", "/gw/channels", """[{"protocol_name":"line"}]""")]
    [InlineData("tokens_count", "/platform/tokens", """[{"ttl":60}]""")]
    [InlineData("subaccounts_count", "/platform/subaccounts", """[{"name":"x"}]""")]
    [InlineData("limits_count", "/platform/limits", """[{"name":"x"}]""")]
    public async Task A_count_is_held_over_the_whole_branch(string name, string path, string item)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long account = await gateway.CreateAccountAsync("held");
        long below = await gateway.CreateAccountAsync("below", account);
        long beside = await gateway.CreateAccountAsync("beside");
        string key = await gateway.CreateTokenAsync(account, Master);
        string belowKey = await gateway.CreateTokenAsync(below, Master);
        int there = name switch { "tokens_count" => 2, "subaccounts_count" => 1, _ => 0 };
        await gateway.SendAsync(HttpMethod.Post, "/platform/limits", $$"""[{"name":"x","{{name}}":{{there + 2}}}]""");
        await gateway.SendAsync(HttpMethod.Put, $"/platform/subaccounts/{account}", """{"limit_id":1}""");

        Assert.Equal(HttpStatusCode.OK, (await gateway.CallAsync(key, "POST", path, item)).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.CallAsync(belowKey, "POST", path, item)).Status);
        foreach (string held in new[] { key, belowKey })
        {
            (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(held, "POST", path, item);
            Assert.Equal(HttpStatusCode.Forbidden, status);
            Assert.Equal(5, body.GetProperty("errors")[0].GetProperty("code").GetInt32());
            Assert.Contains($"{name} is {there + 2}", body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.OK, (await gateway.CallAsync(TestGateway.Token, "POST", path, item, beside)).Status);
        (_, JsonElement customer) = await gateway.CallAsync(key, "GET", "/platform/customer?fields=limits,counters");
        Assert.Equal(there + 2, customer.GetProperty("result")[0].GetProperty("counters").GetProperty(name).GetInt32());
        Assert.Equal(there + 2, customer.GetProperty("result")[0].GetProperty("limits").GetProperty(name).GetInt32());
    }

    [Fact]
    public async Task A_channel_is_held_to_its_accounts_limits_and_at_once_to_changed_ones()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.SendAsync(HttpMethod.Post, "/platform/limits", """[{"name":"x","channel_connections":1,"channel_storage":100000,"channel_messages":3,"channel_traffic":100000}]""");
        long account = await gateway.CreateAccountAsync("held", limitId: 1);
        await gateway.CallAsync(TestGateway.Token, "POST", "/gw/channels", """[{"protocol_name":"line","configuration":{"quota_bytes":70000,"messages_per_minute":5}}]""", account);
        Channel channel = gateway.Channels.All[0];
        Assert.Equal((1, 70_000, 3, 100_000), (channel.Settings.ConnectionsMax, channel.Settings.QuotaBytes, channel.Settings.MessagesPerMinuteMax, channel.Settings.BytesPerMinuteMax));

        using TestDevice first = await TestDevice.ConnectAsync(channel.Definition.Port);
        await first.SendAsync("#L;tracker1\n");
        await first.ExpectAsync("#AL;1\n");
        using TestDevice second = await TestDevice.ConnectAsync(channel.Definition.Port);
        await second.ExpectClosedAsync();
        Assert.Equal(Channel.BlockedByConnections, channel.Blocked);
        await first.SendAsync("#B;3\n");
        await first.ExpectAsync("#AB;3\n");
        await Eventually.TrueAsync(() => channel.Blocked is 2, "the channel is blocked by messages per minute");

        await gateway.SendAsync(HttpMethod.Put, "/platform/limits/1", """{"channel_messages":-1,"channel_connections":2,"channel_storage":65536}""");
        Assert.Equal((2, 65_536, 5), (channel.Settings.ConnectionsMax, channel.Settings.QuotaBytes, channel.Settings.MessagesPerMinuteMax));
        await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1/cid", """{"cid":1}""");
        Assert.Equal((2_000, 70_000, 0), (channel.Settings.ConnectionsMax, channel.Settings.QuotaBytes, channel.Settings.BytesPerMinuteMax));
        await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1/cid", $$"""{"cid":{{account}}}""");
        await gateway.SendAsync(HttpMethod.Put, $"/platform/subaccounts/{account}", """{"limit_id":0}""");
        Assert.Equal((2_000, 70_000, 0), (channel.Settings.ConnectionsMax, channel.Settings.QuotaBytes, channel.Settings.BytesPerMinuteMax));
    }

    [Fact]
    public async Task Requests_and_bytes_per_minute_are_held_over_the_whole_branch()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long account = await gateway.CreateAccountAsync("held");
        long below = await gateway.CreateAccountAsync("below", account);
        string key = await gateway.CreateTokenAsync(account, Master);
        string belowKey = await gateway.CreateTokenAsync(below, Master);
        await gateway.SendAsync(HttpMethod.Post, "/platform/limits", """[{"name":"calls","api_calls":10},{"name":"bytes","api_traffic":20000}]""");
        foreach ((int limit, string path, int mostCalls) in new[] { (1, "/auth/info", 10), (2, "/gw/message-parameters/all", 20) })
        {
            await gateway.SendAsync(HttpMethod.Put, $"/platform/subaccounts/{account}", $$"""{"limit_id":{{limit}}}""");
            int answered = 0;
            HttpStatusCode last = HttpStatusCode.OK;
            JsonElement body = default;
            // The minute may turn once in the middle.
            while (last is HttpStatusCode.OK && answered <= 2 * mostCalls)
            {
                (last, body) = await gateway.CallAsync(answered % 2 == 0 ? key : belowKey, "GET", path);
                if (last is HttpStatusCode.OK) answered++;
            }
            Assert.Equal(HttpStatusCode.TooManyRequests, last);
            Assert.Equal(5, body.GetProperty("errors")[0].GetProperty("code").GetInt32());
            Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync(path)).Status);
        }
    }

    [Fact]
    public async Task A_token_may_make_so_many_requests_per_minute()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(options => options with { ApiCallsPerMinuteMax = 5 });
        HttpStatusCode last = HttpStatusCode.OK;
        for (int i = 0; i < 11 && last is HttpStatusCode.OK; i++) last = (await gateway.GetAsync("/auth/info")).Status;
        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    [Fact]
    public async Task A_limit_of_somebody_else_can_not_be_put_on_an_account()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long left = await gateway.CreateAccountAsync("left");
        long below = await gateway.CreateAccountAsync("below", left);
        await gateway.CreateAccountAsync("right");
        string leftKey = await gateway.CreateTokenAsync(left, Master);
        await gateway.SendAsync(HttpMethod.Post, "/platform/limits", """[{"name":"roots"}]""");
        await gateway.CallAsync(leftKey, "POST", "/platform/limits", """[{"name":"lefts"}]""");
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.CallAsync(leftKey, "PUT", $"/platform/subaccounts/{below}", """{"limit_id":1}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.CallAsync(leftKey, "PUT", $"/platform/subaccounts/{below}", """{"limit_id":2}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Put, $"/platform/subaccounts/{below}", """{"limit_id":1}""")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.SendAsync(HttpMethod.Put, $"/platform/subaccounts/{left}", """{"limit_id":2}""")).Status);
    }
}
