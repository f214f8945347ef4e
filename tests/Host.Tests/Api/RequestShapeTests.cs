using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Api;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: a request means the same in every spelling that clients use, and one that is too long or no text is refused in words.</summary>
public sealed class RequestShapeTests
{
    [Theory]
    [InlineData("name=my%20tracker")]           // encodeURIComponent of the value
    [InlineData("name%3Dmy%20tracker")]         // of the whole
    [InlineData("name%3Dmy+tracker")]           // a form encoder
    [InlineData("%7Bname%3D%3D%22my+tracker%22%7D")]
    [InlineData("{name==%22my%20tracker%22}")]  // encodeURI
    [InlineData("%6Eame=my%20trac*")]
    [InlineData("name=100%25%2F+x")]            // slash, percent and a plus that is one
    [InlineData("name%3D100%25%2F%2B+x", "100%/+ x")]
    [InlineData("name=100%-")]                  // not encoded at all
    public async Task Selectors_are_read_in_every_encoding(string selector, string? name = null)
    {
        name ??= selector.Contains("100%25", StringComparison.Ordinal) ? "100%/+x" : selector.Contains("100%-", StringComparison.Ordinal) ? "100%-" : "my tracker";
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        await gateway.SendAsync(HttpMethod.Post, "/gw/channels", JsonSerializer.Serialize(new { name, protocol_name = "line" }));
        string answer = await RawAsync(gateway, $"GET /gw/channels/{selector}?fields=id HTTP/1.1");
        Assert.Equal("""{"result":[{"id":2}]}""", answer);
    }

    [Theory]
    [InlineData("data=%7B%22count%22%3A1%2C%22filter%22%3A%22position.latitude%3E0%22%7D")]
    [InlineData("data=%7B%22count%22:1,%22filter%22:%22position.latitude%3E0%22%7D")]
    [InlineData("data={\"count\":1,\"filter\":\"position.latitude>0+0\"}")]
    [InlineData("data=%7B%22count%22:+1,+%22filter%22:+%22position.latitude+%3E+0%22%7D")]
    [InlineData("data=%7B%22count%22:1,%22filter%22:%22position.latitude%20%3E%200+0%22%7D")]
    [InlineData("count=1&filter=position.latitude%3E0")]
    [InlineData("count=1&data=%7B%22filter%22:%22position.latitude%3E0%22%7D")]
    [InlineData("data=%7B%22count%22:1%7D&count=3&filter=position.latitude>0&reverse=false")]
    public async Task Options_come_as_json_or_one_by_one(string query)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using TestDevice device = await gateway.FillAsync(3);
        string answer = await RawAsync(gateway, $"GET /gw/channels/1/messages?{query}&fields=position.latitude HTTP/1.1");
        Assert.Equal("""{"result":[{"position.latitude":1}]}""", answer);
    }

    [Theory]
    [InlineData("limit=2", "1,2", """{"limit":2,"offset":0,"count":5}""")]
    [InlineData("limit=2&offset=3", "4,5", """{"limit":2,"offset":3,"count":5}""")]
    [InlineData("offset=4", "5", """{"limit":5,"offset":4,"count":5}""")]
    [InlineData("limit=100", "1,2,3,4,5", """{"limit":100,"offset":0,"count":5}""")]
    [InlineData("limit=10&offset=2147483647", "", """{"limit":10,"offset":2147483647,"count":5}""")]
    public async Task A_collection_is_read_in_parts(string query, string ids, string pagination)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        for (int i = 0; i < 5; i++) await gateway.CreateAsync();
        (_, JsonElement body) = await gateway.GetAsync("/gw/channels/all?fields=id&" + query);
        Assert.Equal(ids, string.Join(',', body.GetProperty("result").EnumerateArray().Select(item => item.GetProperty("id").GetInt64())));
        Assert.Equal(pagination, body.GetProperty("pagination").GetRawText());
        (_, body) = await gateway.GetAsync("/gw/channels/all?fields=id");
        Assert.False(body.TryGetProperty("pagination", out _));
    }

    [Theory]
    [InlineData("/gw/channels/all?limit=0", "limit must be an integer, 1 to")]
    [InlineData("/gw/channels/all?limit=x", "limit must be an integer")]
    [InlineData("/gw/channels/all?offset=-1", "offset must be an integer, 0 to")]
    [InlineData("/gw/channels/all?offset=99999999999", "offset must be an integer")]
    [InlineData("/gw/channels/name=%FF", "The path is not UTF-8")]
    [InlineData("/gw/channels/all?fields=%C3%28", "The query's fields is not UTF-8")]
    [InlineData("/gw/channels/1/messages?data=%7B%22filter%22:%22%ED%A0%80%22%7D", "The query's data is not UTF-8")]
    [InlineData("/gw/channels/1/messages?cuont=5", "data has no key 'cuont'; valid keys: from, to, count")]
    [InlineData("/gw/channels/1/messages?count=many", "data.count must be an integer")]
    [InlineData("/gw/channels/1/messages?count=1e3", "data.count must be an integer")]
    [InlineData("/gw/channels/1/messages?from=yesterday", "data.from must be a number")]
    [InlineData("/gw/channels/all?fields=*LONG", "a name in fields may have at most 256 characters")]
    [InlineData("/gw/channels/name=*LONG", "A value with wildcards may have at most 256 characters")]
    [InlineData("/gw/channels/LONGLONG", "A part of the path may have at most 65536 characters")]
    [InlineData("/gw/channels/all?fields=LONGLONG", "The query may have at most 65536 characters")]
    [InlineData("/gw/channels/all?MANY", "The query may have at most 64 names")]
    [InlineData("/gw/channels/all?fields=MANYFIELDS", "fields may name at most 100 fields")]
    public async Task A_request_that_can_not_be_read_says_why(string target, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        target = target.Replace("MANYFIELDS", string.Join(',', Enumerable.Range(0, 101).Select(i => $"f{i}")), StringComparison.Ordinal)
            .Replace("MANY", string.Join('&', Enumerable.Range(0, 65).Select(i => $"n{i}=1")), StringComparison.Ordinal)
            .Replace("LONGLONG", new string('a', RequestTarget.LengthMax + 1), StringComparison.Ordinal)
            .Replace("LONG", new string('a', 300), StringComparison.Ordinal);
        string answer = await RawAsync(gateway, $"GET {target} HTTP/1.1");
        using JsonDocument body = JsonDocument.Parse(answer);
        Assert.Equal(0, body.RootElement.GetProperty("result").GetArrayLength());
        JsonElement error = body.RootElement.GetProperty("errors")[0];
        Assert.Equal(2, error.GetProperty("code").GetInt32());
        Assert.Contains(reason, error.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    /// <summary>The body of the answer to a request that no client library has touched.</summary>
    private static async Task<string> RawAsync(TestGateway gateway, string requestLine)
    {
        using TestDevice client = await TestDevice.ConnectAsync(gateway.Http.BaseAddress!.Port);
        await client.SendAsync($"{requestLine}\r\nHost: localhost\r\nAuthorization: {TestGateway.Token}\r\nConnection: close\r\n\r\n");
        var received = new StringBuilder();
        var buffer = new byte[4096];
        int count;
        while ((count = await client.Socket.ReceiveAsync(buffer.AsMemory(), System.Net.Sockets.SocketFlags.None, TestContext.Current.CancellationToken)) > 0)
            received.Append(Encoding.UTF8.GetString(buffer, 0, count));
        return received.ToString().Split("\r\n").First(line => line.StartsWith('{'));
    }
}
