using System.Net;
using System.Text.Json;
using Gateway.Host.Devices.Commands;
using Gateway.Host.Tests.Channels;
using Gateway.Host.Tests.Devices;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Gateway.Host.Tests.Faults;

/// <summary>Promise: while the disk refuses to note them, no command is sent that could come a second time, and what was taken back stays so; when it works again, so do commands, by themselves.</summary>
public sealed class CommandStoreFaultTests
{
    [Fact]
    public async Task Commands_that_can_not_be_stored_are_refused()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        await world.QueueAsync("1");
        Break(world, "commands");
        (HttpStatusCode status, JsonElement body) = await world.PostAsync("commands-queue", """{"name":"custom","properties":{"text":"2"}}""");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "the disk did not take the commands; none of them is sent."), (status, body.Reason()));
        Assert.Single(await world.WaitingAsync());
        Mend(world, "commands");
        await world.QueueAsync("2");
        Assert.Equal(2, (await world.WaitingAsync()).Length);
    }

    [Fact]
    public async Task A_command_whose_attempt_can_not_be_noted_waits_until_it_can()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        await world.QueueAsync("1");
        Break(world, "commands");
        using TestDevice device = await world.LoginAsync();
        await Eventually.TrueAsync(() => world.Gateway.Service<Host.Devices.DeviceDirectory>().All.Single().Commands!.All.Single().LastReason is not null, "the attempt has failed");
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(600)));      // the sweep tries again meanwhile
        Assert.Equal(0, Assert.Single(await world.WaitingAsync()).GetProperty("attempts").GetInt32());
        Mend(world, "commands");
        await device.ExpectAsync("C;1\n");
        await device.SendAsync("A;done\n");
        Assert.Equal(1, Assert.Single(await world.EndedAsync(1)).GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task What_was_taken_back_stays_so_and_the_disk_is_told_again_until_it_knows()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        long id = await world.QueueAsync("1");
        Break(world, "results");
        (HttpStatusCode status, JsonElement body) = await world.Gateway.SendAsync(HttpMethod.Delete, $"/gw/devices/1/commands-queue/{id}");
        Assert.Equal((HttpStatusCode.OK, $"[{{\"id\":{id}}}]"), (status, body.GetProperty("result").GetRawText()));
        Assert.Contains("the disk did not take that yet", body.GetProperty("warnings")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        using TestDevice device = await world.LoginAsync();
        await device.SendAsync("M;1\n");
        await device.ExpectAsync("OK\n");
        Assert.True(await device.IsQuietForAsync(TimeSpan.FromMilliseconds(50)));

        Mend(world, "results");
        Assert.Equal("cancelled", Assert.Single(await world.EndedAsync(1)).GetProperty("state").GetString());
        int left = 0;
        world.Gateway.Service<CommandStore>().Read((_, _, _, _) => left++);
        Assert.Equal(0, left);
    }

    /// <summary>Takes a table away: each write that needs it fails, as on a disk that refuses.</summary>
    private static void Break(CommandWorld world, string table) => Run(world, $"ALTER TABLE {table} RENAME TO broken");

    private static void Mend(CommandWorld world, string table) => Run(world, $"ALTER TABLE broken RENAME TO {table}");

    private static void Run(CommandWorld world, string sql)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = Path.Combine(world.Gateway.Options.DataFolder, CommandStore.FileName), Pooling = false };
        using var database = new SqliteConnection(settings.ConnectionString);
        database.Open();
        using SqliteCommand command = database.CreateCommand();
#pragma warning disable CA2100 // texts of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
