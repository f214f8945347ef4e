using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

public sealed class ChannelRoutesTests
{
    private static readonly string[] s_defaultFields = ["id", "name", "enabled", "protocol_id", "configuration", "messages_ttl", "uri", "secondary_uri", "cid"];

    [Fact]
    public async Task A_channel_is_created_read_changed_and_removed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/gw/channels", """[{"name":"one","protocol_name":"line","metadata":{"a":[1]}}]""");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement created = body.GetProperty("result")[0];
        Assert.Equal(s_defaultFields, created.EnumerateObject().Select(field => field.Name));
        Assert.Equal("one", created.GetProperty("name").GetString());
        Assert.Equal(LineCodec.Id, created.GetProperty("protocol_id").GetInt32());
        Assert.Equal(86_400, created.GetProperty("messages_ttl").GetInt32());
        int port = int.Parse(created.GetProperty("uri").GetString()!.Split(':')[1]);
        using TestDevice device = await TestDevice.ConnectAsync(port);

        (_, body) = await gateway.GetAsync("/gw/channels/1?fields=id%2Cprotocol_name,metadata,blocked,messages_size");
        Assert.Equal("""{"result":[{"id":1,"protocol_name":"line","metadata":{"a":[1]},"blocked":0,"messages_size":0}]}""", body.GetRawText());

        (status, body) = await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1?fields=name,messages_ttl", """{"name":"two","messages_ttl":60}""");
        Assert.Equal((HttpStatusCode.OK, """{"result":[{"name":"two","messages_ttl":60}]}"""), (status, body.GetRawText()));

        (status, body) = await gateway.SendAsync(HttpMethod.Delete, "/gw/channels/1");
        Assert.Equal((HttpStatusCode.OK, """{"result":[{"id":1}]}"""), (status, body.GetRawText()));
        (status, body) = await gateway.GetAsync("/gw/channels/1");
        Assert.Equal((HttpStatusCode.NotFound, """{"result":[],"errors":[{"id":1,"code":4,"reason":"There is no channel 1."}]}"""), (status, body.GetRawText()));
        await device.ExpectClosedAsync();
    }

    [Theory]
    [InlineData("all", "1,2,3")]
    [InlineData("2", "2")]
    [InlineData("3,1", "3,1")]
    [InlineData("3%2C1", "3,1")]
    [InlineData("name=beta", "2")]
    [InlineData("name%3Dbeta", "2")]
    [InlineData("name=*a", "1,2,3")]
    [InlineData("name=%3Feta", "2")]
    [InlineData("configuration.factor=5", "3")]
    [InlineData("enabled=false", "3")]
    [InlineData("protocol_name=line", "1,2,3")]
    [InlineData("name=nobody", "")]
    [InlineData("configuration.factor=5.0", "3")]
    [InlineData("messages_ttl=86400", "1,2,3")]
    [InlineData("metadata.tags=red", "1,2")]
    [InlineData("metadata.owner.name=A%3Fa", "2")]
    [InlineData("name=gamma,1", "3,1")]
    [InlineData("2,name=*a,3", "2,1,3")]
    [InlineData("name=%22beta%22", "2")]
    [InlineData("name=delta, x", "4")]
    [InlineData("%7Bname==%22beta%22%20%7C%7C%20configuration.factor%3E4%7D", "2,3")]
    [InlineData("{name~\"%3Feta\"}", "2")]
    [InlineData("{!enabled}", "3")]
    [InlineData("{exists(\"metadata.owner\")}", "2")]
    [InlineData("{name=beta}", "2")]
    [InlineData("{metadata.owner.name==\"Ada\" && blocked==0}", "2")]
    [InlineData("{metadata.tags==\"green\"}", "")]
    [InlineData("{id in}", null)]
    public async Task Selectors_find_channels(string selector, string? ids)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.SendAsync(HttpMethod.Post, "/gw/channels", """
            [{"name":"alpha","protocol_name":"line","metadata":{"tags":["red","green"]}},
             {"name":"beta","protocol_id":9001,"metadata":{"tags":["red"],"owner":{"name":"Ada"}}},
             {"name":"gamma","protocol_name":"lines","enabled":false,"configuration":{"factor":5}}]
            """);
        if (ids is "4") await gateway.SendAsync(HttpMethod.Post, "/gw/channels", """{"name":"delta, x","protocol_name":"line"}""");
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/channels/{selector}?fields=id");
        Assert.Equal(ids is null ? HttpStatusCode.BadRequest : HttpStatusCode.OK, status);
        if (ids is null) return;
        Assert.Equal(ids, string.Join(',', body.GetProperty("result").EnumerateArray().Select(item => item.GetProperty("id").GetInt64())));
    }

    [Fact]
    public async Task Fields_name_members_and_masks_and_keep_the_nesting()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.SendAsync(HttpMethod.Post, "/gw/channels", """
            {"name":"one","protocol_name":"line","metadata":{"a":{"b":1,"c":{"d":[{"e":2,"f":3},5]}},"x.y":6,"z":"t"}}
            """);
        foreach ((string fields, string expected) in new[]
        {
            ("metadata.a.b", """{"metadata":{"a":{"b":1}}}"""),
            ("name,metadata.z,metadata.x.y", """{"name":"one","metadata":{"x.y":6,"z":"t"}}"""),
            ("metadata.a.c.d.e", """{"metadata":{"a":{"c":{"d":[{"e":2}]}}}}"""),
            ("metadata.*.b", """{"metadata":{"a":{"b":1}}}"""),
            ("metadata.z.deeper,id", """{"metadata":{},"id":1}"""),
            ("metadata.z,metadata.*", """{"metadata":{"a":{"b":1,"c":{"d":[{"e":2,"f":3},5]}},"x.y":6,"z":"t"}}"""),
            ("i*,nam*", """{"id":1,"name":"one"}"""),
        })
        {
            (_, JsonElement body) = await gateway.GetAsync("/gw/channels/1?fields=" + fields);
            Assert.Equal($$"""{"result":[{{expected}}]}""", body.GetRawText());
        }
    }

    [Fact]
    public async Task An_unknown_field_is_refused_with_the_valid_ones_as_a_list()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        foreach (string path in new[] { "/gw/channels/all?fields=colour", "/gw/channels/colour=1", "/gw/channels/{colour}" })
        {
            await gateway.CreateAsync();
            (HttpStatusCode status, JsonElement body) = await gateway.GetAsync(path);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains("configuration", body.GetProperty("errors")[0].GetProperty("schema_hint").EnumerateArray().Select(name => name.GetString()));
        }
    }

    [Fact]
    public async Task Ids_that_are_not_there_are_errors_beside_the_others()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/gw/channels/1,77?fields=id");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"result":[{"id":1}],"errors":[{"id":77,"code":4,"reason":"There is no channel 77."}]}""", body.GetRawText());
    }

    [Theory]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","nonsense":1}]""", "valid fields: name, enabled")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","name":5}]""", "name must be a string")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","enabled":"yes"}]""", "enabled must be true or false")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","configuration":[]}]""", "configuration must be an object")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","messages_ttl":1.5}]""", "messages_ttl must be an integer")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","messages_ttl":2592001}]""", "messages_ttl must be an integer, 0 to 2592000, not 2592001")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"martian"}]""", "There is no protocol martian; known are: line")]
    [InlineData("POST", "/gw/channels", """[{"protocol_id":4711}]""", "There is no protocol 4711")]
    [InlineData("POST", "/gw/channels", """[{"name":"x"}]""", "Either protocol_id or protocol_name")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line"},{"protocol_name":"martian"}]""", "There is no protocol martian")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","configuration":{"colour":1}}]""", "valid names: port, connections_limit")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","configuration":{"factor":"5"}}]""", "configuration.factor must be an integer")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","configuration":{"port":70000}}]""", "configuration.port is out of range")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","configuration":{"durability":"maybe"}}]""", "commit (after fsync), os or memory")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line"}""", "is not JSON")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","name":"\ud800"}]""", "half of a surrogate pair")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","metadata":{"\udfff":1}}]""", "half of a surrogate pair")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","name":null}]""", "name must be a string")]
    [InlineData("POST", "/gw/channels", """[{"protocol_id":99999999999999999999}]""", "protocol_id must be an integer")]
    [InlineData("POST", "/gw/channels", """[{"protocol_name":"line","configuration":{"idle_timeout":1e400}}]""", "configuration.idle_timeout is out of range")]
    [InlineData("POST", "/gw/channels", "[]", "1 to 1000 channels")]
    [InlineData("POST", "/gw/channels", "7", "must be a JSON object")]
    [InlineData("POST", "/gw/channels", null, "must be an array of channels")]
    [InlineData("PUT", "/gw/channels/1", """{"uri":"x"}""", "no field 'uri'")]
    [InlineData("PUT", "/gw/channels/1", """{"configuration":{"factor":true}}""", "configuration.factor must be an integer")]
    [InlineData("GET", "/gw/channels/1?fields=id,colour", null, "There is no field 'colour'; valid fields: id, name")]
    [InlineData("GET", "/gw/channels/bogus", null, "is no selector")]
    [InlineData("GET", "/gw/channels/colour=1", null, "can't look at 'colour'")]
    [InlineData("GET", "/gw/channels/%7Bname==%7D", null, "selector is not understood at column 6: expected a name, a number")]
    [InlineData("GET", "/gw/channels/%7Bcolour==1%7D", null, "looks at 'colour', and there is no such field; valid fields: id, name")]
    [InlineData("GET", "/gw/channels/%7Bid==1", null, "must end with }")]
    [InlineData("GET", "/gw/channels/1,two", null, "'two' is no selector; expected an id")]
    public async Task Bad_input_is_refused_with_what_was_expected_and_changes_nothing(string method, string path, string? body, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        string before = (await gateway.GetAsync("/gw/channels/all")).Body.GetRawText();
        (HttpStatusCode status, JsonElement answer) = await gateway.SendAsync(new HttpMethod(method), path, body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(0, answer.GetProperty("result").GetArrayLength());
        Assert.Equal(2, answer.GetProperty("errors")[0].GetProperty("code").GetInt32());
        Assert.Contains(reason, answer.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, (await gateway.GetAsync("/gw/channels/all")).Body.GetRawText());
    }

    [Fact]
    public async Task Bodies_that_are_no_text_too_deep_or_too_long_are_refused()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        byte[] notUtf8 = [.. """[{"protocol_name":"line","name":" """u8, 0xFF, 0xFE, .. "\"}]"u8];
        byte[] tooDeep = [.. Enumerable.Repeat((byte)'[', 5_000)];
        byte[] tooLong = [(byte)'[', .. Enumerable.Repeat((byte)' ', 2_000_000), (byte)']'];
        foreach ((byte[] body, string reason) in new[] { (notUtf8, "is not UTF-8"), (tooDeep, "is not JSON"), (tooLong, "at most 1048576 bytes") })
        {
            using HttpResponseMessage answer = await gateway.Http.PostAsync("/gw/channels", new ByteArrayContent(body), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains(reason, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        Assert.Equal(0, gateway.Channels.Count);
    }

    [Fact]
    public async Task A_port_in_use_is_refused_at_creation_and_at_a_change()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using var intruder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        intruder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        intruder.Listen();
        int taken = ((IPEndPoint)intruder.LocalEndPoint!).Port;
        int own = (await gateway.CreateAsync()).Definition.Port;
        await gateway.CreateAsync();
        string before = (await gateway.GetAsync("/gw/channels/all")).Body.GetRawText();
        foreach (int port in new[] { taken, own })
        {
            (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/gw/channels", $$$"""{"configuration":{"port":{{{port}}}},"protocol_name":"line"}""");
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains($"port {port} is in use", body.GetProperty("errors")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
            (status, body) = await gateway.SendAsync(HttpMethod.Put, "/gw/channels/2", $$$"""{"configuration":{"port":{{{port}}}}}""");
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Equal(2, body.GetProperty("errors")[0].GetProperty("id").GetInt32());
        }
        Assert.Equal(before, (await gateway.GetAsync("/gw/channels/all")).Body.GetRawText());
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("FlespiToken wrong", HttpStatusCode.Unauthorized)]
    [InlineData("FlespiToken ", HttpStatusCode.Unauthorized)]
    [InlineData("Basic " + TestGateway.Token, HttpStatusCode.Unauthorized)]
    [InlineData("FlespiToken " + TestGateway.Token, HttpStatusCode.OK)]
    [InlineData(TestGateway.Token, HttpStatusCode.OK)]
    public async Task A_token_is_needed_with_or_without_its_prefix(string? authorization, HttpStatusCode expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Http.DefaultRequestHeaders.Authorization = null;
        if (authorization is not null) gateway.Http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/gw/channels/all");
        Assert.Equal(expected, status);
        Assert.Equal(JsonValueKind.Array, body.GetProperty("result").ValueKind);
        if (expected is HttpStatusCode.Unauthorized) Assert.Equal(1, body.GetProperty("errors")[0].GetProperty("code").GetInt32());
        (status, _) = await gateway.SendAsync(HttpMethod.Post, "/gw/channels", """[{"protocol_name":"line"}]""");
        Assert.Equal(expected, status);
        Assert.Equal(expected is HttpStatusCode.OK ? 1 : 0, gateway.Channels.Count);
    }

    [Fact]
    public async Task Foreign_origins_may_call()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        gateway.Http.DefaultRequestHeaders.Authorization = null;
        using var request = new HttpRequestMessage(HttpMethod.Options, "/gw/channels/all");
        request.Headers.Add("Origin", "https://panel.example");
        using HttpResponseMessage preflight = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal("*", preflight.Headers.GetValues("Access-Control-Allow-Origin").Single());
        string allowed = preflight.Headers.GetValues("Access-Control-Allow-Headers").Single();
        foreach (string header in new[] { "Authorization", "Content-Type", "x-flespi-app", "x-flespi-cid" }) Assert.Contains(header, allowed, StringComparison.Ordinal);
        using HttpResponseMessage answer = await gateway.Http.GetAsync("/gw/channels/all", TestContext.Current.CancellationToken);
        Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Unknown_paths_are_answered_in_the_same_shape()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        foreach ((HttpMethod method, string path) in new[] { (HttpMethod.Get, "/gw/nothing"), (HttpMethod.Post, "/gw/channels/1"), (HttpMethod.Get, "/gw/channels/1/nothing") })
        {
            (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(method, path);
            Assert.Equal(HttpStatusCode.NotFound, status);
            Assert.Equal(4, body.GetProperty("errors")[0].GetProperty("code").GetInt32());
        }
    }

    [Fact]
    public async Task Connections_are_listed_and_closed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        int port = (await gateway.CreateAsync()).Definition.Port;
        using TestDevice first = await TestDevice.ConnectAsync(port);
        using TestDevice second = await TestDevice.ConnectAsync(port);
        await first.SendAsync("#L;tracker1\n");
        await first.ExpectAsync("#AL;1\n");
        await second.SendAsync("#L;tracker2\n");
        await second.ExpectAsync("#AL;1\n");
        (_, JsonElement body) = await gateway.GetAsync("/gw/channels/1/connections/all");
        Assert.Equal(2, body.GetProperty("result").GetArrayLength());
        (_, body) = await gateway.GetAsync("/gw/channels/all/connections/ident=tracker2");
        JsonElement item = Assert.Single(body.GetProperty("result").EnumerateArray());
        Assert.Equal(["id", "channel_id", "device_id", "ident", "source", "transport", "established", "secondary", "meta"], item.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("tcp", second.Socket.LocalEndPoint!.ToString()), (item.GetProperty("transport").GetString(), item.GetProperty("source").GetString()));

        (_, body) = await gateway.SendAsync(HttpMethod.Delete, $"/gw/channels/1/connections/{item.GetProperty("id").GetInt64()}");
        Assert.Equal(1, body.GetProperty("result").GetArrayLength());
        await second.ExpectClosedAsync();
        await first.SendAsync("#M;1\n");
        await first.ExpectAsync("#AM;1\n");
    }

    [Fact]
    public async Task Protocols_and_parameters_can_be_read()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (_, JsonElement body) = await gateway.GetAsync("/gw/channel-protocols/all?fields=id,name");
        Assert.Equal("""{"result":[{"id":9001,"name":"line"}]}""", body.GetRawText());
        foreach (string path in new[] { "/gw/channel-protocols/name=line", "/gw/protocols/9001" })
        {
            (_, body) = await gateway.GetAsync(path + "?fields=title,features,schema,message_parameters");
            JsonElement protocol = body.GetProperty("result")[0];
            Assert.True(protocol.GetProperty("features").GetProperty("udp").GetBoolean());
            Assert.Equal("integer", protocol.GetProperty("schema").GetProperty("properties").GetProperty("factor").GetProperty("type").GetString());
            JsonElement speed = protocol.GetProperty("message_parameters").EnumerateArray().Single(parameter => parameter.GetProperty("name").GetString() == "position.speed");
            Assert.Equal(("number", "km/h"), (speed.GetProperty("type").GetString(), speed.GetProperty("unit").GetString()));
        }
        (_, body) = await gateway.GetAsync("/gw/message-parameters/all");
        Assert.True(body.GetProperty("result").GetArrayLength() > 1000);
        (_, body) = await gateway.GetAsync("/gw/message-parameters/name=position.latitude");
        Assert.Equal(1, body.GetProperty("result").GetArrayLength());
    }

    /// <summary>Promise: who reads a channel's log sees what it was and what it became, as the API shows channels.</summary>
    [Fact]
    public async Task Changes_are_told_with_the_channel_before_and_after()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (_, JsonElement created) = await gateway.SendAsync(HttpMethod.Post, "/gw/channels", """[{"name":"a","protocol_name":"line","commands_ttl":86400}]""");
        Assert.Contains("no effect", created.GetProperty("warnings")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        (_, JsonElement changed) = await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1", """{"name":"b","configuration":{"factor":2}}""");
        long account = await gateway.CreateAccountAsync("other");
        await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1/cid", $$"""{"cid":{{account}}}""");
        (_, JsonElement moved) = await gateway.GetAsync("/gw/channels/1");
        (_, JsonElement logs) = await gateway.GetAsync("/gw/channels/1/logs");
        JsonElement[] events = [.. logs.GetProperty("result").EnumerateArray()];
        Assert.Equal([1, 2, 4], events.Select(entry => entry.GetProperty("event_code").GetInt32()));
        string[] shown = [.. new[] { created, changed, moved }.Select(body => body.GetProperty("result")[0].GetRawText())];
        Assert.Equal(shown, events.Select(entry => entry.GetProperty("new").GetRawText()));
        Assert.Equal(shown[..2], events[1..].Select(entry => entry.GetProperty("old").GetRawText()));
        Assert.False(events[0].TryGetProperty("old", out _));

        // What is too long for a record is told without the channel.
        string large = new('x', 60_000);
        Assert.Equal(HttpStatusCode.OK, (await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1", $$$"""{"configuration":{"label":"{{{large}}}"}}""")).Status);
        await gateway.SendAsync(HttpMethod.Put, "/gw/channels/1", $$$"""{"configuration":{"label":"{{{large}}}y"}}""");
        (_, logs) = await gateway.GetAsync("""/gw/channels/1/logs?data={"filter":"event_code==2"}""");
        Assert.Equal(3, logs.GetProperty("result").GetArrayLength());
    }

    /// <summary>Promise: a client that makes forms from the schema offers every setting there is, with values of the right type.</summary>
    [Fact]
    public async Task The_schema_of_a_configuration_has_every_setting_with_its_type_bounds_and_default()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(codecs: CodecRegistry.BuiltIn);
        (_, JsonElement body) = await gateway.GetAsync("/gw/channel-protocols/all?fields=name,schema,configuration");
        foreach (JsonElement protocol in body.GetProperty("result").EnumerateArray())
        {
            JsonElement schema = protocol.GetProperty("schema");
            Assert.Equal(schema.GetRawText(), protocol.GetProperty("configuration").GetRawText());
            (_, JsonElement refused) = await gateway.SendAsync(HttpMethod.Post, "/gw/channels", $$$"""[{"protocol_name":{{{protocol.GetProperty("name").GetRawText()}}},"configuration":{"?":1}}]""");
            string reason = refused.GetProperty("errors")[0].GetProperty("reason").GetString()!;
            Assert.Equal(reason[(reason.IndexOf("valid names: ", StringComparison.Ordinal) + 13)..].TrimEnd('.').Split(", "), schema.GetProperty("properties").EnumerateObject().Select(property => property.Name));
            foreach (JsonProperty property in schema.GetProperty("properties").EnumerateObject())
            {
                if (!property.Value.TryGetProperty("default", out JsonElement value)) continue;
                JsonValueKind[] kinds = property.Value.GetProperty("type").GetString() switch
                {
                    "integer" or "number" => [JsonValueKind.Number],
                    "boolean" => [JsonValueKind.True, JsonValueKind.False],
                    _ => [JsonValueKind.String],
                };
                Assert.Contains(value.ValueKind, kinds);
            }
        }
    }
}
