using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Inspection;
using Gateway.Host.Simulation;

namespace Gateway.Host.Tests.Faults;

/// <summary>A simulated device whose messages can be told apart: each has the second after the last one's as its <c>timestamp</c>, and a place of its own.</summary>
/// <remarks>It remembers everything that it sent. A packet without its reply is not sent again, so that whatever is stored twice is a fault of the gateway.</remarks>
internal sealed class NumberedDevice(SimulationPlan plan, int number)
{
    private const long FirstSecond = 1_750_000_000;

    private readonly Route _route = new(plan.City, new Random(number));
    private readonly byte[] _received = new byte[ReplyWriter.BytesMax];
    private long _second = FirstSecond;
    private int _packets;

    /// <summary>What it calls itself.</summary>
    public string Ident { get; } = DeviceIdent.Of(plan.Ident, number);

    /// <summary>Number of its protocol.</summary>
    public int ProtocolId => plan.Codec.Info.Id;

    /// <summary>Name of its protocol.</summary>
    public string Protocol => plan.Codec.Info.Name;

    /// <summary>All packets that it sent, oldest first.</summary>
    public List<SentPacket> Sent { get; } = [];

    /// <summary>Whether every packet of a plan is answered, and with bytes that do not depend on the clock: only then a reply tells what the gateway acknowledged.</summary>
    public static bool IsAnsweredAtAnyTime(SimulationPlan plan)
    {
        string? known = null;
        foreach (long second in new[] { FirstSecond, FirstSecond + 86_461 })
        {
            Session mirror = plan.Codec.CreateSession();
            mirror.Transport = plan.Transport;
            mirror.NowUs = second * 1_000_000;
            Route route = new(plan.City, new Random(1));
            string ident = DeviceIdent.Of(plan.Ident, 1);
            var replies = new List<string>();
            foreach (PacketTemplate login in plan.Logins) replies.Add(Convert.ToHexString(InputDecoder.Decode(plan.Codec, mirror, login.Build(ident, [route.At(FirstSecond * 1_000_000)])).Reply));
            foreach (PacketTemplate packet in plan.Packets)
            {
                byte[] reply = InputDecoder.Decode(plan.Codec, mirror, packet.Build(ident, [.. Enumerable.Range(0, packet.MessageCount).Select(i => route.At((FirstSecond + i) * 1_000_000))])).Reply;
                if (reply.Length == 0) return false;
                replies.Add(Convert.ToHexString(reply));
            }
            string all = string.Join(' ', replies);
            known ??= all;
            if (all != known) return false;
        }
        return true;
    }

    /// <summary>Sends packet after packet, each after the reply to the one before, until the connection breaks.</summary>
    /// <param name="port">The channel's port.</param>
    /// <param name="pauseMs">Between reply and packet.</param>
    /// <param name="packetsMax">Or until so many are sent.</param>
    public async Task SendUntilBrokenAsync(int port, int pauseMs, int packetsMax = int.MaxValue)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            Session mirror = plan.Codec.CreateSession();
            mirror.Transport = plan.Transport;
            mirror.NowUs = FirstSecond * 1_000_000;
            foreach (PacketTemplate login in plan.Logins)
            {
                byte[] bytes = login.Build(Ident, [_route.At(_second * 1_000_000)]);
                if (!await TryExchangeAsync(socket, bytes, InputDecoder.Decode(plan.Codec, mirror, bytes).Reply)) return;
            }

            for (int sent = 0; sent < packetsMax; sent++)
            {
                PacketTemplate template = plan.Packets[_packets++ % plan.Packets.Count];
                byte[] bytes = template.Build(Ident, [.. Enumerable.Range(0, template.MessageCount).Select(_ => _route.At(_second++ * 1_000_000))]);
                DecodedInput decoded = InputDecoder.Decode(plan.Codec, mirror, bytes);
                SentPacket packet = new([.. decoded.Messages.Select(SentMessage.Of)]);
                Sent.Add(packet);
                if (!await TryExchangeAsync(socket, bytes, decoded.Reply)) return;
                packet.IsAcknowledged = true;
                await Task.Delay(pauseMs);
            }
        }
        catch (SocketException)
        {
            // The gateway is gone: what was under way stays unacknowledged.
        }
    }

    private async Task<bool> TryExchangeAsync(Socket socket, byte[] packet, byte[] expected)
    {
        await socket.SendAsync(packet);
        int length = 0;
        while (length < expected.Length)
        {
            int read = await socket.ReceiveAsync(_received.AsMemory(length));
            if (read == 0) return false;
            length += read;
        }
        if (!_received.AsSpan(0, length).SequenceEqual(expected))
            throw new InvalidOperationException($"{Protocol} {Ident}: answered {Convert.ToHexString(_received, 0, length)}, expected {Convert.ToHexString(expected)}.");
        return true;
    }
}

/// <summary>A packet of a device.</summary>
/// <param name="Messages">What it gives, in order.</param>
internal sealed record SentPacket(IReadOnlyList<SentMessage> Messages)
{
    /// <summary>The device has seen the reply.</summary>
    public bool IsAcknowledged { get; set; }
}

/// <summary>A message as the device meant it.</summary>
/// <param name="Second">Its <c>timestamp</c>.</param>
/// <param name="Values">Names and values, sorted by name, without what only the gateway adds.</param>
internal sealed record SentMessage(long Second, string Values)
{
    private static readonly HashSet<string> s_addedByGateway = new(StringComparer.Ordinal) { "channel.id", "peer", "protocol.id", "server.timestamp" };

    /// <summary>From the decoder's trace.</summary>
    public static SentMessage Of(TraceMessage message)
    {
        using JsonDocument json = JsonDocument.Parse(TraceJson.Of(message));
        return Of(json.RootElement);
    }

    /// <summary>From the gateway's JSON.</summary>
    public static SentMessage Of(JsonElement message) => new(
        (long)message.GetProperty("timestamp").GetDecimal(),
        string.Join('\n', message.EnumerateObject()
            .Where(value => !s_addedByGateway.Contains(value.Name))
            .OrderBy(value => value.Name, StringComparer.Ordinal)
            .Select(value => $"{value.Name} {TextOf(value.Value)}")));

    // 5 and 5.0 are the same number.
    private static string TextOf(JsonElement value) =>
        value.ValueKind is JsonValueKind.Number ? value.GetDouble().ToString("R", CultureInfo.InvariantCulture) : value.ToString();
}
