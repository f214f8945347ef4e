using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Inspection;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>A gateway with one protocol, one channel of it, and device 1 with an ident of its own.</summary>
internal sealed class CommandWorld : IAsyncDisposable
{
    /// <summary>The protocol of <c>Specs/orders.trk</c>: text lines, TCP and UDP, with commands and answers.</summary>
    public static readonly Codec Orders = SpecLoader.Load(SpecLoader.Compile(Path.Combine(AppContext.BaseDirectory, "Specs", "orders.trk")));

    private readonly ConcurrentQueue<DeviceEventCode> _events = new();

    private CommandWorld(TestGateway gateway)
    {
        Gateway = gateway;
        Channel = Assert.Single(gateway.Channels.All);
        gateway.Service<DeviceEvents>().Happened += (_, happened) => _events.Enqueue(happened.Code);
    }

    public TestGateway Gateway { get; }

    public Channel Channel { get; }

    public long Id => 1;

    /// <summary>What happened to commands, in order.</summary>
    public IEnumerable<DeviceEventCode> CommandEvents => _events.Where(code => code >= DeviceEventCode.CommandQueued);

    /// <summary>Starts it.</summary>
    /// <param name="type">Name of the device's type.</param>
    /// <param name="folder">Data folder; null: one of its own.</param>
    /// <param name="isNew">Whether channel and device have to be made.</param>
    /// <param name="clock">What time it is; null: the system's.</param>
    /// <param name="codec">The protocol; null: <see cref="Orders"/>.</param>
    /// <param name="ident">Of the device.</param>
    public static async Task<CommandWorld> StartAsync(string type = "generic", string? folder = null, bool isNew = true, TimeProvider? clock = null, Codec? codec = null, string ident = "77")
    {
        codec ??= Orders;
        TestGateway gateway = await TestGateway.StartAsync(codecs: [codec], folder: folder, onDisk: folder is not null, clock: clock);
        if (!isNew) return new CommandWorld(gateway);
        Assert.Null((await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = codec.Info.Name }, TestContext.Current.CancellationToken)).Problem);
        string body = $$"""{"protocol_name":"{{codec.Info.Name}}","device_type_name":"{{type}}","configuration":{"ident":"{{ident}}"} }""";
        (HttpStatusCode status, JsonElement answer) = await gateway.SendAsync(HttpMethod.Post, "/gw/devices", body);
        Assert.True(status is HttpStatusCode.OK, answer.GetRawText());
        return new CommandWorld(gateway);
    }

    /// <summary>A device of <see cref="Orders"/> that has told its ident.</summary>
    public async Task<TestDevice> LoginAsync(bool tcp = true)
    {
        TestDevice device = tcp ? await TestDevice.ConnectAsync(Channel.Definition.Port) : await TestDevice.ConnectUdpAsync(Channel.Definition.Port);
        await device.SendAsync("L;77\n");
        await device.ExpectAsync("OK\n");
        return device;
    }

    public Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string body) => Gateway.SendAsync(HttpMethod.Post, $"/gw/devices/{Id}/{path}", body);

    /// <summary>Queues a command of <see cref="Orders"/>.</summary>
    /// <returns>Its number.</returns>
    public async Task<long> QueueAsync(string text, string more = "")
    {
        (HttpStatusCode status, JsonElement body) = await PostAsync("commands-queue?fields=id", $$$"""[{"name":"custom","properties":{"text":"{{{text}}}"}{{{more}}}}]""");
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        return Assert.Single(body.Results()).GetProperty("id").GetInt64();
    }

    /// <summary>Commands that have not ended.</summary>
    public async Task<JsonElement[]> WaitingAsync() => [.. (await Gateway.GetAsync($"/gw/devices/{Id}/commands-queue/all")).Body.Results()];

    /// <summary>Commands that have.</summary>
    public async Task<JsonElement[]> ResultsAsync(string data = "{}") => [.. (await Gateway.GetAsync($"/gw/devices/{Id}/commands-result?data={Uri.EscapeDataString(data)}")).Body.Results()];

    /// <summary>Waits until so many commands have ended.</summary>
    /// <returns>What became of them.</returns>
    public async Task<JsonElement[]> EndedAsync(int count)
    {
        long until = Environment.TickCount64 + (long)TestDevice.Patience.TotalMilliseconds;
        while (true)
        {
            JsonElement[] results = await ResultsAsync();
            if (results.Length >= count) return results;
            Assert.True(Environment.TickCount64 < until, $"{results.Length} of {count} commands have ended.");
            await Task.Delay(10);
        }
    }

    /// <summary>Waits until a command is on its way.</summary>
    public async Task SentAsync()
    {
        await Eventually.TrueAsync(() => _events.Contains(DeviceEventCode.CommandSent), "a command is sent");
    }

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
