using System.Buffers;
using System.IO.Pipelines;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Expressions;
using Gateway.Storage;

namespace Gateway.Host.Api;

/// <summary>Writes messages from channel buffers into an answer, page by page: no object per message, memory bounded by a page.</summary>
internal sealed class MessageStream(PipeWriter output, MessageQuery query, DeviceDirectory devices, TimeProvider clock) : AnswerStream(output)
{
    /// <summary>Messages read from a log at one time.</summary>
    internal const int PageMessages = 1_000;

    /// <summary>Payload bytes read from a log at one time: what a client that reads slowly holds beside what waits to be sent.</summary>
    internal const int PageBytes = 128 * 1024;

    /// <summary>Pages after which others have their turn: a filter that fits nothing reads a whole log without ever waiting for the client.</summary>
    private const int PagesPerTurn = 32;

    private readonly MessagePage _page = MessagePages.Rent();
    private readonly MessageMatcher? _filter = query.Filter is null ? null : new MessageMatcher(query.Filter, clock);
    private MessageOwner? _owner;
    private long _written;
    private int _pages;

    /// <summary>Messages written.</summary>
    internal int Count { get; private set; }

    /// <summary>Whether the limits of the query leave room for more.</summary>
    internal bool HasRoom { get; private set; } = true;

    /// <summary>The key after the last message that <see cref="WriteFromAsync"/> has looked at.</summary>
    internal long NextKey { get; private set; }

    /// <summary>Writes messages from a key on, oldest first.</summary>
    internal async Task WriteFromAsync(Channel channel, long key, CancellationToken cancellationToken)
    {
        NextKey = key;
        while (HasRoom)
        {
            await channel.Log.ReadAsync(NextKey, Math.Min(PageMessages, query.Filter is null ? query.Count - Count : PageMessages), PageBytes, _page, cancellationToken);
            if (_page.Count == 0) return;
            for (int i = 0; i < _page.Count; i++)
            {
                if (_page.ServerTimeUs(i) > query.ToUs || !TryWrite(channel, i)) return;
                NextKey = _page.Key(i) + 1;
                if (IsFlushDue) await FlushAsync(cancellationToken);
            }
            await TakeTurnsAsync(cancellationToken);
        }
    }

    /// <summary>Writes messages below a key, newest first, down to the first time that is wanted.</summary>
    internal async Task WriteBackwardAsync(Channel channel, long belowKey, CancellationToken cancellationToken)
    {
        while (HasRoom)
        {
            await channel.Log.ReadBackwardAsync(belowKey, Math.Min(PageMessages, query.Filter is null ? query.Count - Count : PageMessages), PageBytes, _page, cancellationToken);
            if (_page.Count == 0) return;
            for (int i = 0; i < _page.Count; i++)
            {
                if (_page.ServerTimeUs(i) < query.FromUs || !TryWrite(channel, i)) return;
                belowKey = _page.Key(i);
                if (IsFlushDue) await FlushAsync(cancellationToken);
            }
            await TakeTurnsAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        MessagePages.Return(_page);
        base.Dispose();
    }

    private async ValueTask TakeTurnsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (++_pages % PagesPerTurn == 0) await Task.Yield();
    }

    /// <summary>Writes one message of the page, unless the filter leaves it out.</summary>
    /// <returns>False when the limits of the query leave no room for it.</returns>
    private bool TryWrite(Channel channel, int index)
    {
        if (_owner?.Channel != channel) _owner = devices.OwnerOf(channel);
        return TryWrite(_page, index, channel, _owner.Of(_page.Payload(index)));
    }

    /// <summary>Writes one message of a page, unless the filter leaves it out.</summary>
    /// <returns>False when the limits of the query leave no room for it.</returns>
    internal bool TryWrite(MessagePage page, int index, Channel channel, MessageDevice? device)
    {
        var envelope = new MessageEnvelope(channel.Id, channel.Definition.ProtocolId, page.ServerTimeUs(index), device);
        if (_filter is not null && !_filter.IsMatch(page.Payload(index), in envelope)) return true;
        Open();
        int start = Buffer.Length;
        if (Count > 0) Buffer.Write(","u8);
        int message = Buffer.Length;
        // A payload that is no message can't be shown; the log's checksum says that it is what was stored.
        bool isWritten = MessageJson.Write(page.Payload(index), envelope, Buffer, query.Fields);
        int length = Buffer.Length - message;
        bool isOver = isWritten && Count > 0 && (Count >= query.Count || _written + length > query.Bytes);
        if (!isWritten || isOver)
        {
            Buffer.Length = start;
            HasRoom = !isOver;
            return !isWritten;
        }
        Count++;
        _written += length + 1;
        HasRoom = Count < query.Count;
        return true;
    }
}
