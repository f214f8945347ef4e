using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices.Telemetry;
using Gateway.Host.Expressions;
using Gateway.Storage;

namespace Gateway.Host.Devices;

/// <summary>Which messages of devices are wanted, by the devices' own time.</summary>
/// <param name="FromUs">First time, µs since 1970, inclusive.</param>
/// <param name="ToUs">Last time, inclusive.</param>
/// <param name="Count">Messages at most, 1 or more.</param>
/// <param name="IsReverse">Newest first.</param>
/// <param name="Filter">Only messages that match; null for all.</param>
internal sealed record DeviceMessageQuery(long FromUs, long ToUs, int Count, bool IsReverse, Expression? Filter);

/// <summary>A message of a device that was found in a channel's buffer.</summary>
/// <param name="Device">Whose it is.</param>
/// <param name="Channel">Where it is.</param>
/// <param name="Key">Its key there.</param>
/// <param name="TimeUs">The device's time, µs since 1970.</param>
internal readonly record struct FoundMessage(Device Device, Channel Channel, long Key, long TimeUs);

/// <summary>Finds messages of devices in the buffers of the channels, in the order of the devices' time.</summary>
/// <remarks>
/// The channels' buffers are all that there is: a message lives as long as its channel keeps it, and a search goes through the buffers. What it need not go through it knows from the
/// devices' tracks: the stretch of each channel in which they are, and by how much their clocks and their deliveries differ from the moments at which messages came. No more than a few
/// searches run at a time, and what one holds is bounded by the number of messages asked for.
/// </remarks>
internal sealed class DeviceMessages(DeviceDirectory devices, ChannelDirectory channels, TelemetryFeeds feeds, TimeProvider clock) : IDisposable
{
    /// <summary>Searches at one time; others wait.</summary>
    internal const int SearchesMax = 2;

    private const int PageMessages = 1_000;
    private const int PageBytes = 1024 * 1024;

    // Pages after which others have their turn: a buffer on the local disk is read without ever waiting.
    private const int PagesPerTurn = 8;

    private readonly SemaphoreSlim _searches = new(SearchesMax, SearchesMax);

    /// <summary>Finds messages.</summary>
    /// <param name="wanted">Of which devices.</param>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    internal async Task<List<FoundMessage>> FindAsync(IReadOnlyCollection<Device> wanted, DeviceMessageQuery query, CancellationToken cancellationToken)
    {
        await _searches.WaitAsync(cancellationToken).ConfigureAwait(false);
        MessagePage page = MessagePages.Rent();
        try
        {
            var search = new Search([.. wanted], query, devices, clock);
            foreach (Channel channel in channels.All)
            {
                Device[] possible = [.. wanted.Where(device => devices.MayMeet(device, channel))];
                if (possible.Length == 0 || channel.Fault is not null) continue;
                search.Enter(channel);

                // What the feed has not read yet is not in the tracks; it is short.
                long seen = feeds.CursorOf(channel.Id);
                await ScanAsync(search, channel, new Stretch(seen, long.MaxValue, MayEndEarly: false), page, cancellationToken).ConfigureAwait(false);
                if (await StretchOfAsync(channel, possible, query, seen, cancellationToken).ConfigureAwait(false) is { } stretch)
                    await ScanAsync(search, channel, stretch, page, cancellationToken).ConfigureAwait(false);
            }
            return search.Take();
        }
        finally
        {
            MessagePages.Return(page);
            _searches.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _searches.Dispose();

    /// <summary>Where in a channel messages of the devices can be, below the key up to which the feed has read; null where there is none.</summary>
    private static async ValueTask<Stretch?> StretchOfAsync(Channel channel, Device[] possible, DeviceMessageQuery query, long seen, CancellationToken cancellationToken)
    {
        long first = long.MaxValue, last = 0, aheadUs = 0, behindUs = 0;
        foreach (Device device in possible)
        {
            if (!device.History.IsComplete || !device.Tracks.IsComplete) return seen == 0 ? null : new Stretch(0, seen, MayEndEarly: false);
            if (!device.Tracks.TryFind(channel.Id, out Track track)) continue;
            (first, last) = (Math.Min(first, track.FirstKey), Math.Max(last, track.LastKey));
            (aheadUs, behindUs) = (Math.Max(aheadUs, track.AheadUs), Math.Max(behindUs, track.BehindUs));
        }
        if (first > last) return null;

        // A message came no earlier than its time less what the clock is ahead, and no later than its time and what the delivery took.
        if (query.FromUs > aheadUs) first = Math.Max(first, await channel.Log.FindAsync(query.FromUs - aheadUs, cancellationToken).ConfigureAwait(false));
        long end = Math.Min(last + 1, seen);
        if (query.ToUs < long.MaxValue - behindUs - 1) end = Math.Min(end, await channel.Log.FindAsync(query.ToUs + behindUs + 1, cancellationToken).ConfigureAwait(false));
        return first < end ? new Stretch(first, end, MayEndEarly: true) { AheadUs = aheadUs, BehindUs = behindUs } : null;
    }

    private static async Task ScanAsync(Search search, Channel channel, Stretch stretch, MessagePage page, CancellationToken cancellationToken)
    {
        long at = search.Query.IsReverse ? stretch.End : stretch.First;
        for (int pages = 1; ; pages++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (pages % PagesPerTurn == 0) await Task.Yield();
            if (search.Query.IsReverse) await channel.Log.ReadBackwardAsync(at, PageMessages, PageBytes, page, cancellationToken).ConfigureAwait(false);
            else await channel.Log.ReadAsync(at, PageMessages, PageBytes, page, cancellationToken).ConfigureAwait(false);
            if (page.Count == 0) return;
            for (int i = 0; i < page.Count; i++)
            {
                if (page.Key(i) < stretch.First || page.Key(i) >= stretch.End) return;
                search.Look(page, i);
            }
            if (stretch.MayEndEarly && search.IsBeyond(page.ServerTimeUs(page.Count - 1), in stretch)) return;
            at = page.NextKey;
        }
    }

    /// <summary>A part of a channel's buffer.</summary>
    /// <param name="First">First key.</param>
    /// <param name="End">Key behind the last.</param>
    /// <param name="MayEndEarly">Whether clocks and deliveries of the devices are known.</param>
    private readonly record struct Stretch(long First, long End, bool MayEndEarly)
    {
        internal long AheadUs { get; init; }

        internal long BehindUs { get; init; }
    }

    /// <summary>The best messages found so far: those that come first in the order that is wanted.</summary>
    private sealed class Search(HashSet<Device> wanted, DeviceMessageQuery query, DeviceDirectory devices, TimeProvider clock)
    {
        // The one that comes last of all is at the top, to give way.
        private readonly PriorityQueue<FoundMessage, (long TimeUs, long Place)> _best = new(Comparer<(long TimeUs, long Place)>.Create((left, right) => query.IsReverse ? left.CompareTo(right) : right.CompareTo(left)));
        private readonly MessageMatcher? _matcher = query.Filter is null ? null : new MessageMatcher(query.Filter, clock);
        private readonly long _nowUs = clock.GetUtcNow().ToUnixTimeUs();
        private Channel? _channel;
        private byte[] _lastIdent = [];
        private Device? _lastDevice;

        internal DeviceMessageQuery Query => query;

        internal void Enter(Channel channel)
        {
            _channel = channel;
            _lastIdent = [];
        }

        internal void Look(MessagePage page, int index)
        {
            ReadOnlySpan<byte> payload = page.Payload(index);
            if (!MessageReader.TryGetOrigin(payload, out ReadOnlySpan<byte> ident, out long timeUs) || DeviceOf(ident) is not { } device) return;
            long serverTimeUs = page.ServerTimeUs(index);
            if (timeUs == 0) timeUs = serverTimeUs;
            if (timeUs < query.FromUs || timeUs > query.ToUs) return;
            if (serverTimeUs < _nowUs - device.Definition.MessagesTtlSeconds * 1_000_000) return;
            if (_matcher?.IsMatch(payload, new MessageEnvelope(_channel!.Id, _channel.Definition.ProtocolId, serverTimeUs, device.Facts)) is false) return;

            long key = page.Key(index);
            _best.Enqueue(new FoundMessage(device, _channel!, key, timeUs), (timeUs, key));
            if (_best.Count > query.Count) _best.Dequeue();
        }

        /// <summary>Whether nothing that came after this moment (before it, in reverse) can be among the best.</summary>
        internal bool IsBeyond(long serverTimeUs, in Stretch stretch) =>
            _best.Count == query.Count && (query.IsReverse ? serverTimeUs + stretch.AheadUs < _best.Peek().TimeUs : serverTimeUs - stretch.BehindUs > _best.Peek().TimeUs);

        internal List<FoundMessage> Take()
        {
            var found = new FoundMessage[_best.Count];
            for (int i = found.Length - 1; i >= 0; i--) found[i] = _best.Dequeue();
            return [.. found];
        }

        private Device? DeviceOf(ReadOnlySpan<byte> ident)
        {
            if (_lastIdent.Length > 0 && ident.SequenceEqual(_lastIdent)) return _lastDevice;
            // As long as the one before: no new array for each run of a fleet.
            if (_lastIdent.Length == ident.Length) ident.CopyTo(_lastIdent);
            else _lastIdent = ident.ToArray();
            Device? device = devices.Index.Find(_channel!.Definition.ProtocolId, _channel.Definition.Cid, ident);
            return _lastDevice = device is not null && wanted.Contains(device) ? device : null;
        }
    }
}
