using System.Net;
using System.Text.Json;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: what changed in an account, and who was refused what, can be read afterwards by the account and by nobody beside it; keys are not among it.</summary>
public sealed class AccountLogTests
{
    [Fact]
    public async Task Changes_of_tokens_limits_and_subaccounts_are_in_their_logs()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long account = await gateway.CreateAccountAsync("before");
        await gateway.SendAsync(HttpMethod.Put, $"/platform/subaccounts/{account}", """{"name":"after"}""");
        (_, JsonElement made) = await gateway.SendAsync(HttpMethod.Post, "/platform/tokens", """[{"ttl":60,"info":"panel"}]""");
        long token = made.GetProperty("result")[0].GetProperty("id").GetInt64();
        string key = made.GetProperty("result")[0].GetProperty("key").GetString()!;
        await gateway.SendAsync(HttpMethod.Post, "/platform/limits", """[{"name":"small","channels_count":2},{"name":"other"}]""");

        JsonElement[] subaccounts = await LogsAsync(gateway, $"/platform/subaccounts/{account}/logs");
        Assert.Equal([1, 2], subaccounts.Select(entry => entry.GetProperty("event_code").GetInt32()));
        Assert.Equal(("before", "after"), (subaccounts[1].GetProperty("old").GetProperty("name").GetString(), subaccounts[1].GetProperty("new").GetProperty("name").GetString()));
        JsonElement tokens = Assert.Single(await LogsAsync(gateway, $"/platform/tokens/{token}/logs"));
        Assert.Equal((1, 33, token, "panel"), (tokens.GetProperty("event_code").GetInt32(), tokens.GetProperty("origin_type").GetInt32(), tokens.GetProperty("origin_id").GetInt64(), tokens.GetProperty("new").GetProperty("info").GetString()));
        Assert.DoesNotContain(key, tokens.GetRawText(), StringComparison.Ordinal);
        JsonElement limits = Assert.Single(await LogsAsync(gateway, "/platform/limits/1/logs"));
        Assert.Equal(2, limits.GetProperty("new").GetProperty("channels_count").GetInt32());
        Assert.True(limits.GetProperty("timestamp").GetDouble() > 1_700_000_000);

        // What is gone has no log of its own any more; the account's has it.
        await gateway.SendAsync(HttpMethod.Delete, "/platform/limits/1");
        Assert.Equal(HttpStatusCode.NotFound, (await gateway.GetAsync("/platform/limits/1/logs")).Status);
        JsonElement[] removed = await LogsAsync(gateway, """/platform/customer/logs?data={"filter":"event_code==3"}""");
        Assert.Equal("small", Assert.Single(removed).GetProperty("old").GetProperty("name").GetString());
        JsonElement[] ofLimits = await LogsAsync(gateway, """/platform/customer/logs?data={"item_type":4}""");
        Assert.Equal([1, 1, 3], ofLimits.Select(entry => entry.GetProperty("event_code").GetInt32()));
        await gateway.SendAsync(HttpMethod.Put, "/platform/customer", """{"name":"we"}""");
        JsonElement customer = Assert.Single(await LogsAsync(gateway, """/platform/customer/logs?data={"filter":"event_code==2%26%26origin_type==1"}"""));
        Assert.Equal("we", customer.GetProperty("new").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Requests_that_change_or_are_refused_are_in_the_log_of_their_account_only()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long left = await gateway.CreateAccountAsync("left");
        long right = await gateway.CreateAccountAsync("right");
        string leftKey = await gateway.CreateTokenAsync(left, """{"type":1}""");
        string rightKey = await gateway.CreateTokenAsync(right, """{"type":1}""");
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/gw/channels?fields=id"))
        {
            request.Headers.TryAddWithoutValidation("Authorization", leftKey);
            request.Headers.TryAddWithoutValidation("x-flespi-app", new string('a', 100));
            request.Headers.TryAddWithoutValidation("x-flespi-trace", "trace-7");
            request.Content = new StringContent("""[{"protocol_name":"line"}]""");
            using HttpResponseMessage answer = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        await gateway.CallAsync(leftKey, "GET", "/gw/channels/all");
        await gateway.CallAsync(leftKey, "GET", "/gw/channels/77");
        await gateway.CallAsync(leftKey, "GET", "/gw/channels/all", cid: right);

        (_, JsonElement body) = await gateway.CallAsync(leftKey, "GET", """/platform/customer/logs?data={"filter":"event_code==1000"}""");
        JsonElement[] requests = [.. body.GetProperty("result").EnumerateArray()];
        Assert.Equal(["POST /gw/channels?fields=id 200", "GET /gw/channels/77 404", "GET /gw/channels/all 404"],
            requests.Select(entry => $"{entry.GetProperty("method").GetString()} {entry.GetProperty("uri").GetString()} {entry.GetProperty("response_code").GetInt32()}"));
        Assert.Equal((new string('a', 64), "trace-7", "127.0.0.1"), (requests[0].GetProperty("app").GetString(), requests[0].GetProperty("trace").GetString(), requests[0].GetProperty("source").GetString()));
        (_, body) = await gateway.CallAsync(rightKey, "GET", """/platform/customer/logs?data={"filter":"event_code==1000"}""");
        Assert.Equal(0, body.GetProperty("result").GetArrayLength());
        (_, body) = await gateway.CallAsync(TestGateway.Token, "GET", """/platform/customer/logs?data={"filter":"event_code==1000","count":1,"reverse":true,"fields":"uri"}""", cid: left);
        Assert.Equal("""{"result":[{"uri":"/gw/channels/all"}]}""", body.GetRawText());
    }

    private static async Task<JsonElement[]> LogsAsync(TestGateway gateway, string path)
    {
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync(path);
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        return [.. body.GetProperty("result").EnumerateArray()];
    }
}
