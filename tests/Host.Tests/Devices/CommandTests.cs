using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: a command reaches its device on the open connection, or in the reply window of the next one; one at a time, and what became of it can be seen, with the device's raw answer.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task A_command_reaches_the_open_connection_and_its_answer_comes_back()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        using TestDevice device = await world.LoginAsync();
        Task<(HttpStatusCode, JsonElement)> asked = world.PostAsync("commands", """[{"name":"custom","properties":{"payload":"beep"},"meta":{"by":"me"}}]""");
        await device.ExpectAsync("C;beep\n");
        await device.SendAsync("A;done\n");
        (HttpStatusCode status, JsonElement body) = await asked;
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        JsonElement result = Assert.Single(body.Results());
        Assert.Equal(
            ("custom", "done", "413b646f6e650a", true, "processed", 1, "me"),
            (result.GetProperty("name").GetString(), result.GetProperty("response").GetString(), result.GetProperty("response_hex").GetString(), result.GetProperty("executed").GetBoolean(),
             result.GetProperty("state").GetString(), result.GetProperty("attempts").GetInt32(), result.GetProperty("meta").GetProperty("by").GetString()));
        Assert.Equal((world.Id, world.Channel.Id), (result.GetProperty("device_id").GetInt64(), result.GetProperty("channel_id").GetInt64()));
        Assert.Equal(result.GetRawText(), Assert.Single(await world.ResultsAsync()).GetRawText());
        Assert.Equal(1, world.Channel.Log.State.Count);     // the answer is a message like any other
        Assert.Equal([DeviceEventCode.CommandQueued, DeviceEventCode.CommandSent, DeviceEventCode.CommandProcessed], world.CommandEvents);
    }

    [Theory]
    [InlineData("custom", """{"text":"beep"}""", "C;beep\n")]
    [InlineData("custom", """{"hex":"00FF0a"}""", "\u0000\u00FF\n")]
    [InlineData("output", """{"index":3}""", "O;3;on;15;O1;1\n")]
    [InlineData("output", """{"index":-1,"on":false,"delay":2}""", "O;-1;off;20;O1;1\n")]
    public async Task Commands_are_written_by_the_spec_with_the_session_and_the_model_of_the_device(string name, string properties, string bytes)
    {
        await using CommandWorld world = await CommandWorld.StartAsync("O1");
        using TestDevice device = await world.LoginAsync();
        Task<(HttpStatusCode Status, JsonElement Body)> asked = world.PostAsync("commands?fields=name,executed", $$"""{"name":"{{name}}","properties":{{properties}} }""");
        await device.ExpectAsync(bytes);
        await device.SendAsync("A;ok\n");
        (HttpStatusCode status, JsonElement body) = await asked;
        Assert.Equal((HttpStatusCode.OK, $$"""[{"name":"{{name}}","executed":true}]"""), (status, body.GetProperty("result").GetRawText()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_queued_command_is_sent_in_the_reply_window_of_the_next_connection_or_datagram(bool tcp)
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        TestDevice? before = null;
        if (!tcp)
        {
            // A peer that is remembered: its way back may be closed by now, so nothing is sent until it says something.
            before = await world.LoginAsync(tcp);
            await before.SendAsync("M;1\n");
            await before.ExpectAsync("OK\n");
        }
        (HttpStatusCode status, JsonElement body) = await world.PostAsync("commands-queue", """[{"name":"custom","properties":{"text":"beep"}}]""");
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        JsonElement queued = Assert.Single(body.Results());
        Assert.Equal(("queued", 0, 1), (queued.GetProperty("state").GetString(), queued.GetProperty("attempts").GetInt32(), queued.GetProperty("max_attempts").GetInt32()));
        Assert.Equal(3_600m, queued.GetProperty("expires").GetDecimal() - queued.GetProperty("timestamp").GetDecimal());      // a time is always set, and shown

        using TestDevice device = before ?? await TestDevice.ConnectAsync(world.Channel.Definition.Port);
        if (before is not null) Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(100)));
        await device.SendAsync(tcp ? "L;77\n" : "M;2\n");
        await device.ExpectAsync("OK\nC;beep\n");      // the reply first
        await world.SentAsync();
        Assert.Equal("sent", Assert.Single(await world.WaitingAsync()).GetProperty("state").GetString());
        await device.SendAsync("A;done\n");
        Assert.Equal("done", Assert.Single(await world.EndedAsync(1)).GetProperty("response").GetString());
        Assert.Empty(await world.WaitingAsync());
    }

    [Fact]
    public async Task Commands_go_one_at_a_time_the_most_urgent_first()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        await world.PostAsync("commands-queue", """
            [{"name":"custom","properties":{"text":"1"}},{"name":"custom","properties":{"text":"2"},"priority":5},{"name":"custom","properties":{"text":"3"},"priority":5},{"name":"custom","properties":{"text":"4"},"priority":-1}]
            """);
        using TestDevice device = await world.LoginAsync();
        foreach (string text in new[] { "2", "3", "1", "4" })
        {
            await device.ExpectAsync($"C;{text}\n");
            Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(50)));
            await device.SendAsync($"A;{text}\n");
        }
        Assert.Equal(["2", "3", "1", "4"], (await world.EndedAsync(4)).Select(one => one.GetProperty("response").GetString()));
        Assert.Equal(["4", "1"], (await world.ResultsAsync("""{"reverse":true,"count":2}""")).Select(one => one.GetProperty("response").GetString()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_connection_that_ends_before_the_answer_uses_up_an_attempt(int attempts)
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        await world.QueueAsync("stop", $",\"max_attempts\":{attempts}");
        using (TestDevice first = await world.LoginAsync()) await first.ExpectAsync("C;stop\n");
        await Eventually.TrueAsync(() => world.Channel.Connections.Count == 0, "the connection has ended");
        using TestDevice second = await world.LoginAsync();
        if (attempts == 2)
        {
            await second.ExpectAsync("C;stop\n");
            await second.SendAsync("A;done\n");
        }
        JsonElement result = Assert.Single(await world.EndedAsync(1));
        await second.SendAsync("M;1\n");
        await second.ExpectAsync("OK\n");
        Assert.Equal((attempts == 1 ? "failed" : "processed", attempts), (result.GetProperty("state").GetString(), result.GetProperty("attempts").GetInt32()));
        if (attempts == 1) Assert.Contains("connection ended", result.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_the_spec_can_not_write_fails_with_the_reason()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        using TestDevice device = await world.LoginAsync();
        (HttpStatusCode status, JsonElement body) = await world.PostAsync("commands", """[{"name":"nothing"}]""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("writes nothing", body.Reason(), StringComparison.Ordinal);
        await device.SendAsync("M;1\n");
        await device.ExpectAsync("OK\n");
    }

    [Fact]
    public async Task Where_the_spec_knows_no_answers_the_result_does_not_claim_one()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        long id = await gateway.RegisterAsync("77");
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;77\n");
        await device.ExpectAsync("#AL;1\n");
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, $"/gw/devices/{id}/commands", """[{"name":"custom","properties":{"payload":"beep\n"}}]""");
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        await device.ExpectAsync("beep\n");
        JsonElement result = body.Results().First();
        Assert.Equal((JsonValueKind.Null, "sent", JsonValueKind.Null), (result.GetProperty("executed").ValueKind, result.GetProperty("state").GetString(), result.GetProperty("response").ValueKind));
    }

    [Fact]
    public async Task Commands_never_tear_what_the_device_sends()
    {
        const int Messages = 400;
        await using CommandWorld world = await CommandWorld.StartAsync();
        using TestDevice device = await world.LoginAsync();
        var random = new Random(1);
        string stream = string.Concat(Enumerable.Range(0, Messages).Select(i => $"M;{i}\n"));
        Task sending = Task.Run(async () =>
        {
            for (int at = 0; at < stream.Length;)
            {
                int length = Math.Min(random.Next(1, 9), stream.Length - at);
                await device.SendAsync(stream.Substring(at, length));
                at += length;
                if (random.Next(4) == 0) await Task.Delay(1);
            }
        }, TestContext.Current.CancellationToken);
        int commands = 0;
        while (!sending.IsCompleted)
            if ((await world.PostAsync("commands-queue?fields=id", $$$"""{"name":"custom","properties":{"text":"{{{commands}}}"}}""")).Status is HttpStatusCode.OK) commands++;
        await sending;
        var received = new StringBuilder();
        byte[] buffer = new byte[64 * 1024];
        int answered = 0;
        await Eventually.TrueAsync(() =>
        {
            while (device.Socket.Available > 0) received.Append(Encoding.ASCII.GetString(buffer, 0, device.Socket.Receive(buffer)));
            int due = received.ToString().Split('\n').SkipLast(1).Count(line => line.StartsWith("C;", StringComparison.Ordinal));
            for (; answered < due; answered++) device.Socket.Send("A;x\n"u8);
            return answered == commands;
        }, "all commands are delivered");
        Assert.Equal(commands, (await world.EndedAsync(commands)).Length);
        string[] lines = received.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Messages, lines.Count(line => line == "OK"));
        Assert.Equal(Enumerable.Range(0, commands).Select(i => $"C;{i}"), lines.Where(line => line != "OK"));
        Assert.Equal(Messages + commands, world.Channel.Log.State.Count);
        Assert.Equal(0, world.Channel.Counters.Of(DecodeStatus.Unknown));
    }
}
