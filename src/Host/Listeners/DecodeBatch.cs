using System.Security.Cryptography;
using Gateway.Codecs;
using Gateway.Storage;

namespace Gateway.Host.Listeners;

/// <summary>What the frames of one read became: messages for the log, and bytes for the device once those are durable.</summary>
internal sealed class DecodeBatch
{
    /// <summary>A batch with more payload bytes is appended before more frames are decoded.</summary>
    internal const int PayloadBytesFull = 512 * 1024;

    /// <summary>A batch with more reply bytes is appended before more frames are decoded.</summary>
    internal const int ReplyBytesFull = ReplyWriter.BytesMax / 2;

    private byte[] _idents = [];
    private int _identsLength;

    internal MessageBuffer Messages { get; } = new();

    internal ReplyWriter Reply { get; } = new();

    internal Packet Packet { get; } = new();

    /// <summary>Given once for each use: a batch that is appended again because nobody knows what became of it is not stored twice.</summary>
    internal long DeduplicationId { get; set; }

    /// <summary>Key of the first message, once they are stored.</summary>
    internal long FirstKey { get; set; }

    internal bool IsFull => Messages.Length >= PayloadBytesFull || Reply.Length >= ReplyBytesFull;

    /// <summary>The messages as the log takes them; nothing is copied.</summary>
    internal Packet Seal(long serverTimeUs)
    {
        Packet.Use(Messages.Bytes, Messages.Ends, Messages.Count);
        Packet.ServerTimeUs = serverTimeUs;
        Packet.DeduplicationId = DeduplicationId;
        return Packet;
    }

    /// <summary>Keeps an ident for as long as the batch is in use: when a datagram is answered its peer may call itself something else.</summary>
    /// <returns>Where, for <see cref="IdentAt"/>.</returns>
    internal Range KeepIdent(ReadOnlySpan<byte> ident)
    {
        int end = _identsLength + ident.Length;
        if (_idents.Length < end) Array.Resize(ref _idents, Math.Max(end, Math.Max(1024, _idents.Length * 2)));
        ident.CopyTo(_idents.AsSpan(_identsLength));
        Range place = _identsLength..end;
        _identsLength = end;
        return place;
    }

    internal ReadOnlySpan<byte> IdentAt(Range place) => _idents.AsSpan(place);

    internal void Clear()
    {
        Messages.Clear();
        Reply.Clear();
        _identsLength = 0;
    }
}

/// <summary>Lends batches to connections for the time from a read to its reply, so that idle connections own none.</summary>
internal sealed class DecodeBatchPool
{
    /// <summary>Batches kept for the next read; more are left to the garbage collector.</summary>
    internal const int CountMax = 1024;

    /// <summary>A batch that grew beyond this is not kept.</summary>
    internal const int BytesKeptMax = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly DecodeBatch[] _free = new DecodeBatch[CountMax];
    private int _count;
    private long _lastId = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));      // so that two processes on one replicated log hardly meet

    internal DecodeBatch Rent()
    {
        lock (_gate)
        {
            DecodeBatch batch = _count > 0 ? _free[--_count] : new DecodeBatch();
            if (++_lastId == 0) _lastId++;      // 0 means none
            batch.DeduplicationId = _lastId;
            return batch;
        }
    }

    internal void Return(DecodeBatch batch)
    {
        if (batch.Messages.Bytes.Length > BytesKeptMax) return;
        batch.Clear();
        lock (_gate)
        {
            if (_count < CountMax) _free[_count++] = batch;
        }
    }
}
