using System.Net;
using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: an account sees and holds its own and what is below it, and of everybody else nothing, not even that it is there.</summary>
public sealed class AccountRoutesTests
{
    private const string Master = """{"type":1}""";

    [Fact]
    public async Task The_root_account_is_there_from_the_start_and_can_be_named()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/platform/customer");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement customer = Assert.Single(body.GetProperty("result").EnumerateArray());
        Assert.Equal((1, 0), (customer.GetProperty("id").GetInt64(), customer.GetProperty("owner_id").GetInt64()));
        Assert.Equal(0, customer.GetProperty("counters").GetProperty("channels_count").GetInt64());
        Assert.Equal("{}", customer.GetProperty("limits").GetRawText());

        await gateway.SendAsync(HttpMethod.Put, "/platform/customer", """{"name":"ours","metadata":{"a":1}}""");
        (_, body) = await gateway.GetAsync("/platform/customer?fields=id%2Cname,metadata");
        Assert.Equal("""{"result":[{"id":1,"name":"ours","metadata":{"a":1}}]}""", body.GetRawText());
        (status, _) = await gateway.SendAsync(HttpMethod.Put, "/platform/customer", """{"limit_id":3}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Fact]
    public async Task A_subaccount_is_created_read_changed_and_removed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (_, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/platform/subaccounts", """[{"name":"fleet","limit_id":0,"metadata":{"k":"v"}}]""");
        Assert.Equal("""{"result":[{"id":2,"cid":1,"name":"fleet","limit_id":0,"metadata":{"k":"v"}}]}""", body.GetRawText());
        (_, body) = await gateway.SendAsync(HttpMethod.Put, "/platform/subaccounts/2?fields=name", """{"name":"trucks","cid":1}""");
        Assert.Equal("""{"result":[{"name":"trucks"}]}""", body.GetRawText());
        (_, body) = await gateway.GetAsync("/platform/subaccounts/name=truck*?fields=id,owner_id");
        Assert.Equal("""{"result":[{"id":2,"owner_id":1}]}""", body.GetRawText());
        (_, body) = await gateway.SendAsync(HttpMethod.Delete, "/platform/subaccounts/2");
        Assert.Equal("""{"result":[{"id":2}]}""", body.GetRawText());
        (HttpStatusCode status, _) = await gateway.GetAsync("/platform/subaccounts/2");
        Assert.Equal(HttpStatusCode.NotFound, status);
        (status, _) = await gateway.SendAsync(HttpMethod.Delete, "/platform/subaccounts/1");
        Assert.Equal(HttpStatusCode.NotFound, status);
    }

    [Fact]
    public async Task Items_of_an_account_are_seen_from_above_and_from_nowhere_else()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long left = await gateway.CreateAccountAsync("left");
        long right = await gateway.CreateAccountAsync("right");
        long below = await gateway.CreateAccountAsync("below", left);
        foreach (long account in new[] { 1, left, right, below })
        {
            (_, JsonElement made) = await gateway.CallAsync(TestGateway.Token, "POST", "/gw/channels?fields=cid", """[{"protocol_name":"line"}]""", account);
            Assert.Equal(account, made.GetProperty("result")[0].GetProperty("cid").GetInt64());
        }

        string leftKey = await gateway.CreateTokenAsync(left, Master);
        string belowKey = await gateway.CreateTokenAsync(below, Master);
        Assert.Equal(new long[] { 1, left, right, below }, await SeenAsync(gateway, TestGateway.Token, null));
        Assert.Equal(new long[] { left, below }, await SeenAsync(gateway, TestGateway.Token, left));
        Assert.Equal(new long[] { left, below }, await SeenAsync(gateway, leftKey, null));
        Assert.Equal(new long[] { below }, await SeenAsync(gateway, leftKey, below));
        Assert.Equal(new long[] { below }, await SeenAsync(gateway, belowKey, null));
        foreach ((string key, object cid) in new (string, object)[] { (leftKey, 1), (leftKey, right), (leftKey, 4711), (belowKey, left) })
        {
            (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(key, "GET", "/gw/channels/all", cid: cid);
            Assert.Equal(HttpStatusCode.NotFound, status);
            Assert.Equal($"There is no account {cid}.", body.GetProperty("errors")[0].GetProperty("reason").GetString());
        }
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.CallAsync(leftKey, "GET", "/gw/channels/all", cid: "me")).Status);
        // The account itself is an item of the one above it.
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.CallAsync(leftKey, "GET", $"/platform/subaccounts/{left}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.CallAsync(leftKey, "GET", $"/platform/subaccounts/{below}")).Status);
    }

    [Fact]
    public async Task A_channel_moves_between_accounts_with_its_port_and_messages()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long left = await gateway.CreateAccountAsync("left");
        long right = await gateway.CreateAccountAsync("right");
        string leftKey = await gateway.CreateTokenAsync(left, Master);
        string rightKey = await gateway.CreateTokenAsync(right, Master);
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");

        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1/cid?fields=id,cid", $$"""{"cid":{{left}}}""");
        Assert.Equal((HttpStatusCode.OK, $$"""{"result":[{"id":1,"cid":{{left}}}]}"""), (status, body.GetRawText()));
        (_, body) = await gateway.CallAsync(leftKey, "GET", "/gw/channels/1/messages");
        Assert.Equal(1, body.GetProperty("result").GetArrayLength());
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.CallAsync(rightKey, "GET", "/gw/channels/1/messages")).Status);
        await device.SendAsync("#M;2\n");
        await device.ExpectAsync("#AM;1\n");
        Assert.Contains(await gateway.EventsAsync(gateway.Channels.All[0]), happened => happened.Is(ChannelEventCode.Moved));

        // To a neighbour it can't be given by the one who has it, nor taken.
        (status, body) = await gateway.CallAsync(leftKey, "PUT", "/gw/channels/1/cid", $$"""{"cid":{{right}}}""");
        Assert.Equal((HttpStatusCode.NotFound, $"There is no account {right}."), (status, body.GetProperty("errors")[0].GetProperty("reason").GetString()));
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.CallAsync(rightKey, "PUT", "/gw/channels/1/cid", $$"""{"cid":{{right}}}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1", $$"""{"cid":{{right}}}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1/cid", """{"cid":1,"name":"x"}""")).Status);
        Assert.Equal(left, gateway.Channels.All[0].Definition.Cid);
    }

    [Fact]
    public async Task An_account_with_channels_or_subaccounts_stays_and_an_empty_one_goes_with_its_tokens()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long account = await gateway.CreateAccountAsync("one");
        long below = await gateway.CreateAccountAsync("two", account);
        string key = await gateway.CreateTokenAsync(account, Master);
        Assert.Equal(HttpStatusCode.BadRequest, (await gateway.SendAsync(HttpMethod.Delete, $"/platform/subaccounts/{account}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Delete, $"/platform/subaccounts/{below}")).Status);

        await gateway.CallAsync(key, "POST", "/gw/channels", """[{"protocol_name":"line"}]""");
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Delete, $"/platform/subaccounts/{account}");
        Assert.Equal((HttpStatusCode.BadRequest, $"Account {account} still has 1 channels; remove or move them first."), (status, body.GetProperty("errors")[0].GetProperty("reason").GetString()));
        await gateway.CallAsync(key, "DELETE", "/gw/channels/1");
        Assert.Equal(HttpStatusCode.OK, (await gateway.CallAsync(key, "GET", "/auth/info")).Status);
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Delete, $"/platform/subaccounts/{account}")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.CallAsync(key, "GET", "/auth/info")).Status);
        Assert.Single(gateway.Service<AccessTokens>().All);
    }

    [Fact]
    public async Task Accounts_nest_no_deeper_than_the_limit()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long account = 1;
        for (int level = 2; level <= AccountDirectory.DepthMax; level++) account = await gateway.CreateAccountAsync($"level {level}", account);
        (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(TestGateway.Token, "POST", "/platform/subaccounts", """[{"name":"too deep"}]""", account);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal(5, body.GetProperty("errors")[0].GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Accounts_and_whose_channels_are_survive_a_restart_and_channels_from_before_accounts_are_the_roots()
    {
        string folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));
        try
        {
            string key;
            await using (TestGateway gateway = await TestGateway.StartAsync(folder: folder))
            {
                long account = await gateway.CreateAccountAsync("one");
                key = await gateway.CreateTokenAsync(account, Master);
                await gateway.CallAsync(key, "POST", "/gw/channels", """[{"protocol_name":"line","name":"theirs"}]""");
                // As versions before accounts wrote it: without cid.
                ChannelDefinition old = new() { Id = 99, Name = "old", ProtocolId = LineCodec.Id, Port = gateway.Options.ChannelPortLast };
                string json = old.ToJson().Replace("\"cid\":1,", "", StringComparison.Ordinal);
                Assert.DoesNotContain("cid", json, StringComparison.Ordinal);
                await gateway.Service<Gateway.Host.Configuration.IConfigurationStore>().PutAsync("channel", 99, json, 0, CancellationToken.None);
            }
            await using (TestGateway gateway = await TestGateway.StartAsync(folder: folder))
            {
                Assert.Equal(new long[] { 2, 1 }, await SeenAsync(gateway, TestGateway.Token, null));
                Assert.Equal(new long[] { 2 }, await SeenAsync(gateway, key, null));
                Assert.Equal(0, gateway.Channels.All[^1].Blocked);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The accounts of the channels that a key sees.</summary>
    private static async Task<long[]> SeenAsync(TestGateway gateway, string key, object? cid)
    {
        (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(key, "GET", "/gw/channels/all?fields=cid", cid: cid);
        Assert.Equal(HttpStatusCode.OK, status);
        return [.. body.GetProperty("result").EnumerateArray().Select(item => item.GetProperty("cid").GetInt64())];
    }
}
