using System.Net;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Tests.Channels;
using Gateway.Storage;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: messages of devices are given in the order of the devices' time, complete, whatever the order in which they came and in which channels they lie.</summary>
public sealed class DeviceMessagesTests
{
    private const long Start = 1_700_000_000;

    [Fact]
    public async Task Any_query_gives_what_a_naive_search_gives()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel[] channels = [await gateway.CreateAsync(), await gateway.CreateAsync(), await gateway.CreateAsync()];
        long[] ids = [await gateway.RegisterAsync("1", ",\"messages_ttl\":315360000"), await gateway.RegisterAsync("2", ",\"messages_ttl\":315360000")];
        int queries = 0;
        for (int seed = 0; seed < 8; seed++)
        {
            var random = new Random(seed);
            var stored = new List<(string Ident, long Time, int Number)>();
            foreach (Channel channel in channels) await gateway.Memory!.Of(channel.Id).DeleteBelowAsync(long.MaxValue, TestContext.Current.CancellationToken);
            for (int i = 0; i < 400; i++)
            {
                // Late by up to an hour, ahead by up to a minute; the fourth ident is nobody's.
                long server = Start + i * 10, time = server + (random.Next(5) == 0 ? random.Next(-3_600, 60) : 0);
                string ident = random.Next(1, 4).ToString();
                await AppendAsync(channels[random.Next(3)], ident, time, server, i);
                stored.Add((ident, time, i));
                if (i == 200 && random.Next(2) == 0) await Eventually.TrueAsync(() => channels.All(channel => gateway.Service<Gateway.Host.Devices.Telemetry.TelemetryFeeds>().CursorOf(channel.Id) == channel.Log.State.NextKey), "the feeds have read everything");
            }
            for (int i = 0; i < 60; i++)
            {
                int which = random.Next(3);
                string selector = which == 2 ? "all" : ids[which].ToString();
                long from = random.Next(3) == 0 ? 0 : Start + random.Next(-100, 4_500), to = random.Next(3) == 0 ? long.MaxValue : Math.Max(from, Start) + random.Next(0, 3_000);
                int count = random.Next(4) == 0 ? 100_000 : random.Next(1, 50);
                bool reverse = random.Next(2) == 0, filtered = random.Next(3) == 0;
                var data = new Dictionary<string, object> { ["count"] = count, ["reverse"] = reverse, ["fields"] = "position.speed" };
                if (from > 0) data["from"] = from;
                if (to < long.MaxValue) data["to"] = to;
                if (filtered) data["filter"] = "position.speed%2==0";
                (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/devices/{selector}/messages?data={Uri.EscapeDataString(JsonSerializer.Serialize(data))}");
                Assert.True(status is HttpStatusCode.OK, body.GetRawText());

                IEnumerable<(string Ident, long Time, int Number)> expected = stored.Where(one => (which == 2 ? one.Ident != "3" : one.Ident == (which + 1).ToString()) && one.Time >= from && one.Time <= to && (!filtered || one.Number % 2 == 0));
                long[] times = [.. (reverse ? expected.OrderByDescending(one => one.Time) : expected.OrderBy(one => one.Time)).Take(count).Select(one => one.Time)];
                int[] numbers = [.. body.Results().Select(one => one.GetProperty("position.speed").GetInt32())];
                Assert.True(times.SequenceEqual(numbers.Select(number => stored[number].Time)), $"seed {seed}, query {i}: {JsonSerializer.Serialize(data)} of {selector}");
                Assert.Equal(numbers.Length, numbers.Distinct().Count());
                queries++;
            }
        }
        Assert.Equal(480, queries);
    }

    [Fact]
    public async Task Messages_say_whose_they_are_and_end_with_their_ttl()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        long id = await gateway.RegisterAsync("0001");
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await AppendAsync(channel, "1", now - 4_000, now - 4_000, 1);
        await AppendAsync(channel, "1", now - 100, now - 100, 2);
        (_, JsonElement body) = await gateway.GetAsync($$"""/gw/devices/{{id}}/messages?data={"fields":"device.id,ident,position.speed"}""");
        Assert.Equal($$"""{"result":[{"device.id":{{id}},"ident":"1","position.speed":1},{"device.id":{{id}},"ident":"1","position.speed":2}]}""", body.GetRawText());
        await gateway.SendAsync(HttpMethod.Put, $"/gw/devices/{id}", """{"messages_ttl":3600}""");
        (_, body) = await gateway.GetAsync($"/gw/devices/{id}/messages");
        Assert.Single(body.Results());
    }

    [Theory]
    [InlineData("curr_key", 0)]
    [InlineData("generalize", 60)]
    public async Task What_is_not_there_for_devices_is_refused_by_name(string key, int value)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        long id = await gateway.RegisterAsync("1");
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($$"""/gw/devices/{{id}}/messages?data={"{{key}}":{{value}}}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(key, body.Reason(), StringComparison.Ordinal);
    }

    private static async Task AppendAsync(Channel channel, string ident, long time, long server, int number)
    {
        var buffer = new MessageBuffer();
        var session = new PlainSession();
        session.TrySetIdent(System.Text.Encoding.ASCII.GetBytes(ident));
        Fill(buffer, session, time, number);
        var packet = new Packet { ServerTimeUs = server * 1_000_000 };
        packet.Use(buffer.Bytes, buffer.Ends, buffer.Count);
        Assert.Equal(AppendStatus.Appended, (await channel.Log.AppendAsync(packet, TestContext.Current.CancellationToken)).Status);

        static void Fill(MessageBuffer buffer, Session session, long time, int number)
        {
            var sink = new MessageSink(buffer);
            sink.BeginFrame(session);
            sink.BeginMessage();
            sink.Time(ParameterKeys.Timestamp, time * 1_000_000);
            sink.Integer(ParameterDictionary.TryGetKey("position.speed", out int key) ? key : 0, number);
            sink.EndMessage();
            sink.EndFrame();
        }
    }

    private sealed class PlainSession : Session;
}
