using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Accounts;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Mqtt;
using Gateway.Storage;
using Gateway.Storage.Rings;
using Gateway.Storage.Tests.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.Host.Tests.Channels;

/// <summary>Channels, listeners and API in this process, on real sockets, with the line protocol of the tests. MQTT without a port: what REST shows of it is there.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    public const string Token = "secret-token-of-the-tests";

    private static int s_portBlock = Random.Shared.Next(0, 60);

    private readonly WebApplication _application;
    private readonly bool _ownsFolder;

    private TestGateway(WebApplication application, GatewayOptions options, IMessageStore? store, bool ownsFolder)
    {
        _application = application;
        _ownsFolder = ownsFolder;
        Options = options;
        Memory = store as InMemoryMessageStore;
    }

    public GatewayOptions Options { get; }

    public RingStore Rings => Service<RingStore>();

    /// <summary>The buffers, when they are in memory.</summary>
    public InMemoryMessageStore? Memory { get; }

    public ChannelDirectory Channels => _application.Services.GetRequiredService<ChannelDirectory>();

    /// <summary>A part of the gateway.</summary>
    public T Service<T>() where T : notnull => _application.Services.GetRequiredService<T>();

    public HttpClient Http { get; private set; } = new();

    /// <summary>Starts a gateway on free ports.</summary>
    /// <param name="configure">Changes the options.</param>
    /// <param name="onDisk">Buffers on the real disk, not in memory.</param>
    /// <param name="folder">Data folder; null: one of its own, removed at the end.</param>
    /// <param name="codecs">Protocols; null: the line protocol.</param>
    /// <param name="openStore">Opens the buffers in the folder given, for a disk that fails.</param>
    /// <param name="clock">What time it is; null: the system's.</param>
    /// <param name="limits">Changes the limits of the HTTP server.</param>
    public static async Task<TestGateway> StartAsync(Func<GatewayOptions, GatewayOptions>? configure = null, bool onDisk = false, string? folder = null, IEnumerable<Codec>? codecs = null, Func<string, IMessageStore>? openStore = null, TimeProvider? clock = null, Action<KestrelServerLimits>? limits = null)
    {
        int first = 20_000 + Interlocked.Increment(ref s_portBlock) * 100 % 9_900;
        var options = new GatewayOptions
        {
            DataFolder = folder ?? Path.Combine(Path.GetTempPath(), "gateway-tests", Guid.NewGuid().ToString("n")),
            HttpEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ChannelPortFirst = first,
            ChannelPortLast = first + 99,
            SweepInterval = TimeSpan.FromMilliseconds(20),
        };
        options = configure?.Invoke(options) ?? options;

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            ApiLimits.Apply(kestrel.Limits);
            limits?.Invoke(kestrel.Limits);
            kestrel.Listen(options.HttpEndPoint);
        });
        IMessageStore? store = openStore is not null ? openStore(Path.Combine(options.DataFolder, GatewayChannels.MessagesFolderName)) : onDisk ? null : new InMemoryMessageStore();
        if (store is not null) builder.Services.AddSingleton(store);
        if (clock is not null) builder.Services.AddSingleton(clock);
        builder.Services.AddSingleton(new CodecRegistry(codecs ?? [new LineCodec()]));
        builder.Services.AddGatewayChannels(options);
        builder.Services.AddGatewayAccounts();
        builder.Services.AddGatewayMqtt();
        builder.Services.AddGatewayApi();

        WebApplication application = builder.Build();
        application.UseGatewayApi();
        application.UseRouting();
        application.MapGatewayApi();
        await application.Services.OpenGatewayAccountsAsync(Token, CancellationToken.None);
        await application.StartAsync();
        var gateway = new TestGateway(application, options, store, folder is null);
        string address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        gateway.Http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(20) };
        gateway.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("FlespiToken", Token);
        return gateway;
    }

    /// <summary>Creates a channel with the line protocol.</summary>
    public async Task<Channel> CreateAsync(string configuration = "{}", int? messagesTtl = null)
    {
        ChannelOutcome outcome = await Channels.CreateAsync(
            new ChannelDraft { Name = "test", ProtocolName = "line", ConfigurationJson = configuration, MessagesTtlSeconds = messagesTtl }, CancellationToken.None);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }

    /// <summary>Makes channel 1 with messages of latitude 0, 1, 2, ..., each stored at a time of its own.</summary>
    public async Task<TestDevice> FillAsync(int count)
    {
        Channel channel = await CreateAsync();
        TestDevice device = await TestDevice.ConnectAsync(channel.Definition.Port);
        await device.SendAsync("#L;tracker1\n");
        await device.ExpectAsync("#AL;1\n");
        for (int i = 0; i < count; i++)
        {
            await device.SendAsync($"#M;{i}\n");
            await device.ExpectAsync("#AM;1\n");
        }
        return device;
    }

    /// <summary>Sends a request; returns status and JSON.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Http.SendAsync(request);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>Sends a request with another key than the start token's, null for none, and acting in another account than the token's, null for its own.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> CallAsync(string? key, string method, string path, string? body = null, object? cid = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.TryAddWithoutValidation("Authorization", key ?? "");
        if (cid is not null) request.Headers.TryAddWithoutValidation("x-flespi-cid", cid.ToString());
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await Http.SendAsync(request);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>Makes a subaccount below the root or another account.</summary>
    public async Task<long> CreateAccountAsync(string name, long below = 1, long limitId = 0)
    {
        (HttpStatusCode status, JsonElement body) = await CallAsync(Token, "POST", "/platform/subaccounts?fields=id", $$"""[{"name":"{{name}}","limit_id":{{limitId}}}]""", below);
        Assert.Equal(HttpStatusCode.OK, status);
        return body.GetProperty("result")[0].GetProperty("id").GetInt64();
    }

    /// <summary>Makes a token of an account.</summary>
    /// <returns>Its key.</returns>
    public async Task<string> CreateTokenAsync(long account, string access)
    {
        (HttpStatusCode status, JsonElement body) = await CallAsync(Token, "POST", "/platform/tokens?fields=key", $$"""[{"ttl":86400,"access":{{access}}}]""", account);
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
        return body.GetProperty("result")[0].GetProperty("key").GetString()!;
    }

    public Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        if (_ownsFolder && Directory.Exists(Options.DataFolder)) Directory.Delete(Options.DataFolder, recursive: true);
    }
}

/// <summary>A device of the tests.</summary>
internal sealed class TestDevice : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly StringBuilder _received = new();

    private TestDevice(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public static async Task<TestDevice> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new TestDevice(socket);
    }

    public static async Task<TestDevice> ConnectUdpAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new TestDevice(socket);
    }

    public async Task SendAsync(string text) => await Socket.SendAsync(Encoding.Latin1.GetBytes(text), SocketFlags.None);

    /// <summary>Receives until the text is there, and takes it away; fails when something else comes or nothing does.</summary>
    public async Task ExpectAsync(string text)
    {
        await FillAsync(() => _received.Length >= text.Length);
        Assert.Equal(text, _received.ToString(0, Math.Min(text.Length, _received.Length)));
        _received.Remove(0, text.Length);
    }

    /// <summary>Receives until the text comes; gives what stood before it, and takes both away.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        await FillAsync(() => _received.ToString().Contains(end, StringComparison.Ordinal));
        string received = _received.ToString();
        int length = received.IndexOf(end, StringComparison.Ordinal);
        Assert.True(length >= 0, received);
        _received.Remove(0, length + end.Length);
        return received[..length];
    }

    /// <summary>Receives so many bytes and takes them away.</summary>
    public async Task<string> ReadAsync(int length)
    {
        await FillAsync(() => _received.Length >= length);
        string received = _received.ToString(0, Math.Min(length, _received.Length));
        _received.Remove(0, received.Length);
        return received;
    }

    private async Task FillAsync(Func<bool> isEnough)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!isEnough())
        {
            int count;
            try
            {
                count = await Socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None, limit.Token);
            }
            catch (OperationCanceledException)
            {
                break;      // the comparison says what is missing
            }
            if (count == 0) break;
            _received.Append(Encoding.Latin1.GetString(_buffer, 0, count));
        }
    }

    /// <summary>Whether nothing comes for this long.</summary>
    public async Task<bool> IsQuietForAsync(TimeSpan time)
    {
        if (_received.Length > 0) return false;
        using var limit = new CancellationTokenSource(time);
        try
        {
            return await Socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.Peek, limit.Token) < 0;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>Completes when the gateway has closed the connection, whatever it sent before.</summary>
    public async Task ExpectClosedAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            while (await Socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None, limit.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Closed with bytes of ours unread.
        }
    }

    public void Dispose() => Socket.Dispose();
}

/// <summary>Waits for conditions.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        long until = Environment.TickCount64 + (long)TestDevice.Patience.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < until, $"Not within {TestDevice.Patience.TotalSeconds} s: {what}");
            await Task.Delay(10);
        }
    }
}
