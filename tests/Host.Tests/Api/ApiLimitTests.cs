using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: a client that takes its answer too slowly loses its connection, and others are served meanwhile; above the limit of connections one is closed at once, and nobody else.</summary>
public sealed class ApiLimitTests
{
    private const int Messages = 40_000;        // 7 MB as JSON: more than the system's buffers take for a client that reads nothing

    [Fact]
    public void The_server_has_the_limits_that_are_named()
    {
        var limits = new KestrelServerLimits();
        ApiLimits.Apply(limits);
        Assert.Equal((ApiLimits.ConnectionsMax, ApiLimits.AnswerBufferBytes), (limits.MaxConcurrentConnections, limits.MaxResponseBufferSize));
        Assert.Equal((ApiLimits.AnswerRateMin, ApiLimits.RateGrace), (limits.MinResponseDataRate!.BytesPerSecond, limits.MinResponseDataRate.GracePeriod));
        Assert.Equal((ApiLimits.BodyRateMin, ApiLimits.RateGrace), (limits.MinRequestBodyDataRate!.BytesPerSecond, limits.MinRequestBodyDataRate.GracePeriod));
        Assert.Equal((ApiLimits.HeadTimeout, ApiLimits.KeepAliveTimeout), (limits.RequestHeadersTimeout, limits.KeepAliveTimeout));
    }

    [Fact]
    public async Task Who_takes_an_answer_too_slowly_loses_the_connection_and_who_reads_has_it_whole()
    {
        // What the system's own buffers take at first counts for the client: at the gateway's rate that is minutes. So the rate is higher here, and the rest as it is.
        await using TestGateway gateway = await TestGateway.StartAsync(limits: limits => limits.MinResponseDataRate = new MinDataRate(1e9, TimeSpan.FromSeconds(2)));
        Channel channel = await gateway.CreateAsync();
        using (TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port))
        {
            await device.SendAsync("#L;t\n");
            await device.ExpectAsync("#AL;1\n");
            for (int i = 0; i < Messages / 2_000; i++)
            {
                await device.SendAsync("#B;2000\n");
                await device.ExpectAsync("#AB;2000\n");
            }
        }

        using Socket slow = await RequestAsync(gateway, $$"""/gw/channels/1/messages?data={"limit_count":{{Messages}}}""", receiveBufferBytes: 4096);
        await Eventually.TrueAsync(() => slow.Available > 0, "the answer has begun");
        (HttpStatusCode status, System.Text.Json.JsonElement body) = await gateway.GetAsync($$"""/gw/channels/1/messages?data={"limit_count":100}""");
        Assert.Equal((HttpStatusCode.OK, 100), (status, body.GetProperty("result").GetArrayLength()));
        await Eventually.TrueAsync(() => IsClosed(slow), "the slow one is cut off");

        // The handler that wrote to it has ended, and the messages are all there for the next one.
        (status, body) = await gateway.GetAsync("""/gw/channels/1/messages?data={"limit_count":100000}""");
        Assert.Equal((HttpStatusCode.OK, Messages), (status, body.GetProperty("result").GetArrayLength()));
    }

    [Fact]
    public async Task Above_the_limit_of_connections_a_new_one_is_closed_at_once_until_another_ends()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(limits: limits => limits.MaxConcurrentConnections = 3);
        Socket[] held = new Socket[3];
        for (int i = 0; i < held.Length; i++)
        {
            held[i] = await RequestAsync(gateway, "/gw/channels/all");
            Assert.True(await IsAnsweredAsync(held[i]));
        }
        using (Socket above = await RequestAsync(gateway, "/gw/channels/all")) Assert.False(await IsAnsweredAsync(above));
        foreach (Socket socket in held)
        {
            await socket.SendAsync(RequestOf("/gw/channels/all"));
            Assert.True(await IsAnsweredAsync(socket));     // those that are there stay
        }

        held[0].Dispose();
        await Eventually.TrueAsync(() => IsAnsweredAsync(RequestAsync(gateway, "/gw/channels/all").GetAwaiter().GetResult()).GetAwaiter().GetResult(), "there is room again");
        foreach (Socket socket in held) socket.Dispose();
    }

    private static byte[] RequestOf(string path) => Encoding.ASCII.GetBytes($"GET {path.Replace("\"", "%22", StringComparison.Ordinal)} HTTP/1.1\r\nHost: x\r\nAuthorization: FlespiToken {TestGateway.Token}\r\n\r\n");

    private static async Task<Socket> RequestAsync(TestGateway gateway, string path, int? receiveBufferBytes = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes) socket.ReceiveBufferSize = bytes;
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Http.BaseAddress!.Port);
        await socket.SendAsync(RequestOf(path));
        return socket;
    }

    /// <summary>Whether an answer comes; otherwise the connection has ended.</summary>
    private static async Task<bool> IsAnsweredAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TestDevice.Patience);
        byte[] buffer = new byte[4096];
        try
        {
            int length = await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, limit.Token);
            if (length > 0) Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(buffer, 0, length), StringComparison.Ordinal);
            return length > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Whether the other side has gone, seen without reading from it.</summary>
    private static bool IsClosed(Socket socket)
    {
        try
        {
            socket.Send("G"u8);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
