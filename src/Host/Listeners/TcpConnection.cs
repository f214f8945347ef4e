using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Pipelines.Sockets.Unofficial;

namespace Gateway.Host.Listeners;

/// <summary>What the pump of a connection waits for; decides what silence and an interruption mean.</summary>
internal enum PumpPhase
{
    /// <summary>For bytes of the device.</summary>
    Reading,
    /// <summary>For the log.</summary>
    Appending,
    /// <summary>For space in the log, or for the end of a minute.</summary>
    WaitingForSpace,
    /// <summary>For the device to take its reply.</summary>
    Replying,
}

/// <summary>A TCP connection of a device. Idle it holds no receive buffer: a read of zero bytes waits for data.</summary>
internal sealed class TcpConnection : DeviceConnection, IDisposable
{
    private static readonly PipeOptions s_pipeOptions = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        minimumSegmentSize: SegmentBytes,
        useSynchronizationContext: false
    );

    /// <summary>How long a peer may go on sending what nobody reads any more, before the connection is closed under it.</summary>
    internal static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The same in bytes.</summary>
    internal const int LingerBytesMax = 8 * 1024 * 1024;

    /// <summary>Size of a receive buffer.</summary>
    internal const int SegmentBytes = 16 * 1024;

    // Of Linux: how long sent bytes may stay unacknowledged before the kernel gives the connection up.
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;

    private readonly SocketConnection _pipe;
    private readonly CancellationTokenSource _interrupted = new();
    private byte[] _carry = [];
    private volatile PumpPhase _phase;

    internal TcpConnection(Channel channel, Socket socket)
        : base(channel, socket.RemoteEndPoint!, Transport.Tcp)
    {
        socket.NoDelay = true;
        Socket = socket;
        _pipe = SocketConnection.Create(socket, s_pipeOptions, s_pipeOptions, SocketConnectionOptions.ZeroLengthReads);
    }

    /// <summary>For replies: sent straight from the reply buffer, since a copy through a second pipe would buy nothing.</summary>
    internal Socket Socket { get; }

    internal PipeReader Input => _pipe.Input;

    /// <summary>Cancelled when the connection has to end; only for rare waits, a read is interrupted without it.</summary>
    internal CancellationToken Interrupted => _interrupted.Token;

    internal PumpPhase Phase
    {
        get => _phase;
        set => _phase = value;
    }

    internal Task Pump { get; set; } = Task.CompletedTask;

    internal override Task Completion => Pump;

    /// <summary>Unread bytes that were copied together because they lay in several segments; empty on the straight path.</summary>
    internal ReadOnlySpan<byte> Carried => _carry.AsSpan(0, CarriedLength);

    internal int CarriedLength { get; private set; }

    /// <summary>Bytes that stay in the pipe after the last read, so that they are not counted as received twice.</summary>
    internal long BytesSeen { get; set; }

    /// <summary>Copies bytes behind those carried already.</summary>
    internal void Carry(in ReadOnlySequence<byte> bytes)
    {
        int length = CarriedLength + (int)bytes.Length;
        if (_carry.Length < length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(length);
            Carried.CopyTo(larger);
            if (_carry.Length > 0) ArrayPool<byte>.Shared.Return(_carry);
            _carry = larger;
        }
        bytes.CopyTo(_carry.AsSpan(CarriedLength));
        CarriedLength = length;
    }

    /// <summary>Takes decoded bytes away; the buffer goes back to the pool with the last one.</summary>
    internal void DropCarried(int count)
    {
        _carry.AsSpan(count, CarriedLength - count).CopyTo(_carry);
        CarriedLength -= count;
        if (CarriedLength > 0 || _carry.Length == 0) return;
        ArrayPool<byte>.Shared.Return(_carry);
        _carry = [];
    }

    internal override void Wake()
    {
        try
        {
            Input.CancelPendingRead();
        }
        catch (ObjectDisposedException)
        {
            // It ended meanwhile.
        }
    }

    internal override void LimitDelivery(TimeSpan limit)
    {
        // Else bytes that wait in the kernel for a device without network would arrive when nobody thinks of them any more.
        if (OperatingSystem.IsLinux()) Socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, BitConverter.GetBytes((int)limit.TotalMilliseconds));
    }

    internal override void Sweep(TimeSpan idleTimeout)
    {
        switch (Phase)
        {
            case PumpPhase.Reading or PumpPhase.Replying when IsSilentFor(idleTimeout):
                Close(CloseCode.IdleTimeout);
                break;
            case PumpPhase.WaitingForSpace when PeerHasGone():
                Close(CloseCode.ClosedByDevice);    // the batch is dropped without a reply: the device still has it
                break;
        }
    }

    /// <summary>Lets a peer that is still sending read its last answer: to close a socket with unread bytes resets the connection, and the answer is lost with it.</summary>
    /// <returns>Completes when the peer has closed, or has sent for too long.</returns>
    internal async Task LingerAsync()
    {
        using var limit = new CancellationTokenSource(LingerTimeout, Channel.Clock);
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
            for (long dropped = 0; dropped < LingerBytesMax;)
            {
                ReadResult read = await Input.ReadAsync(limit.Token).ConfigureAwait(false);
                dropped += read.Buffer.Length;
                Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled) return;
            }
        }
        catch (OperationCanceledException)
        {
            // It had its time.
        }
    }

    /// <summary>Closes socket and pipe, gives memory back. Called once, by the pump, at its end.</summary>
    public void Dispose()
    {
        DropCarried(CarriedLength);
        Input.Complete();
        _pipe.Output.Complete();
        try
        {
            if (CloseCode != CloseCode.Unexpected) Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer was faster.
        }
        catch (ObjectDisposedException)
        {
            // Interrupted while it replied.
        }
        _pipe.Dispose();
        Socket.Dispose();
        _interrupted.Dispose();
    }

    protected override void Interrupt()
    {
        try
        {
            _interrupted.Cancel();
            // A device that does not take its reply can only be left by force.
            if (Phase is PumpPhase.Replying) Socket.Dispose();
            else Input.CancelPendingRead();
        }
        catch (ObjectDisposedException)
        {
            // It ended meanwhile.
        }
    }

    private bool PeerHasGone()
    {
        try
        {
            return _pipe.ShutdownKind != PipeShutdownKind.None || (Socket.Poll(0, SelectMode.SelectRead) && Socket.Available == 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
