using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: long answers come compressed to who asks for it, unchanged ones are not sent again, and a client that is slow at either end holds next to nothing for a limited time.</summary>
public sealed class AnswerTests
{
    [Theory]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("gzip;q=1.0, br;q=0.5", "gzip")]
    [InlineData("gzip;q=0.2, br;q=0.8", "br")]
    [InlineData("br;q=0, gzip", "gzip")]
    [InlineData("*", "br")]
    [InlineData("*;q=0.1, gzip;q=0.9", "gzip")]
    [InlineData("br;q=0, *", "gzip")]
    [InlineData("identity;q=0.5, gzip;q=0.4", "")]
    [InlineData("identity, gzip;q=0", "")]
    [InlineData("deflate", "")]
    [InlineData("br;q=nonsense", "")]
    [InlineData("", "")]
    public async Task Long_answers_are_compressed_as_the_client_prefers(string accepted, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n" + string.Concat(Enumerable.Repeat("#B;500\n", 20)));
        await device.ExpectAsync("#AL;1\n" + string.Concat(Enumerable.Repeat("#AB;500\n", 20)));
        foreach (string path in new[] { "/gw/channels/1/messages", "/gw/message-parameters/all", "/openapi.json" })
        {
            (HttpResponseMessage plain, byte[] whole) = await GetAsync(gateway, path, "");
            (HttpResponseMessage answer, byte[] body) = await GetAsync(gateway, path, accepted);
            using (plain)
            using (answer)
            {
                Assert.Empty(plain.Content.Headers.ContentEncoding);
                Assert.Equal(expected, string.Join(',', answer.Content.Headers.ContentEncoding));
                Assert.Equal(accepted.Length > 0, answer.Headers.Vary.Contains("Accept-Encoding"));
                Assert.Equal(whole, Unpacked(body, expected));
                if (expected.Length > 0) Assert.True(body.Length < whole.Length / 3, $"{path}: {body.Length} of {whole.Length} bytes");
            }
        }
    }

    [Fact]
    public async Task Short_answers_are_sent_as_they_are_with_their_length()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await gateway.CreateAsync();
        foreach (string path in new[] { "/gw/channels/all", "/gw/channels/7", "/auth/info" })
        {
            (HttpResponseMessage answer, byte[] body) = await GetAsync(gateway, path, "gzip, br");
            using (answer)
            {
                Assert.Empty(answer.Content.Headers.ContentEncoding);
                Assert.Equal(body.Length, answer.Content.Headers.ContentLength);
            }
        }
    }

    [Theory]
    [InlineData("/gw/channel-protocols/all?fields=name,schema")]
    [InlineData("/gw/channel-protocols/all/device-types/all")]
    [InlineData("/gw/message-parameters/all")]
    [InlineData("/const/values?names=toolbox/codes")]
    [InlineData("/gw/api.json")]
    [InlineData("/reference")]
    public async Task What_the_client_has_is_not_sent_again(string path)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpResponseMessage first, byte[] whole) = await GetAsync(gateway, path, "gzip");
        string tag = first.Headers.ETag!.ToString();
        first.Dispose();
        Assert.NotEmpty(whole);
        foreach (string known in new[] { tag, tag.Replace("W/", "", StringComparison.Ordinal), $"\"other\", {tag}", "*" })
        {
            (HttpResponseMessage again, byte[] nothing) = await GetAsync(gateway, path, "gzip", known);
            using (again) Assert.Equal((HttpStatusCode.NotModified, 0, tag), (again.StatusCode, nothing.Length, again.Headers.ETag!.ToString()));
        }
        (HttpResponseMessage changed, byte[] sent) = await GetAsync(gateway, path, "gzip", "\"other\"");
        using (changed) Assert.Equal((HttpStatusCode.OK, whole.Length), (changed.StatusCode, sent.Length));
    }

    [Fact]
    public async Task A_long_list_is_whole()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        string name = new('n', 200);
        for (int i = 0; i < 5; i++) await gateway.SendAsync(HttpMethod.Post, "/platform/subaccounts", JsonSerializer.Serialize(Enumerable.Range(0, 200).Select(number => new { name = $"{name}{number}" })));
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/platform/subaccounts/all");
        Assert.Equal((HttpStatusCode.OK, 1_000), (status, body.GetProperty("result").GetArrayLength()));
        Assert.Equal(Enumerable.Range(2, 1_000).Select(i => (long)i), body.GetProperty("result").EnumerateArray().Select(item => item.GetProperty("id").GetInt64()));
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_given_up()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(options => options with { ApiBodyTimeout = TimeSpan.FromMilliseconds(300) });
        using TestDevice client = await TestDevice.ConnectAsync(gateway.Http.BaseAddress!.Port);
        await client.SendAsync($"POST /gw/channels HTTP/1.1\r\nHost: localhost\r\nAuthorization: {TestGateway.Token}\r\nContent-Length: 1000\r\n\r\n[");
        string answer = await ReadToEndAsync(client);
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("The body must be there within 0.3 seconds.", answer, StringComparison.Ordinal);
        Assert.Empty(gateway.Channels.All);
    }

    /// <summary>Promise: who does not take its answer holds no more of it than some buffers, and loses its connection in the end.</summary>
    [Fact]
    public async Task A_client_that_does_not_read_holds_no_memory_and_is_dropped()
    {
        const int clients = 30;
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        Channel channel = await gateway.CreateAsync();
        using TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n" + string.Concat(Enumerable.Repeat("#B;500\n", 200)));
        for (int i = 0; i < 200; i++) await device.ExpectAsync(i == 0 ? "#AL;1\n#AB;500\n" : "#AB;500\n");
        (_, byte[] whole) = await GetAsync(gateway, "/gw/channels/1/messages", "");
        Assert.True(whole.Length > 15_000_000, $"{whole.Length} bytes are more than the system's buffers");

        long before = GC.GetTotalMemory(forceFullCollection: true);
        var idle = new List<Socket>();
        try
        {
            for (int i = 0; i < clients; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
                idle.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, gateway.Http.BaseAddress!.Port, TestContext.Current.CancellationToken);
                await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /gw/channels/1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: {TestGateway.Token}\r\n\r\n"), SocketFlags.None);
            }
            await Eventually.TrueAsync(() => idle.TrueForAll(socket => socket.Available > 0), "all answers have begun");
            await Task.Delay(500, TestContext.Current.CancellationToken);
            long held = GC.GetTotalMemory(forceFullCollection: true) - before;
            Assert.True(held < clients * 1_000_000L, $"{held / clients} bytes of each");
            // Others are served meanwhile.
            Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("/gw/channels/all")).Status);
        }
        finally
        {
            foreach (Socket socket in idle) socket.Dispose();
        }
    }

    private static async Task<(HttpResponseMessage Answer, byte[] Body)> GetAsync(TestGateway gateway, string path, string accepted, string? known = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accepted.Length > 0) request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        if (known is not null) request.Headers.TryAddWithoutValidation("If-None-Match", known);
        HttpResponseMessage answer = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    private static byte[] Unpacked(byte[] body, string encoding)
    {
        if (encoding.Length == 0) return body;
        using var packed = new MemoryStream(body);
        using Stream stream = encoding == "br" ? new BrotliStream(packed, CompressionMode.Decompress) : new GZipStream(packed, CompressionMode.Decompress);
        using var whole = new MemoryStream();
        stream.CopyTo(whole);
        return whole.ToArray();
    }

    private static async Task<string> ReadToEndAsync(TestDevice client)
    {
        using var limit = new CancellationTokenSource(TestDevice.Patience);
        var received = new StringBuilder();
        var buffer = new byte[4_096];
        int count;
        while ((count = await client.Socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, limit.Token)) > 0) received.Append(Encoding.UTF8.GetString(buffer, 0, count));
        return received.ToString();
    }
}
