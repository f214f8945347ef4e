namespace Gateway.Storage.Simulation;

/// <summary>Checks a whole log, message by message, against what was told about it.</summary>
internal sealed class ChannelReading
{
    private readonly ChannelModel _channel;
    private readonly bool _isStart;
    private readonly List<PacketModel> _keyed;      // in the order of keys
    private readonly HashSet<PacketModel> _seen = [];
    private readonly KeyRanges _gone = new();       // keys that were not there
    private int _passed;                            // of those with keys
    private PacketModel? _packet;                   // being read
    private int _index;                             // its next message
    private long _previousKey;
    private int _numberMax;

    /// <param name="channel">The channel.</param>
    /// <param name="isStart">The store was just opened: deletions that were not told may be made or not, and what is not there now will never be.</param>
    public ChannelReading(ChannelModel channel, bool isStart)
    {
        (_channel, _isStart) = (channel, isStart);
        _keyed = [.. channel.Packets.Where(packet => packet.HasKeys).OrderBy(packet => packet.FirstKey)];
    }

    /// <summary>Key of the first message; 0 when there was none.</summary>
    public long FirstKey { get; private set; }

    /// <summary>Messages so far.</summary>
    public long Count { get; private set; }

    /// <summary>Takes the next message.</summary>
    public void Next(long key, long serverTimeUs, ReadOnlySpan<byte> payload)
    {
        if (key <= _previousKey) throw Failure($"key {key} follows {_previousKey}");
        if ((_isStart ? _channel.DeletedTold : _channel.DeletedAsked).Contains(key)) throw Failure($"key {key} was deleted{(_isStart ? ", and that was told" : "")}");
        if (_packet is null || !_packet.Holds(key)) Begin(key, payload);

        PacketModel packet = _packet!;
        int index = (int)(key - packet.FirstKey);
        PassUntil(index);
        if (serverTimeUs != packet.ServerTimeUs) throw Failure($"message {index} of {packet} has time {serverTimeUs}, not {packet.ServerTimeUs}");
        if (payload.Length != packet.LengthOf(index)) throw Failure($"message {index} of {packet} has {payload.Length} bytes, not {packet.LengthOf(index)}");
        if (!Content.Matches(payload, packet.Number, index)) throw Failure($"message {index} of {packet} has other bytes than were appended");

        if (Count++ == 0) FirstKey = key;
        _gone.Add(_previousKey + 1, key);
        _previousKey = key;
        _index = index + 1;
    }

    /// <summary>There are no more.</summary>
    /// <param name="nextKey">What the log says will be its next key.</param>
    public void End(long nextKey)
    {
        EndPacket();
        Pass(long.MaxValue);
        _gone.Add(_previousKey + 1, nextKey);
        foreach (PacketModel packet in _seen)
        {
            if (_isStart) packet.Known = Known.Durable;     // a start brings all that it found to the disk
            else if (packet.Known == Known.Unknown) packet.Known = packet.Durability == Durability.Commit ? Known.Durable : Known.Kept;      // what was read once stays
        }

        if (_isStart)
        {
            // The deletions that are made now are made for good, and no others.
            _channel.DeletedTold.Clear();
            _channel.DeletedTold.Add(_gone);
            _channel.DeletedAsked.Clear();
            _channel.DeletedAsked.Add(_gone);
        }

        if (_isStart) _channel.Packets.RemoveAll(packet => packet.Known == Known.Unknown);
        foreach (PacketModel packet in _channel.Packets)
            packet.IsPassed |= packet.Known == Known.Unknown && !packet.HasKeys && !packet.IsRetried && packet.Number < _numberMax;
        _channel.Packets.RemoveAll(packet => packet.HasKeys && _channel.DeletedTold.ContainsAll(packet.FirstKey, packet.BelowKey));
    }

    private void Begin(long key, ReadOnlySpan<byte> payload)
    {
        EndPacket();
        PacketModel packet = _channel.Packets.Find(one => one.Holds(key)) ?? FindUntold(key, payload)
            ?? throw Failure($"the message with key {key} and {payload.Length} bytes (packet {Content.PacketOf(payload)}) was refused, not told yet, not appended here or read before");
        if (!packet.IsRetried)
        {
            if (packet.Number < _numberMax) throw Failure($"{packet} follows packet {_numberMax}");
            _numberMax = packet.Number;
        }

        Pass(key);
        _seen.Add(packet);
        _packet = packet;
        _index = 0;
    }

    /// <summary>Finds the packet whose caller was not told yet, and with it its keys. Its first messages may have given way to others before anybody was told of them.</summary>
    private PacketModel? FindUntold(long key, ReadOnlySpan<byte> payload)
    {
        foreach (PacketModel one in _channel.Packets)
        {
            if (one.HasKeys || (one.IsPassed && !_isStart) || !(one.Known == Known.Unknown || (one.Known == Known.Pending && (one.HasCheckpoint || one.IsRetried)))) continue;
            for (int i = 0; i < one.Count && (i == 0 || _channel.DeletedAsked.ContainsAll(key - i, key)); i++)
            {
                if (payload.Length != one.LengthOf(i) || !Content.Matches(payload, one.Number, i)) continue;
                one.FirstKey = key - i;
                return one;
            }
        }

        return null;
    }

    /// <summary>The rest of a packet that was begun can only be deleted.</summary>
    private void EndPacket()
    {
        if (_packet is not null) PassUntil(_packet.Count);
        _packet = null;
    }

    private void PassUntil(int index)
    {
        for (; _index < index; _index++)
            if (!_channel.DeletedAsked.Contains(_packet!.FirstKey + _index)) throw Failure($"message {_index} of {_packet} (key {_packet.FirstKey + _index}) is missing");
    }

    /// <summary>Packets whose keys are below and that were not there can only be deleted, or lost before they were told as durable.</summary>
    private void Pass(long key)
    {
        for (; _passed < _keyed.Count && _keyed[_passed].BelowKey <= key; _passed++)
        {
            PacketModel packet = _keyed[_passed];
            if (_seen.Contains(packet) || _channel.DeletedAsked.ContainsAll(packet.FirstKey, packet.BelowKey)) continue;
            if (packet.Known != Known.Unknown) throw Failure($"{packet} is missing");
            if (key != long.MaxValue) throw Failure($"{packet} is missing, but a later one is there");
        }
    }

    private BrokenPromiseException Failure(string what) => new($"channel {_channel.Id}, {(_isStart ? "after a start" : "running")}: {what}");
}
