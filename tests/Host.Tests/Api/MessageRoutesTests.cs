using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

public sealed class MessageRoutesTests
{
    [Fact]
    public async Task A_message_has_the_parameters_that_are_always_there_sorted_by_name()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using TestDevice device = await gateway.FillAsync(1);
        (_, JsonElement body) = await gateway.GetAsync("/gw/channels/1/messages");
        JsonElement message = Assert.Single(body.GetProperty("result").EnumerateArray());
        string[] names = [.. message.EnumerateObject().Select(field => field.Name)];
        Assert.Equal(["channel.id", "ident", "peer", "position.latitude", "position.speed", "protocol.id", "server.timestamp", "timestamp"], names);
        Assert.Equal("tracker1", message.GetProperty("ident").GetString());
        Assert.Equal(LineCodec.Id, message.GetProperty("protocol.id").GetInt32());
        Assert.Equal(device.Socket.LocalEndPoint!.ToString(), message.GetProperty("peer").GetString());
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3 - message.GetProperty("server.timestamp").GetDouble(), -1, 30);
        Assert.False(body.TryGetProperty("next_key", out _));
    }

    [Fact]
    public async Task The_queue_form_hands_out_everything_once_and_in_order()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        using TestDevice device = await gateway.FillAsync(25);
        var latitudes = new List<double>();
        long key = 0;
        for (int i = 0; i < 4; i++)
        {
            (_, JsonElement body) = await gateway.GetAsync($$"""/gw/channels/1/messages?data={"curr_key":{{key}},"limit_count":10,"delete":true}""");
            latitudes.AddRange(body.GetProperty("result").EnumerateArray().Select(message => message.GetProperty("position.latitude").GetDouble()));
            long next = body.GetProperty("next_key").GetInt64();
            Assert.Equal(i == 3, next == key);
            key = next;
        }
        Assert.Equal(Enumerable.Range(0, 25).Select(i => (double)i), latitudes);
        Assert.Equal(0, gateway.Channels.All[0].Log.State.Count);
    }

    [Fact]
    public async Task A_size_limit_cuts_the_answer_and_gives_at_least_one_message()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using TestDevice device = await gateway.FillAsync(25);
        (_, JsonElement one) = await gateway.GetAsync("""/gw/channels/1/messages?data={"limit_size":1}""");
        Assert.Equal(1, one.GetProperty("result").GetArrayLength());
        int size = one.GetProperty("result")[0].GetRawText().Length;
        (_, JsonElement some) = await gateway.GetAsync($$"""/gw/channels/1/messages?data={"limit_size":{{size * 5}}}""");
        Assert.InRange(some.GetProperty("result").GetArrayLength(), 4, 5);
    }

    [Fact]
    public async Task A_long_poll_answers_when_a_message_comes_and_empty_when_none_does()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using TestDevice device = await gateway.FillAsync(1);
        long next = gateway.Channels.All[0].Log.State.NextKey;
        long started = Stopwatch.GetTimestamp();
        (_, JsonElement empty) = await gateway.GetAsync($$"""/gw/channels/1/messages?data={"curr_key":{{next}},"timeout":1}""");
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.9, 8);
        Assert.Equal($$"""{"result":[],"next_key":{{next}}}""", empty.GetRawText());

        Task<(HttpStatusCode, JsonElement)> poll = gateway.GetAsync($$"""/gw/channels/1/messages?data={"curr_key":{{next}},"timeout":15}""");
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.False(poll.IsCompleted);
        await device.SendAsync("#M;77\n");
        (_, JsonElement body) = await poll;
        Assert.Equal(77, body.GetProperty("result")[0].GetProperty("position.latitude").GetDouble());
        Assert.Equal(next + 1, body.GetProperty("next_key").GetInt64());
    }

    [Fact]
    public async Task The_time_form_bounds_counts_and_reverses()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        using TestDevice device = await gateway.FillAsync(3);
        JsonElement[] all = [.. (await gateway.GetAsync("/gw/channels/1/messages")).Body.GetProperty("result").EnumerateArray()];
        string second = all[1].GetProperty("server.timestamp").GetRawText(), third = all[2].GetProperty("server.timestamp").GetRawText();
        Assert.Equal("1,2", await LatitudesAsync(gateway, $$"""{"from":{{second}}}"""));
        Assert.Equal("0,1", await LatitudesAsync(gateway, $$"""{"to":{{second}}}"""));
        Assert.Equal("1", await LatitudesAsync(gateway, $$"""{"from":{{second}},"to":{{second}}}"""));
        Assert.Equal("2", await LatitudesAsync(gateway, """{"reverse":true,"count":1}"""));
        Assert.Equal("2,1,0", await LatitudesAsync(gateway, """{"reverse":true}"""));
        Assert.Equal("1,0", await LatitudesAsync(gateway, $$"""{"reverse":true,"to":{{second}}}"""));
        Assert.Equal("2", await LatitudesAsync(gateway, $$"""{"reverse":true,"from":{{third}}}"""));
        Assert.Equal("0,1", await LatitudesAsync(gateway, """{"count":2}"""));
        Assert.Equal("", await LatitudesAsync(gateway, """{"from":9999999999}"""));
    }

    [Theory]
    [InlineData("ident=tracker1", "0,1,2")]
    [InlineData("ident=tracker2", "")]
    [InlineData("position.latitude,ident", "0,1,2")]
    [InlineData("position.latitude,din", "")]
    [InlineData("position.latitude>=1", "1,2")]
    [InlineData("position.latitude==1&&ident~\\\"track*\\\"", "1")]
    [InlineData("position.latitude!=1", "0,2")]
    [InlineData("din!=1", "0,1,2")]
    [InlineData("exists(\\\"peer\\\")", "0,1,2")]
    [InlineData("position.latitude==1||position.latitude==2", "1,2")]
    [InlineData("(position.latitude+1)%2==0", "1")]
    [InlineData("channel.id==1 && protocol.id==9001 && server.timestamp>1700000000", "0,1,2")]
    [InlineData("timestamp<=server.timestamp && $position.latitude>0 ? true : false", "1,2")]
    [InlineData("ident==\\\"track*\\\" && !(position.latitude~\\\"1\\\")", "0,2")]
    [InlineData("substr(ident, -1)==1 && position.latitude<2", "0,1")]
    public async Task Filters_choose_messages(string filter, string latitudes)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using TestDevice device = await gateway.FillAsync(3);
        Assert.Equal(latitudes, await LatitudesAsync(gateway, $$"""{"filter":"{{filter}}"}"""));
    }

    [Fact]
    public async Task Fields_project_and_data_comes_in_every_encoding_or_in_the_body()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using TestDevice device = await gateway.FillAsync(1);
        const string data = """{"count":1,"fields":"ident,position.*"}""";
        const string expected = """{"result":[{"ident":"tracker1","position.latitude":0,"position.speed":10}]}""";
        string axios = Uri.EscapeDataString(data).Replace("%3A", ":", StringComparison.Ordinal).Replace("%2C", ",", StringComparison.Ordinal);
        foreach (string query in new[] { data, Uri.EscapeDataString(data), axios })
            Assert.Equal(expected, (await gateway.GetAsync("/gw/channels/1/messages?data=" + query)).Body.GetRawText());
        Assert.Equal(expected, (await gateway.SendAsync(HttpMethod.Get, "/gw/channels/1/messages", data)).Body.GetRawText());

        // As typed into curl: quotes and braces not encoded at all.
        Assert.Equal(expected, await RawGetAsync(gateway, $"/gw/channels/1/messages?data={data}"));
    }

    [Theory]
    [InlineData("""{"nonsense":1}""", "valid keys: from, to, count")]
    [InlineData("""{"count":"5"}""", "data.count must be an integer")]
    [InlineData("""{"count":0}""", "data.count must be an integer, 1 to")]
    [InlineData("""{"from":"yesterday"}""", "data.from must be a number of seconds")]
    [InlineData("""{"from":2,"to":1}""", "from must not be later than to")]
    [InlineData("""{"reverse":1}""", "data.reverse must be true or false")]
    [InlineData("""{"timeout":301}""", "data.timeout must be an integer, 0 to 300")]
    [InlineData("""{"curr_key":-1}""", "data.curr_key must be")]
    [InlineData("""{"curr_key":1,"from":1}""", "can't be combined")]
    [InlineData("""{"filter":"a||"}""", "filter is not understood at column 3: expected a name, a number")]
    [InlineData("""{"filter":"mileage()>3"}""", "filter is not understood at column 0: mileage() can't be used here")]
    [InlineData("""{"filter":7}""", "data.filter must be a string")]
    [InlineData("[1]", "data must be a JSON object")]
    [InlineData("{", "data is not JSON")]
    public async Task Bad_data_is_refused_with_what_was_expected(string data, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/gw/channels/1/messages?data=" + Uri.EscapeDataString(data));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_are_deleted_below_a_key_between_two_times_up_to_a_time_or_all()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        using TestDevice device = await gateway.FillAsync(5);
        JsonElement[] all = [.. (await gateway.GetAsync("/gw/channels/1/messages")).Body.GetProperty("result").EnumerateArray()];
        (_, JsonElement first) = await gateway.GetAsync("""/gw/channels/1/messages?data={"limit_count":1}""");
        (_, JsonElement body) = await gateway.SendAsync(HttpMethod.Delete, $$"""/gw/channels/1/messages?data={"key":{{first.GetProperty("next_key").GetInt64()}}}""");
        Assert.Equal("""{"result":[{"id":1,"deleted":1}]}""", body.GetRawText());
        string third = all[2].GetProperty("server.timestamp").GetRawText();
        (_, body) = await gateway.SendAsync(HttpMethod.Delete, $$"""/gw/channels/1/messages?data={"from":{{third}},"to":{{third}}}""");
        Assert.Equal("""{"result":[{"id":1,"deleted":1}]}""", body.GetRawText());
        Assert.Equal("1,3,4", await LatitudesAsync(gateway, "{}"));
        await gateway.SendAsync(HttpMethod.Delete, "/gw/channels/1/messages", $$"""{"to":{{third}}}""");
        Assert.Equal("3,4", await LatitudesAsync(gateway, "{}"));
        await gateway.SendAsync(HttpMethod.Delete, "/gw/channels/1/messages");
        Assert.Equal("", await LatitudesAsync(gateway, "{}"));
    }

    [Fact]
    public async Task Deleting_over_the_api_lets_a_full_channel_go_on()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync("""{"quota_bytes":65536}""");
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#B;200\n");
        await device.ExpectAsync("#AL;1\n#AB;200\n");
        for (int stored = 200; channel.Blocked == 0 && stored < 100_000; stored += 200)
        {
            await device.SendAsync("#B;200\n");
            await Eventually.TrueAsync(() => channel.Counters.Messages > stored || channel.Blocked == Channel.BlockedByStorage, "stored, or the buffer is full");
        }
        Assert.Equal(Channel.BlockedByStorage, channel.Blocked);
        await gateway.SendAsync(HttpMethod.Delete, "/gw/channels/1/messages");
        await Eventually.TrueAsync(() => channel.Log.State.Count == 200, "the refused messages are stored");
        Assert.Equal(0, channel.Blocked);
    }

    [Fact]
    public async Task Many_messages_are_streamed_whole()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n" + string.Concat(Enumerable.Repeat("#B;500\n", 20)));
        await device.ExpectAsync("#AL;1\n" + string.Concat(Enumerable.Repeat("#AB;500\n", 20)));
        (_, JsonElement body) = await gateway.GetAsync("/gw/channels/1/messages");
        Assert.Equal(10_000, body.GetProperty("result").GetArrayLength());
        (_, body) = await gateway.GetAsync("""/gw/channels/1/messages?data={"reverse":true,"count":9999}""");
        Assert.Equal(9_999, body.GetProperty("result").GetArrayLength());
    }

    [Fact]
    public async Task A_request_about_several_channels_gives_the_messages_of_all()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        for (int i = 1; i <= 2; i++)
        {
            Channel channel = await gateway.CreateAsync();
            using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
            await device.SendAsync($"#L;tracker{i}\n#M;{i}\n");
            await device.ExpectAsync("#AL;1\n#AM;1\n");
        }
        Assert.Equal("1,2", await LatitudesAsync(gateway, "{}", "all"));
        (HttpStatusCode status, _) = await gateway.GetAsync("""/gw/channels/all/messages?data={"curr_key":0}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        (status, JsonElement body) = await gateway.GetAsync("/gw/channels/1,9/messages");
        Assert.Equal((HttpStatusCode.OK, 1, 9), (status, body.GetProperty("result").GetArrayLength(), body.GetProperty("errors")[0].GetProperty("id").GetInt32()));
        (status, _) = await gateway.GetAsync("/gw/channels/9/messages");
        Assert.Equal(HttpStatusCode.NotFound, status);
    }

    private static async Task<string> LatitudesAsync(TestGateway gateway, string data, string selector = "1")
    {
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/channels/{selector}/messages?data={Uri.EscapeDataString(data)}");
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        return string.Join(',', body.GetProperty("result").EnumerateArray().Select(message => message.GetProperty("position.latitude").GetRawText()));
    }

    private static async Task<string> RawGetAsync(TestGateway gateway, string target)
    {
        using TestDevice client = await TestDevice.ConnectAsync(gateway.Http.BaseAddress!.Port);
        await client.SendAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {TestGateway.Token}\r\nConnection: close\r\n\r\n");
        var received = new StringBuilder();
        var buffer = new byte[4096];
        int count;
        while ((count = await client.Socket.ReceiveAsync(buffer.AsMemory(), System.Net.Sockets.SocketFlags.None, TestContext.Current.CancellationToken)) > 0)
            received.Append(Encoding.UTF8.GetString(buffer, 0, count));
        return received.ToString().Split("\r\n").First(line => line.StartsWith('{'));
    }
}
