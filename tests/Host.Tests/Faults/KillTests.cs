using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Simulation;
using Xunit;

namespace Gateway.Host.Tests.Faults;

public sealed class KillTests : IDisposable
{
    private const int Kills = 20;
    private const int Devices = 50;
    private const int LiveMsMin = 20;
    private const int LiveMsMax = 700;
    private const int PauseMsMax = 8;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-kill-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>
    /// Promise: whatever a device saw acknowledged before the gateway was killed is stored afterwards once, in order and as it was sent. A packet under way may be stored or not,
    /// but whole, and nothing is stored that was never sent.
    /// </summary>
    [Fact]
    public async Task Killed_while_devices_send_the_gateway_has_every_acknowledged_message_once_and_in_order()
    {
        int seed = Environment.TickCount;
        try
        {
            await KillAndCheckAsync(new Random(seed));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"seed {seed}", failure);
        }
    }

    private async Task KillAndCheckAsync(Random random)
    {
        SimulationPlan[] plans = [.. CodecRegistry.BuiltIn.SelectMany(codec => SimulationPlan.Of(codec, Transport.Tcp).Where(NumberedDevice.IsAnsweredAtAnyTime).Take(1))];
        Assert.True(plans.Length >= 3, "Three protocols at least can be simulated.");
        NumberedDevice[] devices = [.. Enumerable.Range(0, Devices).Select(i => new NumberedDevice(plans[i % plans.Length], i))];

        int portFirst = 30_000 + random.Next(40) * 64;      // a channel for each protocol
        Dictionary<int, (long Id, int Port)> channels = [];
        Dictionary<long, long> newFrom = [];
        ChildGateway gateway = await ChildGateway.StartAsync(_folder.FullName, portFirst);
        try
        {
            foreach (SimulationPlan plan in plans) channels[plan.Codec.Info.Id] = await gateway.CreateChannelAsync(plan.Codec.Info.Name);
            for (int kill = 1; kill <= Kills; kill++)
            {
                int[] sentBefore = [.. devices.Select(device => device.Sent.Count)];
                Task[] sending = [.. devices.Select(device => (device, pauseMs: random.Next(PauseMsMax + 1))).Select(pair => Task.Run(() => pair.device.SendUntilBrokenAsync(channels[pair.device.ProtocolId].Port, pair.pauseMs)))];
                Task brokeBefore = await Task.WhenAny([.. sending, Task.Delay(random.Next(LiveMsMin, LiveMsMax))]);
                Assert.False(sending.Contains(brokeBefore), $"A device was cut off before kill {kill}: {brokeBefore.Exception} {gateway.Printed}");
                await gateway.KillAsync();
                gateway.Dispose();
                await Task.WhenAll(sending).WaitAsync(Cli.RunningGateway.Patience);

                gateway = await ChildGateway.StartAsync(_folder.FullName, portFirst);
                Assert.DoesNotContain("fail:", gateway.Printed, StringComparison.Ordinal);
                foreach ((int protocolId, (long id, _)) in channels)
                {
                    (ILookup<string, SentMessage> stored, newFrom[id]) = await ReadAllAsync(gateway, id, newFrom.GetValueOrDefault(id));
                    for (int i = 0; i < devices.Length; i++)
                        if (devices[i].ProtocolId == protocolId) Check(devices[i], devices[i].Sent.Skip(sentBefore[i]), [.. stored[devices[i].Ident]], $"kill {kill}");
                }
            }

            // What was there after one kill must still be there after all others.
            foreach ((int protocolId, (long id, _)) in channels)
            {
                (ILookup<string, SentMessage> stored, _) = await ReadAllAsync(gateway, id, 0);
                foreach (NumberedDevice device in devices.Where(device => device.ProtocolId == protocolId)) Check(device, device.Sent, [.. stored[device.Ident]], "all kills");
            }
        }
        finally
        {
            gateway.Dispose();
        }

        int acknowledged = devices.Sum(device => device.Sent.Count(packet => packet.IsAcknowledged)), underWay = devices.Sum(device => device.Sent.Count(packet => !packet.IsAcknowledged));
        TestContext.Current.TestOutputHelper?.WriteLine($"{Kills} kills, {acknowledged} packets acknowledged, {underWay} under way");
        Assert.All(devices, device => Assert.Contains(device.Sent, packet => packet.IsAcknowledged));
        Assert.True(underWay > Kills, "The kills hit packets under way.");
    }

    /// <summary>Reads a channel to its end.</summary>
    /// <returns>Messages by ident, in the order of the channel, and the key behind them.</returns>
    private static async Task<(ILookup<string, SentMessage> Stored, long NextKey)> ReadAllAsync(ChildGateway gateway, long channelId, long key)
    {
        List<JsonElement> all = [];
        while (true)
        {
            (JsonElement[] messages, long next) = await gateway.ReadAsync(channelId, key);
            if (messages.Length == 0) return (all.ToLookup(message => message.GetProperty("ident").GetString()!, SentMessage.Of), key);
            Assert.True(next > key, $"Reading channel {channelId} does not get on at key {key}.");
            all.AddRange(messages);
            key = next;
        }
    }

    /// <summary>Walks through what a device sent and what is stored of it: each stored message must be the next one sent, and only what was not acknowledged may be left out.</summary>
    private static void Check(NumberedDevice device, IEnumerable<SentPacket> sent, IReadOnlyList<SentMessage> stored, string where)
    {
        int at = 0;
        foreach (SentPacket packet in sent)
        {
            if (at == stored.Count || stored[at].Second != packet.Messages[0].Second)
            {
                Assert.False(packet.IsAcknowledged, $"{where}: {device.Protocol} {device.Ident}: the acknowledged message of {packet.Messages[0].Second} is not at its place, but {(at < stored.Count ? stored[at].Second : "the end")}.");
                continue;
            }
            foreach (SentMessage message in packet.Messages)
            {
                Assert.True(at < stored.Count, $"{where}: {device.Protocol} {device.Ident}: a packet is stored in part, {message.Second} is missing.");
                Assert.Equal(message.Values, stored[at].Values);
                at++;
            }
        }
        Assert.True(at == stored.Count, $"{where}: {device.Protocol} {device.Ident}: the message of {(at < stored.Count ? stored[at].Second : 0)} is stored twice or was never sent.");
    }
}
