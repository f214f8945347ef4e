using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Codecs;

namespace Gateway.Conformance.Tests;

/// <summary>Replays a recorded session through a channel's port as a device would: bytes over a socket, replies back, messages over REST.</summary>
/// <remarks>The frames of a session go over one connection; a frame that needs another setting opens a channel of its own, on which the session's login is said again.</remarks>
internal sealed class PortReplay(RunningGateway gateway, Codec codec, IReadOnlyList<VectorFrame> session, CancellationToken cancellation) : IDisposable
{
    private static readonly TimeSpan s_replyLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_messagesLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(20);

    private Socket? _socket;
    private long _channel;
    private long _key;
    private bool _closed;       // by the gateway, which refused something
    private string _configured = "";
    private string _transport = "";

    /// <summary>Whether a frame can be sent this way: its bytes are known, and who sends it is not known from the other transport alone.</summary>
    public bool CanSend(VectorFrame frame) =>
        frame.Wire is not null && (frame.NamesDevice || !session.Any(other => other.NamesDevice) || session.Any(other => CanLogIn(other, frame.Transport)));

    /// <summary>Sends one frame and gives what came of it.</summary>
    public async Task<FrameOutcome> SendAsync(VectorFrame frame)
    {
        await ConnectAsync(frame);
        byte[]? reply = null;
        string note = "";
        try
        {
            if (frame.WireBefore is { } before)
            {
                await _socket!.SendAsync(before, cancellation);
                await ReceiveAsync(0);
            }
            await _socket!.SendAsync(frame.Wire!, cancellation);
            reply = await ReceiveAsync(frame.Response?.Length ?? 0);
        }
        catch (SocketException failure)
        {
            note = failure.SocketErrorCode.ToString();
            _closed = true;
        }
        List<JsonElement> messages = await MessagesAsync(frame.Positions.Count);
        return new FrameOutcome(messages, reply ?? [], note, []);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private async Task ConnectAsync(VectorFrame frame)
    {
        Dictionary<string, object> configuration = Configuration(frame);
        string configured = JsonSerializer.Serialize(configuration);
        if (_socket is not null && !_closed && configured == _configured && frame.Transport == _transport) return;

        _socket?.Dispose();
        (_configured, _transport) = (configured, frame.Transport);
        (_channel, IPEndPoint endPoint) = await gateway.CreateChannelAsync(codec.Info.Name, configuration, cancellation);
        _key = 0;
        _closed = false;
        bool tcp = frame.Transport != "udp";
        _socket = new Socket(AddressFamily.InterNetwork, tcp ? SocketType.Stream : SocketType.Dgram, tcp ? ProtocolType.Tcp : ProtocolType.Udp);
        await _socket.ConnectAsync(endPoint, cancellation);
        // The connection is new: say again who sends, as the recording did last.
        VectorFrame[] earlier = [.. session.TakeWhile(other => other != frame)];
        VectorFrame? login = earlier.LastOrDefault(other => CanLogIn(other, _transport));
        if (login is null && earlier.Any(other => other.NamesDevice)) login = session.FirstOrDefault(other => CanLogIn(other, _transport));
        if (frame.NamesDevice || login?.Wire is null) return;
        await _socket.SendAsync(login.Wire, cancellation);
        await ReceiveAsync(login.Response?.Length ?? 0);
        await MessagesAsync(login.Positions.Count);
    }

    // What was said over the other transport may have another form.
    private static bool CanLogIn(VectorFrame frame, string transport) => frame.NamesDevice && frame.Wire is not null && (frame.Transport == "udp") == (transport == "udp");

    /// <summary>Reads until the expected bytes are there and nothing follows, or until the limit.</summary>
    private async Task<byte[]> ReceiveAsync(int expected)
    {
        var received = new List<byte>();
        var buffer = new byte[64 * 1024];
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < s_replyLimit)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(received.Count < expected ? s_replyLimit - waited.Elapsed : s_quiet);
            try
            {
                int count = await _socket!.ReceiveAsync(buffer, patience.Token);
                if (count == 0)
                {
                    _closed = true;
                    break;
                }
                received.AddRange(buffer.AsSpan(0, count));
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                break;
            }
        }
        return [.. received];
    }

    /// <summary>New messages of the channel; waits until the expected number is there, or until the limit.</summary>
    private async Task<List<JsonElement>> MessagesAsync(int expected)
    {
        var messages = new List<JsonElement>();
        var waited = Stopwatch.StartNew();
        while (true)
        {
            (List<JsonElement> more, _key) = await gateway.ReadAsync(_channel, _key, cancellation);
            messages.AddRange(more);
            if (messages.Count >= expected || waited.Elapsed > s_messagesLimit) return messages;
            await Task.Delay(10, cancellation);
        }
    }

    /// <summary>The recording's settings as a channel's configuration, as far as the protocol has such options.</summary>
    private Dictionary<string, object> Configuration(VectorFrame frame)
    {
        var configuration = new Dictionary<string, object>();
        if (frame.Config is not { } config) return configuration;
        foreach (JsonProperty setting in config.EnumerateObject())
        {
            // Whether a connection is one shows in the transport.
            if (setting.Name == "connectionless" || setting.Value.ValueKind == JsonValueKind.False) continue;
            string name = setting.Name == "model" ? "device.model" : setting.Name;
            // A spec may know a setting under another name, or not at all.
            if (name != "device.model" && !codec.Info.Options.Any(option => option.Name == name)) continue;
            configuration[name] = setting.Value;
        }
        return configuration;
    }
}
