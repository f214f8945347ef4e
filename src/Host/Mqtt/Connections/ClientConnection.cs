using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Gateway.Host.Mqtt.Sessions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Connections;

/// <summary>The socket of a client: one task reads packets, one writes what waits. Neither waits for another client.</summary>
/// <remarks>Only the writing task touches the output. What it writes comes from two places: answers to the client's own packets, and its session's deliveries.</remarks>
internal sealed class ClientConnection(ConnectionContext context, MqttCounters counters) : IDisposable
{
    private readonly AsyncWake _wake = new();
    private readonly AsyncWake _repliesTaken = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _repliesGate = new();
    private ArrayBufferWriter<byte> _replies = new(64);
    private ArrayBufferWriter<byte> _repliesSpare = new(64);
    private Session? _session;
    private int _requests;
    private volatile bool _isClosing;

    /// <summary>Where the client is. A WebSocket knows it from its request alone.</summary>
    internal IPEndPoint? Remote { get; } = context.RemoteEndPoint as IPEndPoint
        ?? (context.GetHttpContext()?.Connection is { RemoteIpAddress: { } address } http ? new IPEndPoint(address, http.RemotePort) : null);

    /// <summary>What the client sends.</summary>
    internal PipeReader Input => context.Transport.Input;

    /// <summary>The session that it serves; only once the client said who it is.</summary>
    internal Session Session => _session ?? throw new InvalidOperationException("The client has not said who it is.");

    /// <summary>Whether the client said who it is.</summary>
    internal bool HasSession => _session is not null;

    /// <summary>The client speaks MQTT 5.</summary>
    internal bool IsVersion5 { get; set; }

    /// <summary>Longest packet that the client takes.</summary>
    internal uint PacketBytesMax { get; set; } = uint.MaxValue;

    /// <summary>Longest time between two packets of the client; zero: any.</summary>
    internal TimeSpan KeepAlive { get; set; }

    /// <summary>When the connection was made, ms of <see cref="Environment.TickCount64"/>.</summary>
    internal long OpenedAt { get; } = Environment.TickCount64;

    /// <summary>When bytes came last, ms of <see cref="Environment.TickCount64"/>.</summary>
    internal long ReceivedAt { get; set; } = Environment.TickCount64;

    /// <summary>Why it was closed; null while it is not, and when there was nothing to say about it.</summary>
    internal MqttDisconnectReasonCode? CloseReason { get; private set; }

    /// <summary>It is being closed: nothing more of the session is sent.</summary>
    internal bool IsClosing => _isClosing;

    /// <summary>Cancelled when it is being closed, for whatever its tasks wait for besides the socket.</summary>
    internal CancellationToken Closed => _closed.Token;

    /// <summary>There may be something to write.</summary>
    internal void Wake() => _wake.Set();

    /// <summary>Counts a delivery that was left out because the client takes no packets of its size.</summary>
    internal void CountTooLarge() => counters.CountTooLarge();

    /// <summary>Counts that the session came back to a log whose messages had gone before it read them.</summary>
    internal void CountMissed() => counters.CountMissed();

    /// <summary>Counts a REST request that begins.</summary>
    /// <returns>Whether the client may have one more.</returns>
    internal bool TryBeginRequest()
    {
        if (Interlocked.Increment(ref _requests) <= MqttLimits.RequestsPerClientMax) return true;
        EndRequest();
        return false;
    }

    /// <summary>Counts a REST request that ended.</summary>
    internal void EndRequest() => Interlocked.Decrement(ref _requests);

    /// <summary>Ties the connection to a session; before <see cref="WriteAsync"/>.</summary>
    internal void Begin(Session session) => _session = session;

    /// <summary>Lets an answer be written.</summary>
    internal void Reply(ReadOnlySpan<byte> packet)
    {
        lock (_repliesGate) _replies.Write(packet);
        Wake();
    }

    /// <summary>Waits while too many answers wait for the client.</summary>
    internal async ValueTask WaitForReplyRoomAsync()
    {
        while (!_isClosing)
        {
            lock (_repliesGate)
            {
                if (_replies.WrittenCount <= MqttLimits.ReplyBytesMax) return;
            }
            await _repliesTaken.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes the connection: what was answered is still sent, on MQTT 5 with the reason at the end. Returns at once.</summary>
    /// <param name="reason">Why, null for no word about it: the client closed, or speaks no MQTT.</param>
    internal void Close(MqttDisconnectReasonCode? reason)
    {
        lock (_repliesGate)
        {
            if (_isClosing) return;
            const byte Disconnect = 0xE0;
            if (IsVersion5 && HasSession && reason is { } code) _replies.Write<byte>([Disconnect, 1, (byte)code]);
            CloseReason = reason;
            _isClosing = true;
        }
        try
        {
            _closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended meanwhile.
        }
        _wake.Set();
        _repliesTaken.Set();
        Input.CancelPendingRead();
    }

    /// <summary>Writes until the connection is being closed. Ends early when the client is gone.</summary>
    internal async Task WriteAsync()
    {
        PipeWriter output = context.Transport.Output;
        try
        {
            WriteReplies(output);      // the answer to the first packet comes before everything else
            if (HasSession) await Session.ResendAsync(this, output, Closed).ConfigureAwait(false);
            await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            while (true)
            {
                bool isLast = _isClosing;
                int written = WriteReplies(output);
                bool hasRetained = !isLast && HasSession && Session.ReadRetained(this);
                if (!isLast && HasSession) written += Session.Fill(this, output);
                if (written > 0)
                {
                    FlushResult flushed = await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                    if (flushed.IsCompleted || flushed.IsCanceled) return;
                    continue;
                }
                if (isLast) return;
                if (hasRetained)
                {
                    // Nothing of what was read is for this client: others have their turn.
                    await Task.Yield();
                    continue;
                }
                if (HasSession && await Session.CatchUpAsync(this, Closed).ConfigureAwait(false)) continue;
                await _wake.WaitAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_isClosing)
        {
            if (WriteReplies(output) > 0) await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Close(null);
            await output.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Cuts the connection: its client does not take its last bytes.</summary>
    internal void Abort() => context.Abort();

    /// <inheritdoc/>
    public void Dispose() => _closed.Dispose();

    private int WriteReplies(PipeWriter output)
    {
        ArrayBufferWriter<byte> replies;
        lock (_repliesGate)
        {
            if (_replies.WrittenCount == 0) return 0;
            (replies, _replies, _repliesSpare) = (_replies, _repliesSpare, _replies);
        }
        int written = replies.WrittenCount;
        output.Write(replies.WrittenSpan);
        replies.ResetWrittenCount();
        _repliesTaken.Set();
        return written;
    }
}
