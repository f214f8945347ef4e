using System.Net;
using System.Text.Json;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Commands;
using Gateway.Host.Tests.Accounts;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: a command is never sent late by surprise: not after its time, not after it was taken back, not more often than it may be, and not again after a restart that hides whether it was sent.</summary>
public sealed class CommandTimeTests
{
    [Fact]
    public async Task A_command_that_is_taken_back_is_never_sent_or_says_that_it_was()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        long first = await world.QueueAsync("1");
        await world.QueueAsync("2");
        (HttpStatusCode status, JsonElement body) = await world.Gateway.SendAsync(HttpMethod.Delete, $"/gw/devices/{world.Id}/commands-queue/{first},999");
        Assert.Equal((HttpStatusCode.OK, $"[{{\"id\":{first}}}]"), (status, body.GetProperty("result").GetRawText()));
        Assert.Equal("There is no command 999.", body.Reason());

        using TestDevice device = await world.LoginAsync();
        await device.ExpectAsync("C;2\n");
        await world.SentAsync();
        (_, body) = await world.Gateway.SendAsync(HttpMethod.Delete, "/gw/devices/all/commands-queue/state=sent");
        Assert.Single(body.Results());
        await device.SendAsync("A;late\nM;1\n");
        await device.ExpectAsync("OK\n");
        JsonElement[] results = await world.ResultsAsync();
        Assert.Equal(["cancelled", "cancelled"], results.Select(one => one.GetProperty("state").GetString()));
        Assert.DoesNotContain("obeyed", results[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("obeyed", results[1].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, world.CommandEvents.Count(code => code is DeviceEventCode.CommandCancelled));
    }

    [Theory]
    [InlineData(",\"ttl\":100", 99, false)]
    [InlineData(",\"ttl\":100", 100, true)]
    [InlineData("", 3_599, false)]
    [InlineData("", 3_600, true)]
    public async Task A_command_whose_time_is_over_is_expired_and_never_sent(string ttl, int laterSeconds, bool isExpired)
    {
        ManualTime clock = new();
        await using CommandWorld world = await CommandWorld.StartAsync(clock: clock);
        await world.QueueAsync("stop", ttl);
        clock.Advance(TimeSpan.FromSeconds(laterSeconds));
        if (isExpired) await world.EndedAsync(1);
        using TestDevice device = await world.LoginAsync();
        if (!isExpired)
        {
            await device.ExpectAsync("C;stop\n");
            return;
        }
        await device.SendAsync("M;1\n");
        await device.ExpectAsync("OK\n");
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(50)));
        JsonElement result = Assert.Single(await world.ResultsAsync());
        Assert.Equal(("expired", false, 0), (result.GetProperty("state").GetString(), result.GetProperty("executed").GetBoolean(), result.GetProperty("attempts").GetInt32()));
        Assert.Equal([DeviceEventCode.CommandQueued, DeviceEventCode.CommandExpired], world.CommandEvents);
    }

    [Fact]
    public async Task The_moment_at_which_a_device_connects_does_not_count_for_an_expired_command_that_nobody_swept_yet()
    {
        ManualTime clock = new();
        await using CommandWorld world = await CommandWorld.StartAsync(clock: clock);
        await world.QueueAsync("stop", ",\"ttl\":10");
        Device device = Assert.Single(world.Gateway.Service<DeviceDirectory>().All);
        clock.Advance(TimeSpan.FromSeconds(10));
        // The pump may come before the sweep: what it takes, it must not send.
        Assert.Null(device.Commands!.TryTake(null!));
        JsonElement result = Assert.Single(await world.EndedAsync(1));
        Assert.Equal("expired", result.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Without_an_answer_a_command_is_sent_again_if_it_may_and_who_waits_hears_that_none_came()
    {
        ManualTime clock = new();
        await using CommandWorld world = await CommandWorld.StartAsync(clock: clock);
        await world.QueueAsync("again", ",\"timeout\":5,\"max_attempts\":2");
        using TestDevice device = await world.LoginAsync();
        await device.ExpectAsync("C;again\n");
        await world.SentAsync();
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(600)));
        clock.Advance(TimeSpan.FromSeconds(5));
        await device.ExpectAsync("C;again\n");      // the second attempt wakes the idle connection
        await device.SendAsync("A;done\n");
        await world.EndedAsync(1);

        Task<(HttpStatusCode, JsonElement)> asked = world.PostAsync("commands", """[{"name":"custom","properties":{"text":"deaf"},"timeout":5}]""");
        await device.ExpectAsync("C;deaf\n");
        clock.Advance(TimeSpan.FromSeconds(5));
        (HttpStatusCode status, JsonElement body) = await asked;
        Assert.Equal((HttpStatusCode.BadRequest, "failed to deliver command custom: No answer came within 5 s."), (status, body.Reason()));
        Assert.Equal([("processed", 2), ("failed", 1)], (await world.ResultsAsync()).Select(one => (one.GetProperty("state").GetString()!, one.GetProperty("attempts").GetInt32())));
    }

    [Fact]
    public async Task The_queue_survives_a_restart_and_what_may_have_been_sent_is_not_sent_again()
    {
        ManualTime clock = new();
        string folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));
        try
        {
            var ids = new List<long>();
            await using (CommandWorld world = await CommandWorld.StartAsync(folder: folder, clock: clock))
            {
                foreach (string more in new[] { "", "", ",\"max_attempts\":2", ",\"ttl\":60" }) ids.Add(await world.QueueAsync($"{ids.Count}", more));
            }
            // As a kill leaves it between the note of an attempt and its answer.
            await using (CommandStore store = CommandStore.Open(folder)) await store.NoteAttemptsAsync([(ids[0], 1), (ids[2], 1)]);

            clock.Advance(TimeSpan.FromSeconds(60));
            await using (CommandWorld world = await CommandWorld.StartAsync(folder: folder, isNew: false, clock: clock))
            {
                JsonElement[] ended = await world.EndedAsync(2);
                Assert.Equal(
                    [(ids[0], "failed", "The gateway stopped before an answer came."), (ids[3], "expired", "The device could not be reached in time.")],
                    ended.Select(one => (one.GetProperty("id").GetInt64(), one.GetProperty("state").GetString()!, one.GetProperty("reason").GetString()!)).Order());
                Assert.Equal([ids[1], ids[2]], (await world.WaitingAsync()).Select(one => one.GetProperty("id").GetInt64()));
                using TestDevice device = await world.LoginAsync();
                foreach (int still in new[] { 1, 2 })
                {
                    await device.ExpectAsync($"C;{still}\n");
                    await device.SendAsync($"A;{still}\n");
                }
                await world.EndedAsync(4);
                Assert.True(await world.QueueAsync("new") > ids[3]);
                (_, JsonElement body) = await world.Gateway.GetAsync($"/gw/devices/all/commands-result/{ids[2]},77777");
                Assert.Equal("2", Assert.Single(body.Results()).GetProperty("response").GetString());
                Assert.Equal("There is no result of a command 77777.", body.Reason());
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task The_queue_of_a_device_is_bounded_and_goes_with_the_device()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        string many = string.Join(',', Enumerable.Repeat("""{"name":"custom","properties":{"text":"x"}}""", CommandQueue.CountMax));
        (HttpStatusCode status, _) = await world.PostAsync("commands-queue?fields=id", $"[{many}]");
        Assert.Equal(HttpStatusCode.OK, status);
        (status, JsonElement body) = await world.PostAsync("commands-queue", """{"name":"custom","properties":{"text":"x"}}""");
        Assert.Equal((HttpStatusCode.Forbidden, "at most 100 commands may wait for device 1."), (status, body.Reason()));
        await world.Gateway.SendAsync(HttpMethod.Delete, "/gw/devices/1");
        Assert.Equal(CommandQueue.CountMax, world.CommandEvents.Count(code => code is DeviceEventCode.CommandCancelled));
        using TestDevice device = await world.LoginAsync();
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(50)));
        CommandStore store = world.Gateway.Service<CommandStore>();
        await store.FlushAsync();
        Assert.Empty(store.ReadDevices());
    }
}
