using System.Net;
using System.Net.Sockets;
using Gateway.Host.Tests.Cli;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>A client that does nothing by itself: packets out, packets in, as the test says.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly MqttPacketFormatterAdapter _formatter;
    private byte[] _unread = [];
    private ushort _number;

    private RawClient(MqttProtocolVersion version) => _formatter = new MqttPacketFormatterAdapter(version, new MqttBufferWriter(4096, 1024 * 1024));

    public static async Task<RawClient> OpenAsync(IPEndPoint broker, MqttProtocolVersion version = MqttProtocolVersion.V500)
    {
        var client = new RawClient(version);
        await client._socket.ConnectAsync(broker);
        return client;
    }

    /// <summary>Connects and expects to be let in.</summary>
    public static async Task<(RawClient Client, MqttConnAckPacket Answer)> ConnectAsync(IPEndPoint broker, MqttConnectPacket packet, MqttProtocolVersion version = MqttProtocolVersion.V500)
    {
        RawClient client = await OpenAsync(broker, version);
        await client.SendAsync(packet);
        var answer = await client.ExpectAsync<MqttConnAckPacket>();
        Assert.True(answer.ReasonCode is MqttConnectReasonCode.Success && answer.ReturnCode is MqttConnectReturnCode.ConnectionAccepted, $"{answer.ReasonCode} {answer.ReturnCode}");
        return (client, answer);
    }

    public async Task SendAsync(MqttPacket packet)
    {
        MqttPacketBuffer buffer = _formatter.Encode(packet);
        await SendAsync(buffer.Join().ToArray());
        _formatter.Cleanup();
    }

    public async Task SendAsync(byte[] bytes) => await _socket.SendAsync(bytes, SocketFlags.None);

    public async Task<MqttSubAckPacket> SubscribeAsync(string filter, int qos = 1, uint identifier = 0, bool noLocal = false, bool keepsRetain = false, MqttRetainHandling handling = MqttRetainHandling.SendAtSubscribe)
    {
        await SendAsync(new MqttSubscribePacket
        {
            PacketIdentifier = ++_number,
            SubscriptionIdentifier = identifier,
            TopicFilters = [new() { Topic = filter, QualityOfServiceLevel = (MqttQualityOfServiceLevel)qos, NoLocal = noLocal, RetainAsPublished = keepsRetain, RetainHandling = handling }],
        });
        return await ExpectAsync<MqttSubAckPacket>();
    }

    public async Task AcknowledgeAsync(MqttPublishPacket packet) => await SendAsync(new MqttPubAckPacket { PacketIdentifier = packet.PacketIdentifier });

    /// <summary>The next packet, which must be of this kind.</summary>
    public async Task<T> ExpectAsync<T>() where T : MqttPacket
    {
        MqttPacket? packet = await ReceiveAsync();
        return Assert.IsType<T>(packet);
    }

    /// <summary>The next packet, null at the end of the connection.</summary>
    public async Task<MqttPacket?> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(RunningGateway.Patience);
        while (true)
        {
            if (TryTake(out MqttPacket? packet)) return packet;
            byte[] more = new byte[64 * 1024];
            int count;
            try
            {
                count = await _socket.ReceiveAsync(more.AsMemory(), SocketFlags.None, limit.Token);
            }
            catch (SocketException)
            {
                return null;
            }
            if (count == 0) return null;
            _unread = [.. _unread, .. more.AsSpan(0, count)];
        }
    }

    /// <summary>Whether nothing but the answer to a ping comes.</summary>
    public async Task ExpectNothingAsync()
    {
        await SendAsync(new byte[] { 0xC0, 0 });
        await ExpectAsync<MqttPingRespPacket>();
    }

    public void Dispose() => _socket.Dispose();

    private bool TryTake(out MqttPacket? packet)
    {
        packet = null;
        int length = 0, at = 1;
        for (int shift = 0; ; shift += 7, at++)
        {
            if (at >= _unread.Length) return false;
            length |= (_unread[at] & 127) << shift;
            if (_unread[at] < 128) break;
        }
        at++;
        if (_unread.Length < at + length) return false;
        packet = _formatter.Decode(new ReceivedMqttPacket(_unread[0], new ArraySegment<byte>(_unread, at, length), at + length));
        _unread = _unread[(at + length)..];
        return true;
    }
}
