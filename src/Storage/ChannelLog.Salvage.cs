using Gateway.Storage.Inspection;
using Gateway.Storage.Journal;

namespace Gateway.Storage;

/// <summary>What a repair does to a log.</summary>
internal sealed partial class ChannelLog
{
    /// <summary>Takes an entry of a journal from which others are missing. Addresses that it tells are not those of this log any more, so they are looked up.</summary>
    /// <returns>True when messages before those of the entry are lost.</returns>
    public bool ReplaySalvaged(JournalView entry)
    {
        lock (_gate)
        {
            switch (entry.Kind)
            {
                case JournalKind.Append:
                    bool isLoss = entry.Key > _nextSequence;
                    PassOverTo(entry.Key);
                    if (entry.Key + entry.Count > _nextSequence) ReplayPacket(entry);
                    return isLoss;
                case JournalKind.Head:
                    PassOverTo(entry.Key);      // what is missing before was deleted
                    MoveHead(entry.Key);
                    return false;
                case JournalKind.Hole:
                    Hole hole = HoleEntry.Read(entry);
                    if (hole.Below <= hole.From) return false;
                    PassOverTo(hole.Below);
                    if (hole.From <= _headSequence) MoveHead(hole.Below);
                    else Volatile.Write(ref _holes, _holes.With(new Hole(hole.From, hole.Below, AddressOf(hole.From), AddressOf(hole.Below))));
                    return false;
                default:
                    return false;
            }
        }
    }

    /// <summary>Goes on with a later sequence: those between are lost, or nobody knows whether they were given. They are a hole without bytes.</summary>
    public void PassOverTo(long sequence)
    {
        lock (_gate)
        {
            if (sequence <= _nextSequence) return;
            if (_headSequence == _nextSequence) Volatile.Write(ref _headSequence, sequence);
            else Volatile.Write(ref _holes, _holes.With(new Hole(_nextSequence, sequence, _tailAddress, _tailAddress)));
            _nextSequence = sequence;
            Acknowledge(sequence);
        }
    }

    /// <summary>What the log holds.</summary>
    public ChannelReport Describe(bool isDamaged)
    {
        lock (_gate)
        {
            long count = LiveCount;
            return new ChannelReport(
                ChannelId, count, LiveBytes(_tailAddress), count == 0 ? 0 : _headSequence, count == 0 ? 0 : _holes.EndOfLive(_nextSequence) - 1, _holes.Count, _facts.LogVersion, isDamaged);
        }
    }
}
