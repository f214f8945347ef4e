using System.Net;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Devices.Commands;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: a command that can't be given to a device is refused with what was expected, nothing of it is queued, and each protocol says what its commands take.</summary>
public sealed class CommandInputTests
{
    [Theory]
    [InlineData("commands", """[{"name":"engine.relay"}]""", "command engine.relay properties validation failed: command definition engine.relay is not found")]
    [InlineData("commands", """[{"name":"custom","properties":{}}]""", "exactly one of payload, text, hex")]
    [InlineData("commands", """[{"name":"custom","properties":{"payload":"a","hex":"00"}}]""", "exactly one of payload, text, hex")]
    [InlineData("commands", """[{"name":"custom","properties":{"hex":"0"}}]""", "hexadecimal digits")]
    [InlineData("commands", """[{"name":"custom","properties":{"hex":5}}]""", "hex must be a string")]
    [InlineData("commands", """[{"name":"output"}]""", "needs index, an integer")]
    [InlineData("commands", """[{"name":"output","properties":{"index":"1"}}]""", "index must be an integer")]
    [InlineData("commands", """[{"name":"output","properties":{"index":1,"colour":2}}]""", "valid properties: index, on, delay")]
    [InlineData("commands", """[{"name":"custom","properties":{"text":"x"},"timeout":4}]""", "timeout must be an integer, 5 to 60")]
    [InlineData("commands", """[{"name":"custom","properties":{"text":"x"},"address":"sms"}]""", "no modem")]
    [InlineData("commands", """[{"name":"custom","properties":{"text":"x"},"condition":"speed<5"}]""", "condition is not supported")]
    [InlineData("commands", """[{"name":"custom","properties":{"text":"x"},"ttl":5}]""", "no field 'ttl'")]
    [InlineData("commands", """[{"name":"custom","properties":{"text":"x"},"meta":[]}]""", "meta must be an object")]
    [InlineData("commands", """[{"name":"custom","properties":[1]}]""", "properties must be an object")]
    [InlineData("commands", """[{"properties":{"text":"x"}}]""", "needs a name")]
    [InlineData("commands", "[]", "1 to 1000 commands")]
    [InlineData("commands", """["custom"]""", "must be a JSON object")]
    [InlineData("commands?fields=colour", """[{"name":"custom","properties":{"text":"x"}}]""", "no field 'colour'")]
    [InlineData("commands", """[{"name":"custom","properties":{"text":"x"}}]""", "failed to deliver command custom, device with id 1 is not connected")]
    [InlineData("commands-queue?fields=colour", """[{"name":"custom","properties":{"text":"x"}}]""", "no field 'colour'")]
    [InlineData("commands-queue", """[{"name":"custom","properties":{"text":"x"},"ttl":2592001}]""", "ttl must be an integer, 1 to 2592000")]
    [InlineData("commands-queue", """[{"name":"custom","properties":{"text":"x"},"ttl":0}]""", "ttl must be an integer, 1 to 2592000")]
    [InlineData("commands-queue", """[{"name":"custom","properties":{"text":"x"},"expires":1700000000}]""", "expires must be in the future")]
    [InlineData("commands-queue", """[{"name":"custom","properties":{"text":"x"},"expires":99999999999}]""", "expires must be in the future")]
    [InlineData("commands-queue", """[{"name":"custom","properties":{"text":"x"},"max_attempts":0}]""", "max_attempts must be an integer")]
    [InlineData("commands-queue", """[{"name":"custom","properties":{"text":"x"},"priority":1e99}]""", "priority must be an integer")]
    [InlineData("commands-queue", """[{"name":"custom","properties":{"text":"x"}},{"name":"custom","properties":{"text":5}}]""", "text must be a string")]
    public async Task Bad_input_is_refused_with_what_was_expected_and_nothing_is_queued(string path, string body, string reason)
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        (HttpStatusCode status, JsonElement answer) = await world.PostAsync(path, body);
        Assert.Equal((HttpStatusCode.BadRequest, 2), (status, answer.GetProperty("errors")[0].GetProperty("code").GetInt32()));
        Assert.Contains(reason, answer.Reason(), StringComparison.Ordinal);
        Assert.Empty(await world.WaitingAsync());
    }

    [Theory]
    [InlineData("commands-queue/abc", "'abc' is no selector")]
    [InlineData("commands-queue/colour=red", "colour")]
    [InlineData("commands-result/abc", "'abc' is no number of a command")]
    [InlineData("commands-result/,", "numbers of commands are expected")]
    [InlineData("commands-result?data={\"colour\":1}", "no key 'colour'")]
    [InlineData("commands-result?data={\"count\":0}", "data.count must be an integer")]
    public async Task Bad_questions_are_refused_with_what_was_expected(string path, string reason)
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        await world.QueueAsync("x");
        (HttpStatusCode status, JsonElement answer) = await world.Gateway.GetAsync($"/gw/devices/{world.Id}/{path}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, answer.Reason(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_one_device_of_many_can_not_take_is_its_own_error_and_the_others_get_it()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        await world.Gateway.SendAsync(HttpMethod.Post, "/gw/devices", """[{"name":"without a type"},{"protocol_name":"orders","configuration":{"ident":"78"},"enabled":false}]""");
        (HttpStatusCode status, JsonElement body) = await world.Gateway.SendAsync(HttpMethod.Post, "/gw/devices/all/commands-queue?fields=device_id", """{"name":"custom","properties":{"text":"x"}}""");
        Assert.Equal((HttpStatusCode.OK, """[{"device_id":1}]"""), (status, body.GetProperty("result").GetRawText()));
        Assert.Equal(
            [(2L, "device 2 has no device type, and so no commands."), (3L, "device 3 is disabled.")],
            body.GetProperty("errors").EnumerateArray().Select(error => (error.GetProperty("id").GetInt64(), error.GetProperty("reason").GetString()!)));
    }

    [Fact]
    public async Task Device_types_show_the_commands_with_their_schemas()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        (_, JsonElement body) = await world.Gateway.GetAsync("/gw/channel-protocols/name=orders/device-types/name=generic?fields=commands");
        Dictionary<string, JsonElement> commands = body.Results().First().GetProperty("commands").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!);
        Assert.Equal(["output", "numbered", "nothing", "custom"], commands.Keys);
        Assert.Equal(
            """{"type":"object","properties":{"index":{"type":"integer"},"on":{"type":"boolean","default":true},"delay":{"type":"number","default":1.5}},"required":["index"],"additionalProperties":false}""",
            commands["output"].GetProperty("schema").GetRawText());
        Assert.Equal("[\"connection\"]", commands["custom"].GetProperty("address").GetRawText());
        Assert.Equal(["payload", "text", "hex"], commands["custom"].GetProperty("schema").GetProperty("properties").EnumerateObject().Select(one => one.Name));
    }

    [Fact]
    public void Every_built_in_command_is_written_or_refused_whatever_its_properties_hold()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        int written = 0;
        foreach (Codec codec in CodecRegistry.BuiltIn)
        {
            foreach (CommandInfo command in codec.Info.Commands)
            {
                for (int round = 0; round < 200; round++)
                {
                    var arguments = new CommandArguments();
                    foreach (OptionInfo property in command.Properties) arguments[property.Name] = AnyOf(random, property.Type);
                    Session session = codec.CreateSession();
                    if (random.Next(2) == 0) session.TrySetIdent("861234567890123"u8);
                    var output = new ReplyWriter();
                    string what = $"seed {seed}: {codec.Info.Name} {command.Name} {string.Join(", ", arguments.Select(pair => $"{pair.Key}={pair.Value}"))}";
                    EncodeStatus status = EncodeStatus.UnknownCommand;
                    Assert.True(Record.Exception(() => status = codec.TryEncode(command.Name, arguments, session, output)) is null, what);
                    Assert.True(status is EncodeStatus.Ok or EncodeStatus.BadArgument, what);
                    if (status is EncodeStatus.Ok && output.Length > 0) written++;
                }
            }
        }
        Assert.True(written > 1_000, $"{written} commands were written.");
    }

    private static object AnyOf(Random random, string type) => type switch
    {
        "int" or "minutes" => random.Next(4) switch { 0 => 0L, 1 => long.MinValue, 2 => long.MaxValue, _ => random.NextInt64(-1_000, 100_000) },
        "real" => random.Next(4) switch { 0 => double.NaN, 1 => double.MaxValue, 2 => -0.0, _ => random.NextDouble() * 100 },
        "bool" => random.Next(2) == 0,
        _ => random.Next(5) switch
        {
            0 => "",
            1 => new string('x', random.Next(20_000)),
            2 => "\u0000\uFFFFé漢😀\r\n#,;",
            3 => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => "0123456789abcdefABCDEF+-:"[random.Next(25)])),
            _ => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(0x20, 0x3000))),
        },
    };

    [Fact]
    public void Every_built_in_command_has_a_schema_that_can_be_met()
    {
        foreach (Codec codec in CodecRegistry.BuiltIn)
        {
            CommandCatalog catalog = CommandCatalog.Of(codec);
            Assert.Equal(codec.Info.Http, catalog.Types.Count == 0);
            foreach (CommandType type in catalog.Types)
            {
                string properties = string.Join(',', type.Properties.Take(type.IsOneOf ? 1 : int.MaxValue).Select(property => $"\"{property.Name}\":{property.Type switch { "int" or "minutes" => "1", "real" => "1.5", "bool" => "true", _ => "\"00\"" }}"));
                using JsonDocument document = JsonDocument.Parse($"{{{properties}}}");
                Assert.True(catalog.ProblemOf(type.Name, document.RootElement) is null, $"{codec.Info.Name} {type.Name}");
            }
        }
    }
}
