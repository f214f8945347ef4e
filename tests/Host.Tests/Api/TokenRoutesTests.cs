using System.Net;
using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: a token gives what it says and nothing else, and its key is seen once.</summary>
public sealed class TokenRoutesTests
{
    [Fact]
    public async Task A_token_is_created_used_read_changed_and_removed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/platform/tokens", """[{"info":"panel","ttl":3600,"access":{"type":0}}]""");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement made = body.GetProperty("result")[0];
        Assert.Equal(["id", "key", "cid", "info", "enabled", "ttl", "expire", "created", "accessed", "access"], made.EnumerateObject().Select(field => field.Name));
        string key = made.GetProperty("key").GetString()!;
        long id = made.GetProperty("id").GetInt64();
        Assert.Equal(64, key.Length);

        foreach (string shown in new[] { key, $"FlespiToken {key}", $"Bearer {key}", $"flespitoken   {key} " })
        {
            (status, body) = await gateway.CallAsync(shown, "GET", "/auth/info");
            Assert.Equal(HttpStatusCode.OK, status);
            JsonElement info = body.GetProperty("result")[0];
            Assert.Equal((id, 1, "panel", 3600), (info.GetProperty("id").GetInt64(), info.GetProperty("cid").GetInt64(), info.GetProperty("info").GetString(), info.GetProperty("ttl").GetInt64()));
            Assert.Equal("""{"type":0}""", info.GetProperty("access").GetRawText());
            Assert.True(info.GetProperty("accessed").GetInt64() >= info.GetProperty("created").GetInt64());
        }

        (_, body) = await gateway.GetAsync($"/platform/tokens/{id}?fields=id,key");
        Assert.Equal($$"""{"result":[{"id":{{id}},"key":null}]}""", body.GetRawText());
        (_, body) = await gateway.SendAsync(HttpMethod.Put, $"/platform/tokens/{id}?fields=enabled", """{"enabled":false,"cid":1}""");
        Assert.Equal("""{"result":[{"enabled":false}]}""", body.GetRawText());
        Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.CallAsync(key, "GET", "/auth/info")).Status);
        (_, body) = await gateway.SendAsync(HttpMethod.Delete, $"/platform/tokens/{id}");
        Assert.Equal($$"""{"result":[{"id":{{id}}}]}""", body.GetRawText());
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.GetAsync($"/platform/tokens/{id}")).Status);
    }

    [Fact]
    public async Task The_paths_until_2023_do_the_same()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (_, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/platform/customer/tokens", """{"ttl":600,"access":{"type":1}}""");
        string key = body.GetProperty("result")[0].GetProperty("key").GetString()!;
        (HttpStatusCode status, body) = await gateway.CallAsync(key, "GET", "/platform/customer/tokens/all?fields=id");
        Assert.Equal((HttpStatusCode.OK, 2), (status, body.GetProperty("result").GetArrayLength()));
    }

    [Theory]
    [InlineData("""[{"access":{"type":0}}]""", "A token must end")]
    [InlineData("""[{"ttl":-1}]""", "ttl must be an integer, 0 to")]
    [InlineData("""[{"ttl":60,"key":"mine"}]""", "valid fields: info, enabled")]
    [InlineData("""[{"ttl":60,"access":{"type":3}}]""", "access must be")]
    [InlineData("""[{"ttl":60,"access":{"type":2}}]""", "access must be")]
    [InlineData("""[{"ttl":60,"access":{"type":2,"acl":[{"uri":"gw/nothing"}]}}]""", "uri of an access list must be one of gw, storage")]
    [InlineData("""[{"ttl":60,"access":{"type":2,"acl":[{"uri":"gw/channels","methods":["get"]}]}}]""", "methods of an access list")]
    [InlineData("""[{"ttl":60,"access":{"type":2,"acl":[{"uri":"gw/channels","ids":"in-groups"}]}}]""", "ids of an access list")]
    [InlineData("""[{"ttl":60,"access":{"type":2,"acl":[{"uri":"gw/channels","ids":["7"]}]}}]""", "ids of an access list")]
    [InlineData("""[{"ttl":60,"access":{"type":2,"acl":[{"uri":"gw/channels","submodules":[{"name":"everything"}]}]}}]""", "submodules of an access list")]
    [InlineData("""[{"ttl":60,"access":{"type":2,"acl":[{"uri":"mqtt","topic":"flespi/#","actions":["subscribe"]}]}}]""", "outside flespi/")]
    [InlineData("""[{"ttl":60,"access":{"type":2,"acl":[{"uri":"mqtt","topic":"a/#/b","actions":["subscribe"]}]}}]""", "must be an MQTT filter")]
    [InlineData("""[{"ttl":60,"access":{"type":2,"acl":[{"uri":"gw/channels","colour":1}]}}]""", "has no 'colour'")]
    [InlineData("""[{"ttl":60,"cid":77}]""", "There is no account 77.")]
    [InlineData("[]", "1 to 1000 tokens")]
    public async Task Bad_tokens_are_refused_with_what_was_expected(string body, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement answer) = await gateway.SendAsync(HttpMethod.Post, "/platform/tokens", body);
        Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound);
        Assert.Contains(reason, answer.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Single(gateway.Service<AccessTokens>().All);
    }

    [Fact]
    public async Task An_access_list_is_shown_as_it_is_understood()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        const string access = """
            {"type":2,"acl":[{"uri":"gw/channels","methods":["PUT","GET"],"ids":[3,1],"submodules":[{"name":"messages","methods":["GET"]}]},{"uri":"gw/devices"},{"uri":"mqtt","topic":"a/#","actions":["subscribe"],"methods":["GET"]}]}
            """;
        string key = await gateway.CreateTokenAsync(1, access);
        (_, JsonElement body) = await gateway.CallAsync(key, "GET", "/auth/info");
        Assert.Equal(
            """{"type":2,"acl":[{"uri":"gw/channels","methods":["GET","PUT"],"ids":[1,3],"submodules":[{"name":"messages","methods":["GET"]}]},{"uri":"gw/devices","methods":[],"ids":"all"},{"uri":"mqtt","methods":["GET"],"topic":"a/#","actions":["subscribe"]}]}""",
            body.GetProperty("result")[0].GetProperty("access").GetRawText());
    }

    [Theory]
    [InlineData("""{"uri":"gw/channels","methods":["GET"]}""", "GET /gw/channels/1 200", "GET /gw/channels/1/messages 200", "DELETE /gw/channels/1 403", "GET /gw/channels/1/connections/all 200")]
    [InlineData("""{"uri":"gw/channels","methods":["GET"],"submodules":[]}""", "GET /gw/channels/1 200", "GET /gw/channels/1/messages 403")]
    [InlineData("""{"uri":"gw/channels","methods":[],"submodules":[{"name":"messages","methods":["GET"]}]}""", "GET /gw/channels/1 403", "GET /gw/channels/1/messages 200", "DELETE /gw/channels/1/messages 403")]
    [InlineData("""{"uri":"gw/channels","methods":["GET"],"ids":[2]}""", "GET /gw/channels/1 404", "GET /gw/channels/2 200", "GET /gw/channels/3 404")]
    [InlineData("""{"uri":"gw/channels","methods":["POST"],"ids":[2]}""", "POST /gw/channels 403")]
    [InlineData("""{"uri":"gw/channels","methods":["POST"]}""", "POST /gw/channels 200", "GET /gw/channels/1 403")]
    [InlineData("""{"uri":"gw","methods":["GET"]}""", "GET /gw/channels/1 200", "GET /platform/customer 403")]
    [InlineData("""{"uri":"gw/channels","methods":["GET","PUT"]}""", "PUT /gw/channels/1/cid 403", "PUT /gw/channels/1 200")]
    [InlineData("""{"uri":"storage","methods":["GET"]}""", "GET /gw/channels/1 403", "GET /gw/channel-protocols/all 200", "GET /auth/info 200")]
    public async Task An_access_list_gives_what_it_says(string entry, params string[] calls)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        await gateway.CreateAsync();
        string key = await gateway.CreateTokenAsync(1, $$"""{"type":2,"acl":[{{entry}}]}""");
        foreach (string call in calls)
        {
            string[] words = call.Split(' ');
            string? body = words[0] switch { "POST" => """[{"protocol_name":"line"}]""", "PUT" when words[1].EndsWith("cid", StringComparison.Ordinal) => """{"cid":1}""", "PUT" => """{"name":"x"}""", _ => null };
            (HttpStatusCode status, JsonElement answer) = await gateway.CallAsync(key, words[0], words[1], body);
            Assert.True(int.Parse(words[2]) == (int)status, $"{entry}: {call}, got {(int)status} {answer.GetRawText()}");
        }
    }

    [Fact]
    public async Task What_may_be_seen_but_not_used_so_is_an_error_of_its_own_beside_the_others()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        await gateway.CreateAsync();
        string key = await gateway.CreateTokenAsync(1, """{"type":2,"acl":[{"uri":"gw/channels","methods":["GET"]},{"uri":"gw/channels","methods":["PUT"],"ids":[2]}]}""");
        (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(key, "PUT", "/gw/channels/1,2?fields=id", """{"name":"x"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""[{"id":2}]""", body.GetProperty("result").GetRawText());
        JsonElement error = Assert.Single(body.GetProperty("errors").EnumerateArray());
        Assert.Equal((1, 3), (error.GetProperty("id").GetInt32(), error.GetProperty("code").GetInt32()));
    }

    [Fact]
    public async Task Guessing_is_stopped_and_a_client_with_one_ended_key_is_not()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        for (int i = 0; i < 3 * GuessGuard.WrongKeysMax; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await gateway.CallAsync("ended", "GET", "/auth/info")).Status);
        int i2 = 0;
        HttpStatusCode last = HttpStatusCode.OK;
        // The minute may turn in the middle: two rounds are enough for one of them to lie within one.
        for (; i2 < 2 * GuessGuard.WrongKeysMax + 1 && last is not HttpStatusCode.TooManyRequests; i2++) last = (await gateway.CallAsync($"guess{i2}", "GET", "/auth/info")).Status;
        Assert.Equal(HttpStatusCode.TooManyRequests, last);
        using HttpResponseMessage answer = await gateway.Http.GetAsync("/auth/info", TestContext.Current.CancellationToken);
        if (answer.StatusCode is not HttpStatusCode.OK)     // unless the minute turned just now
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        }
    }

    [Fact]
    public async Task The_start_token_stays_a_master_token()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Put, "/platform/tokens/1", """{"access":{"type":0}}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("start token", body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }
}
