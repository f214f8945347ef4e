using System.Buffers.Binary;
using System.Text;

namespace Gateway.Storage.Rings;

/// <summary>What a ring holds of one ident.</summary>
/// <param name="Ident">The ident.</param>
/// <param name="Bytes">Bytes of its records in the ring.</param>
/// <param name="Count">Its records.</param>
/// <param name="FirstUs">Time of the oldest, µs since 1970.</param>
/// <param name="LastUs">Time of the newest, µs since 1970.</param>
public sealed record RingIdent(string Ident, long Bytes, long Count, long FirstUs, long LastUs);

// What could not be read, and whose records there are.
public sealed partial class RingReader
{
    /// <summary>Gaps listed; more are only counted.</summary>
    public const int GapsMax = 100;

    private readonly List<RingGap> _gaps = [];
    private bool _isListing;

    /// <summary>Places that could not be read, of those passed so far; at most <see cref="GapsMax"/>.</summary>
    public IReadOnlyList<RingGap> Gaps => _gaps;

    /// <summary>All of them.</summary>
    public long GapCount { get; private set; }

    /// <summary>Records that were dropped when they came, since the disk was too slow or failed, of those passed so far.</summary>
    public long Dropped { get; private set; }

    /// <summary>Lists the idents of the query's records, by name. Instead of <see cref="ReadAsync"/>, not beside it.</summary>
    /// <param name="countMax">Idents at most.</param>
    /// <param name="cancellationToken">Stops the wait for other readers.</param>
    /// <returns>The idents, and whether there are more than asked for.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
    public async ValueTask<(IReadOnlyList<RingIdent> Idents, bool IsMore)> ListIdentsAsync(int countMax, CancellationToken cancellationToken)
    {
        if (_gate is not null) await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return ListIdents(countMax);
        }
        finally
        {
            _gate?.Release();
        }
    }

    private (IReadOnlyList<RingIdent> Idents, bool IsMore) ListIdents(int countMax)
    {
        Dictionary<string, Tally> tallies = new(StringComparer.Ordinal);
        Dictionary<string, Tally>.AlternateLookup<ReadOnlySpan<char>> byText = tallies.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> text = stackalloc char[RingRecord.IdentBytesMax];
        bool isMore = false;
        _isListing = true;
        foreach (SegmentInfo segment in _segments ??= Begin())
        {
            using LoadedSegment? file = LoadedSegment.Load(_files, segment);
            if (file is null) continue;
            SegmentScan scan = file.Scan(0);
            while (TryNext(file, ref scan, isNoted: true, out RingRecordView record))
            {
                ReadOnlySpan<byte> ident = _idents.IdentOf(record);
                if (ident.IsEmpty || _query.Ident?.Invoke(ident) is false || record.TimeUs < _query.FromUs || record.TimeUs > _query.ToUs) continue;
                ReadOnlySpan<char> name = text[..Encoding.UTF8.GetChars(ident, text)];
                if (!byText.TryGetValue(name, out Tally? tally))
                {
                    isMore |= tallies.Count == countMax;
                    if (tallies.Count == countMax) continue;
                    tallies.Add(name.ToString(), tally = new Tally { FirstUs = record.TimeUs });
                }

                tally.Bytes += record.Type == RingRecord.AlsoIdentType ? BinaryPrimitives.ReadInt32LittleEndian(record.Bytes) : record.Length;
                tally.Count++;
                tally.LastUs = record.TimeUs;
            }
        }

        IEnumerable<RingIdent> sorted = tallies.Select(pair => new RingIdent(pair.Key, pair.Value.Bytes, pair.Value.Count, pair.Value.FirstUs, pair.Value.LastUs));
        return ([.. sorted.OrderBy(ident => ident.Ident, StringComparer.Ordinal)], isMore);
    }

    private void Note(RingGap gap)
    {
        GapCount++;
        if (_gaps.Count < GapsMax) _gaps.Add(gap);
    }

    private sealed class Tally
    {
        public long Bytes;
        public long Count;
        public long FirstUs;
        public long LastUs;
    }
}
