using System.Net;
using System.Net.Sockets;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;
using Gateway.Storage;
using Xunit;

namespace Gateway.Host.Tests.Channels;

public sealed class ChannelDirectoryTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Channels_and_messages_are_there_again_after_a_restart()
    {
        string folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));
        try
        {
            long id;
            int port;
            await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: folder))
            {
                Channel gone = await gateway.CreateAsync();
                Channel channel = await gateway.CreateAsync("""{"factor":3}""", messagesTtl: 3600);
                (id, port) = (channel.Id, channel.Definition.Port);
                await gateway.Channels.RemoveAsync(gone, Cancelled);
                using TestDevice device = await TestDevice.ConnectAsync(port);
                await device.SendAsync("#L;tracker1\n#B;7\n");
                await device.ExpectAsync("#AL;1\n#AB;7\n");
            }
            await using (TestGateway gateway = await TestGateway.StartAsync(onDisk: true, folder: folder))
            {
                Channel channel = Assert.Single(gateway.Channels.All);
                Assert.Equal((id, port, "test", 3600), (channel.Id, channel.Definition.Port, channel.Definition.Name, channel.Definition.MessagesTtlSeconds));
                Assert.Equal("factor", Assert.Single(channel.Settings.CodecOptions).Key);
                Assert.Equal(7, channel.Log.State.Count);
                using TestDevice device = await TestDevice.ConnectAsync(port);
                await device.SendAsync("#L;tracker1\n#M;1\n");
                await device.ExpectAsync("#AL;1\n#AM;1\n");
                Assert.Equal(8, channel.Log.State.Count);
                Assert.Equal(id + 1, (await gateway.CreateAsync()).Id);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_at_start_is_tried_again_until_it_is_free()
    {
        string folder = Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n"));
        try
        {
            int port;
            await using (TestGateway gateway = await TestGateway.StartAsync(folder: folder)) port = (await gateway.CreateAsync()).Definition.Port;

            using var intruder = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            intruder.Bind(new IPEndPoint(IPAddress.Loopback, port));
            intruder.Listen();
            await using (TestGateway gateway = await TestGateway.StartAsync(folder: folder))
            {
                Channel channel = Assert.Single(gateway.Channels.All);
                Assert.Equal(Channel.BlockedByConfiguration, channel.Blocked);
                Assert.Contains($"port {port} is in use", channel.ListenProblem, StringComparison.Ordinal);
                intruder.Dispose();
                await Eventually.TrueAsync(() => channel.Blocked == 0, "the port is open");
                using TestDevice device = await TestDevice.ConnectAsync(port);
                await device.SendAsync("#P\n");
                await device.ExpectAsync("#AP;1\n");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Disabling_closes_port_and_connections_and_enabling_opens_the_same_port()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");

        Assert.Null((await gateway.Channels.UpdateAsync(channel, new ChannelDraft { Enabled = false }, Cancelled)).Problem);
        await device.ExpectClosedAsync();
        await Assert.ThrowsAnyAsync<SocketException>(() => TestDevice.ConnectAsync(channel.Definition.Port));
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.Disabled) == 1, "closed with 23");

        Assert.Null((await gateway.Channels.UpdateAsync(channel, new ChannelDraft { Enabled = true }, Cancelled)).Problem);
        using TestDevice again = await TestDevice.ConnectAsync(channel.Definition.Port);
        await again.SendAsync("#L;tracker1\n#M;1\n");
        await again.ExpectAsync("#AL;1\n#AM;1\n");
        Assert.Equal(2, channel.Log.State.Count);
    }

    [Fact]
    public async Task A_changed_configuration_closes_connections_and_a_changed_name_does_not()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#P\n");
        await device.ExpectAsync("#AP;1\n");
        await gateway.Channels.UpdateAsync(channel, new ChannelDraft { Name = "new", MessagesTtlSeconds = 60, MetadataJson = """{"a":1}""" }, Cancelled);
        await device.SendAsync("#P\n");
        await device.ExpectAsync("#AP;1\n");
        Assert.Equal(TimeSpan.FromSeconds(60), gateway.Memory!.Of(channel.Id).Options.AgeMax);

        await gateway.Channels.UpdateAsync(channel, new ChannelDraft { ConfigurationJson = """{"durability":"os","quota_bytes":70000}""" }, Cancelled);
        await device.ExpectClosedAsync();
        await Eventually.TrueAsync(() => channel.Counters.Of(CloseCode.ChannelChanged) == 1, "closed with 9");
        Assert.Equal((Durability.Os, 70_000L), (gateway.Memory.Of(channel.Id).Options.Durability, gateway.Memory.Of(channel.Id).Options.QuotaBytes));
    }

    [Fact]
    public async Task A_channel_moves_to_the_port_asked_for_while_it_runs()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Channel channel = await gateway.CreateAsync();
        int before = channel.Definition.Port, after = gateway.Options.ChannelPortLast;
        Assert.Null((await gateway.Channels.UpdateAsync(channel, new ChannelDraft { ConfigurationJson = $$"""{"port":{{after}}}""" }, Cancelled)).Problem);
        Assert.Equal(after, channel.Definition.Port);
        await Assert.ThrowsAnyAsync<SocketException>(() => TestDevice.ConnectAsync(before));
        using TestDevice device = await TestDevice.ConnectAsync(after);
        await device.SendAsync("#P\n");
        await device.ExpectAsync("#AP;1\n");
    }

    [Fact]
    public async Task Removing_closes_everything_and_forgets_the_messages()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        Channel channel = await gateway.CreateAsync();
        var removed = new List<long>();
        gateway.Channels.Removed += gone => removed.Add(gone.Id);
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n#M;1\n");
        await device.ExpectAsync("#AL;1\n#AM;1\n");
        Task<bool> reader = channel.Log.WaitAsync(channel.Log.State.NextKey, Cancelled).AsTask();

        Assert.True(await gateway.Channels.RemoveAsync(channel, Cancelled));
        await device.ExpectClosedAsync();
        Assert.False(await reader.WaitAsync(TestDevice.Patience, Cancelled));
        Assert.False(gateway.Channels.TryFind(channel.Id, out _));
        Assert.Equal([channel.Id], removed);
        Assert.False(await gateway.Channels.RemoveAsync(channel, Cancelled));
        Assert.NotEqual(channel.Id, (await gateway.CreateAsync()).Id);
    }

    [Fact]
    public async Task Ports_of_the_range_are_given_once_and_run_out_with_a_reason()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(options => options with { ChannelPortLast = options.ChannelPortFirst + 2 });
        var ports = new HashSet<int>();
        ChannelOutcome outcome = default;
        for (int i = 0; i < 4; i++)
        {
            outcome = await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = "line", Enabled = i != 1 }, Cancelled);
            if (outcome.Channel is { } channel) Assert.True(ports.Add(channel.Definition.Port));
        }
        Assert.Contains("no free port", outcome.Problem, StringComparison.Ordinal);
        Assert.InRange(ports.Count, 1, 3);
    }
}
