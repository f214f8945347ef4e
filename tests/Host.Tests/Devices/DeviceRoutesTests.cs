using System.Net;
using System.Text.Json;
using Gateway.Host.Devices;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: devices are registered, read, changed and removed as clients of the platform expect; what is refused changes nothing and says what was expected.</summary>
public sealed class DeviceRoutesTests
{
    private static readonly string[] s_defaultFields =
        ["id", "name", "enabled", "device_type_id", "protocol_id", "cid", "configuration", "messages_ttl", "messages_rotate", "media_ttl", "media_rotate"];

    [Fact]
    public async Task A_device_is_registered_read_changed_and_removed()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(
            HttpMethod.Post, "/gw/devices", $$"""[{"name":"one","device_type_id":{{DeviceTools.LineType}},"configuration":{"ident":" 0123 "},"metadata":{"a":[1]} }]""");
        Assert.Equal(HttpStatusCode.OK, status);
        JsonElement created = Assert.Single(body.Results());
        Assert.Equal(s_defaultFields, created.EnumerateObject().Select(field => field.Name));
        Assert.Equal(
            $$"""{"id":1,"name":"one","enabled":true,"device_type_id":900100000,"protocol_id":9001,"cid":1,"configuration":{"ident":" 0123 "},"messages_ttl":31536000,"messages_rotate":0,"media_ttl":31536000,"media_rotate":0}""",
            created.GetRawText());

        (_, body) = await gateway.GetAsync("/gw/devices/configuration.ident=*0123*?fields=id,metadata,connected,last_active,blocked,ident,ident_normalized,device_type_name,protocol_name");
        Assert.Equal(
            """{"result":[{"id":1,"metadata":{"a":[1]},"connected":false,"last_active":null,"blocked":0,"ident":"0123","ident_normalized":"123","device_type_name":"generic","protocol_name":"line"}]}""",
            body.GetRawText());

        (_, body) = await gateway.SendAsync(HttpMethod.Put, "/gw/devices/1?fields=name,messages_ttl,media_rotate", """{"name":"two","messages_ttl":60,"media_rotate":5}""");
        Assert.Equal("""{"result":[{"name":"two","messages_ttl":60,"media_rotate":5}]}""", body.GetRawText());
        (_, body) = await gateway.SendAsync(HttpMethod.Delete, "/gw/devices/1");
        Assert.Equal("""{"result":[{"id":1}]}""", body.GetRawText());
        (status, body) = await gateway.GetAsync("/gw/devices/1");
        Assert.Equal((HttpStatusCode.NotFound, "There is no device 1."), (status, body.Reason()));
    }

    [Fact]
    public async Task A_patch_merges_configuration_and_metadata_and_a_put_replaces_them()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long id = await gateway.RegisterAsync("1", ""","metadata":{"a":1,"b":{"c":2,"d":3}}""");
        await gateway.SendAsync(HttpMethod.Patch, $"/gw/devices/{id}", """{"configuration":{"phone":"+49"},"metadata":{"a":null,"b":{"c":5},"e":[null]}}""");
        Assert.Equal("""{"ident":"1","phone":"+49"}""", await gateway.FieldAsync(id, "configuration"));
        Assert.Equal("""{"b":{"d":3,"c":5},"e":[null]}""", await gateway.FieldAsync(id, "metadata"));
        await gateway.SendAsync(HttpMethod.Put, $"/gw/devices/{id}", """{"metadata":{"x":1}}""");
        Assert.Equal("""{"x":1}""", await gateway.FieldAsync(id, "metadata"));
        Assert.Equal("""{"ident":"1","phone":"+49"}""", await gateway.FieldAsync(id, "configuration"));
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Patch, $"/gw/devices/{id}", """{"configuration":{"ident":null}}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("configuration.ident is needed", body.Reason(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_duplicate_ident_is_refused_and_the_others_of_the_request_are_made()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long first = await gateway.RegisterAsync("0007");
        string Item(string ident) => $$"""{"device_type_id":{{DeviceTools.LineType}},"configuration":{"ident":"{{ident}}"} }""";
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/gw/devices?fields=configuration.ident", $"[{Item("8")},{Item("7")},{Item("9")},{Item("08")}]");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""[{"configuration":{"ident":"8"}},{"configuration":{"ident":"9"}}]""", body.GetProperty("result").GetRawText());
        string[] reasons = [.. body.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("reason").GetString()!)];
        Assert.StartsWith($"The ident 7 is that of device {first} already", reasons[0], StringComparison.Ordinal);
        Assert.StartsWith("The ident 08 is that of device 2 already", reasons[1], StringComparison.Ordinal);

        (status, body) = await gateway.SendAsync(HttpMethod.Put, "/gw/devices/all", """{"configuration":{"ident":"10"}}""");
        Assert.Equal((HttpStatusCode.OK, 1, 2), (status, body.Results().Count(), body.GetProperty("errors").GetArrayLength()));
        (_, body) = await gateway.GetAsync("/gw/devices/all?fields=ident");
        Assert.Equal("""{"result":[{"ident":"10"},{"ident":"8"},{"ident":"9"}]}""", body.GetRawText());

        // What is free again can be taken.
        Assert.Equal(5, await gateway.RegisterAsync("7") - first);
    }

    [Theory]
    [InlineData("POST", "/gw/devices", """[{"device_type_id":4711,"configuration":{"ident":"1"}}]""", "The device type 4711 is not found")]
    [InlineData("POST", "/gw/devices", """[{"configuration":{"ident":"1"}}]""", "without a device type")]
    [InlineData("POST", "/gw/devices", """[{"device_type_id":900100000}]""", "configuration.ident is needed")]
    [InlineData("POST", "/gw/devices", """[{"device_type_id":900100000,"configuration":{"ident":"a/b"}}]""", "without spaces, #, + and /")]
    [InlineData("POST", "/gw/devices", """[{"device_type_id":900100000,"configuration":{"ident":5}}]""", "configuration.ident must be a string")]
    [InlineData("POST", "/gw/devices", """[{"device_type_id":900100000,"configuration":{"ident":"1","colour":"red"}}]""", "valid names: ident, phone, settings_polling")]
    [InlineData("POST", "/gw/devices", """[{"protocol_name":"martian","configuration":{"ident":"1"}}]""", "There is no protocol martian")]
    [InlineData("POST", "/gw/devices", """[{"protocol_name":"line","device_type_name":"X","configuration":{"ident":"1"}}]""", "has no device type X")]
    [InlineData("POST", "/gw/devices", """[{"protocol_name":"line","device_type_id":1,"configuration":{"ident":"1"}}]""", "either device_type_id or protocol_name")]
    [InlineData("POST", "/gw/devices", """[{"device_type_name":"X"}]""", "needs protocol_name")]
    [InlineData("POST", "/gw/devices", """[{"name":5}]""", "name must be a string")]
    [InlineData("POST", "/gw/devices", """[{"messages_ttl":315360001}]""", "messages_ttl must be an integer, 0 to 315360000")]
    [InlineData("POST", "/gw/devices", """[{"name":"a"},{"nonsense":1}]""", "no field 'nonsense'")]
    [InlineData("POST", "/gw/devices", "[]", "1 to 1000 devices")]
    [InlineData("POST", "/gw/devices", "7", "must be a JSON object")]
    [InlineData("POST", "/gw/devices", null, "must be an array of devices")]
    [InlineData("PUT", "/gw/devices/1", """{"cid":2}""", "PUT /gw/devices/{selector}/cid")]
    [InlineData("PUT", "/gw/devices/1", """{"device_type_id":0}""", "without a device type")]
    [InlineData("PATCH", "/gw/devices/1", """{"enabled":1}""", "enabled must be true or false")]
    [InlineData("GET", "/gw/devices/1?fields=colour", null, "There is no field 'colour'")]
    public async Task Bad_input_is_refused_with_what_was_expected_and_changes_nothing(string method, string path, string? body, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.RegisterAsync("1234");
        string before = (await gateway.GetAsync("/gw/devices/all?fields=*")).Body.GetRawText();
        (HttpStatusCode status, JsonElement answer) = await gateway.SendAsync(new HttpMethod(method), path, body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, answer.Reason(), StringComparison.Ordinal);
        Assert.Equal(before, (await gateway.GetAsync("/gw/devices/all?fields=*")).Body.GetRawText());
    }

    [Fact]
    public async Task A_device_may_have_no_type_and_get_one_later()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (_, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/gw/devices?fields=id,device_type_id,protocol_id,ident", """{"name":"later"}""");
        Assert.Equal("""{"result":[{"id":1,"device_type_id":0,"protocol_id":0,"ident":null}]}""", body.GetRawText());
        (_, body) = await gateway.SendAsync(HttpMethod.Put, "/gw/devices/1?fields=device_type_id,ident", """{"protocol_name":"lines","configuration":{"ident":"5"}}""");
        Assert.Equal("""{"result":[{"device_type_id":900100000,"ident":"5"}]}""", body.GetRawText());
    }

    [Fact]
    public async Task Ten_thousand_devices_survive_a_restart()
    {
        string folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));
        try
        {
            await using (TestGateway gateway = await TestGateway.StartAsync(folder: folder))
            {
                for (int batch = 0; batch < 10; batch++)
                {
                    string items = string.Join(',', Enumerable.Range(batch * 1_000, 1_000).Select(i => $$"""{"name":"d{{i}}","device_type_id":{{DeviceTools.LineType}},"configuration":{"ident":"9{{i:d6}}"} }"""));
                    (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/gw/devices?fields=id", $"[{items}]");
                    Assert.Equal((HttpStatusCode.OK, 1_000), (status, body.Results().Count()));
                }
                await gateway.SendAsync(HttpMethod.Put, "/gw/devices/all?fields=id", """{"messages_ttl":77}""");
                await gateway.SendAsync(HttpMethod.Delete, "/gw/devices/5000");
            }
            await using (TestGateway gateway = await TestGateway.StartAsync(folder: folder))
            {
                Assert.Equal(9_999, gateway.Service<DeviceDirectory>().Count);
                (_, JsonElement body) = await gateway.GetAsync("/gw/devices/configuration.ident=9004998?fields=id,name,messages_ttl");
                Assert.Equal("""{"result":[{"id":4999,"name":"d4998","messages_ttl":77}]}""", body.GetRawText());
                Assert.Equal(10_001, await gateway.RegisterAsync("5"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
