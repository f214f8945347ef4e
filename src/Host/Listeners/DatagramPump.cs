using System.Net;
using System.Net.Sockets;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices.Commands;
using Gateway.Storage;

namespace Gateway.Host.Listeners;

/// <summary>Serves the datagrams of one channel: as many as are waiting → messages → one append → one reply per datagram.</summary>
internal sealed class DatagramPump(Channel channel, Socket socket, ListenerServices services)
{
    /// <summary>Datagrams that share an append.</summary>
    internal const int DatagramsPerBatchMax = 256;

    /// <summary>Pause after a receive that failed, so that a broken socket costs no processor.</summary>
    internal static readonly TimeSpan ReceiveRetryPause = TimeSpan.FromMilliseconds(100);

    private readonly UdpPeers _peers = new(channel, services.Options.UdpPeersPerChannelMax);
    private readonly SocketAddress _sender = new(socket.AddressFamily);
    private readonly byte[] _peeked = new byte[1];
    private readonly Answer[] _answers = new Answer[DatagramsPerBatchMax];
    private int _answerCount;
    private int _messages;
    private long _bytes;

    /// <summary>Serves until stopped; what is in hand then is still stored and answered.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // Wait without a buffer of full size: a thousand quiet channels share what the busy ones need.
                await socket.ReceiveFromAsync(_peeked.AsMemory(), SocketFlags.Peek, _sender, stopping).ConfigureAwait(false);
                DecodeBatch batch = services.Batches.Rent();
                DecodeWaiting(batch);
                bool stored = true;
                if (batch.Messages.Count > 0)
                {
                    // Not in a method of its own: that would allocate its state for each batch.
                    AppendResult appended = await channel.Log.AppendAsync(batch.Seal(channel.NowUs), CancellationToken.None).ConfigureAwait(false);
                    batch.FirstKey = appended.FirstKey;
                    stored = appended.Status is AppendStatus.Appended
                        || await services.Patience.AppendLaterAsync(channel, batch, appended.Status, stopping).ConfigureAwait(false);
                    if (stored) Interlocked.Add(ref channel.Counters.Messages, batch.Messages.Count);
                }
                if (stored) NotePackets(batch);
                if (stored) SendReplies(batch);
                if (stored && HasPeersWithCommands()) await SendCommandsAsync().ConfigureAwait(false);
                ForgetBatch();
                services.Batches.Return(batch);

                if (channel.Minute.Use(channel.Settings, _messages, _bytes) is > 0 and int limit)
                    await AppendPatience.WaitForNextMinuteAsync(channel, limit, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException exception)
            {
                ListenerLog.AcceptFault(services.Logger, channel.Id, channel.Definition.Port, exception.SocketErrorCode.ToString());
                await Task.Delay(ReceiveRetryPause, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Decodes the datagrams that are there, up to the bounds of a batch; waits for none.</summary>
    private void DecodeWaiting(DecodeBatch batch)
    {
        byte[] buffer = services.DatagramBuffers.Rent();
        _messages = 0;
        _bytes = 0;
        try
        {
            do
            {
                int length = socket.ReceiveFrom(buffer, SocketFlags.None, _sender);
                DecodeDatagram(buffer.AsSpan(0, length), batch);
            }
            while (_answerCount < DatagramsPerBatchMax && !batch.IsFull && socket.Available > 0);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock)
        {
            // The datagram that woke us was thrown away by the system (a wrong checksum).
        }
        finally
        {
            services.DatagramBuffers.Return(buffer);
        }
    }

    private void DecodeDatagram(ReadOnlySpan<byte> datagram, DecodeBatch batch)
    {
        bool isKnown = _peers.TryFind(_sender, out UdpPeer? peer);
        peer ??= _peers.Meet(_sender);

        int messagesBefore = batch.Messages.Count, replyBefore = batch.Reply.Length;
        DecodeVerdict verdict = services.Decoder.Decode(peer, datagram, batch, seen: 0, isDatagram: true, out _);
        peer.Session.Examined = 0;      // nothing of a datagram waits for the next one
        int messages = batch.Messages.Count - messagesBefore;
        PacketMessages became = peer.Traffic.Received(datagram, datagram.Length, messages);

        peer.Touch();
        peer.BytesReceived += datagram.Length;
        peer.Messages += messages;
        _messages += messages;
        _bytes += datagram.Length;
        Interlocked.Add(ref channel.Counters.BytesReceived, datagram.Length);
        if (!isKnown && peer.FramesDecoded > 0 && verdict.Ending is not CloseCode.Disabled) _peers.Remember(peer);
        if (verdict.Ending is not CloseCode.Open && isKnown) peer.Close(verdict.Ending);
        bool isAnswered = batch.Reply.Length > replyBefore;
        _answers[_answerCount++] = new Answer(peer, replyBefore, batch.Reply.Length, isAnswered ? batch.KeepIdent(peer.Session.Ident) : default, became with { Skip = messagesBefore });
    }

    private void NotePackets(DecodeBatch batch)
    {
        for (int i = 0; i < _answerCount; i++) _answers[i].Peer.Traffic.Stored(batch.FirstKey, _answers[i].Became);
    }

    private void SendReplies(DecodeBatch batch)
    {
        for (int i = 0; i < _answerCount; i++)
        {
            Answer answer = _answers[i];
            if (answer.To == answer.From) continue;
            try
            {
                ReadOnlySpan<byte> reply = batch.Reply.Written[answer.From..answer.To];
                int sent = socket.SendTo(reply, SocketFlags.None, answer.Peer.Address);
                answer.Peer.Traffic.Sent(reply, batch.IdentAt(answer.Ident));
                answer.Peer.BytesSent += sent;
                Interlocked.Add(ref channel.Counters.BytesSent, sent);
            }
            catch (SocketException)
            {
                // No room, or no way to the peer: it sends again.
            }
        }
    }

    /// <summary>Tells of answers that came with the batch, and looks for peers whose devices have commands.</summary>
    private bool HasPeersWithCommands()
    {
        bool any = false;
        for (int i = 0; i < _answerCount; i++)
        {
            UdpPeer peer = _answers[i].Peer;
            peer.TellAnswer();
            any |= services.Commands is not null && CommandDelivery.IsDue(peer);
        }
        return any;
    }

    private async Task SendCommandsAsync()
    {
        foreach ((UdpPeer peer, CommandQueue queue, DeviceCommand command) in await services.Commands!.TakeAsync(_answers.Take(_answerCount).Select(answer => answer.Peer)).ConfigureAwait(false))
        {
            var output = new ReplyWriter();
            if (!services.Commands.TryPrepare(peer, queue, command, output)) continue;
            try
            {
                socket.SendTo(output.Written, SocketFlags.None, peer.Address);
                peer.Traffic.Sent(output.Written, peer.Session.Ident);
                CommandDelivery.NoteSent(peer, queue, command, output.Length);
            }
            catch (SocketException)
            {
                peer.Awaited = null;
                queue.NotSent(command, "The datagram could not be sent.");
            }
        }
    }

    private void ForgetBatch()
    {
        Array.Clear(_answers, 0, _answerCount);
        _answerCount = 0;
    }

    private readonly record struct Answer(UdpPeer Peer, int From, int To, Range Ident, PacketMessages Became);
}
