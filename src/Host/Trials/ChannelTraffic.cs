using System.Text;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Cli;
using Gateway.Host.Listeners;
using Gateway.Storage.Rings;

namespace Gateway.Host.Trials;

/// <summary>Reads what a channel's devices sent out of its ring in a data folder, also while a gateway writes to it. Changes nothing.</summary>
internal static class ChannelTraffic
{
    /// <summary>Most received bytes that are taken into memory.</summary>
    public const int BytesMax = CaptureFile.BytesMax;

    private const int PageRecords = 10_000;
    private const int PageBytes = 1 << 20;

    /// <summary>Reads connections and UDP peers, in the order in which they began.</summary>
    /// <param name="dataFolder">As <c>gateway run --data</c>.</param>
    /// <param name="channelId">The channel.</param>
    /// <param name="ident">Connections that carried this ident alone, with all that came on them; null for all.</param>
    /// <param name="cancellationToken">Stops between two pages.</param>
    /// <exception cref="FailureException">There is nothing, too much, or it can't be read.</exception>
    public static async Task<RecordedTraffic> ReadAsync(string dataFolder, long channelId, string? ident, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(dataFolder, ChannelRings.FolderName);
        try
        {
            HashSet<long>? wanted = ident is null ? null : await ConnectionsOfAsync(folder, channelId, ident, cancellationToken).ConfigureAwait(false);
            Gathering gathering = new(channelId, wanted);
            RingReader reader = RingReader.Open(folder, RingKind.Traffic, channelId, new RingQuery());
            await ForEachAsync(reader, gathering.Add, cancellationToken).ConfigureAwait(false);
            IReadOnlyList<RecordedConnection> connections = gathering.End();
            if (connections.Count > 0) return new RecordedTraffic(connections, gathering.Parts, reader.Dropped, reader.GapCount);
            throw new FailureException(ident is null
                ? $"channel {channelId} has no recorded traffic in {folder}."
                : $"channel {channelId} has no recorded traffic of {ident} in {folder}.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't read {folder}: {unreadable.Message}", unreadable);
        }
    }

    private static async Task<HashSet<long>> ConnectionsOfAsync(string folder, long channelId, string ident, CancellationToken cancellationToken)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(ident);
        HashSet<long> connections = [];
        RingReader reader = RingReader.Open(folder, RingKind.Traffic, channelId, new RingQuery { Ident = seen => seen.SequenceEqual(bytes) });
        await ForEachAsync(reader, (page, i) => connections.Add(page.Entry(i).Connection), cancellationToken).ConfigureAwait(false);
        return connections;
    }

    private static async Task ForEachAsync(RingReader reader, Action<RingPage, int> take, CancellationToken cancellationToken)
    {
        RingPage page = new();
        do
        {
            await reader.ReadAsync(page, PageRecords, PageBytes, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < page.Count; i++) take(page, i);
        }
        while (page.Count > 0);
    }

    /// <summary>Puts the records of each connection together. Where numbers are missing bytes are missing: what follows is a connection of its own, of a device that is known already.</summary>
    private sealed class Gathering(long channelId, HashSet<long>? wanted)
    {
        private readonly Dictionary<long, Part> _open = [];
        private readonly List<Part> _all = [];
        private long _bytes;

        /// <summary>Connections whose beginning is not there.</summary>
        public int Parts { get; private set; }

        public void Add(RingPage page, int index)
        {
            RingEntry entry = page.Entry(index);
            if (wanted?.Contains(entry.Connection) is false) return;
            if (!_open.TryGetValue(entry.Connection, out Part? part) || part.NextIndex != entry.Index)
            {
                bool isWhole = entry.Index == 0;
                if (!isWhole) Parts++;
                part = new Part(entry.Connection, isWhole ? null : Encoding.UTF8.GetString(page.Ident(index)), entry.TimeUs);
                _open[entry.Connection] = part;
                _all.Add(part);
            }

            part.NextIndex = entry.Index + 1;
            Transport? transport = (TrafficType)entry.Type switch
            {
                TrafficType.TcpReceived or TrafficType.HttpReceived => Transport.Tcp,
                TrafficType.UdpReceived => Transport.Udp,
                _ => null,
            };
            if (transport is not { } how) return;
            part.Chunks.Add(new RecordedChunk(how, page.Bytes(index).ToArray(), 0));
            _bytes += page.Bytes(index).Length;
            if (_bytes > BytesMax) throw new FailureException($"channel {channelId} has more than {BytesMax} bytes of recorded traffic; take the devices one by one with --ident.");
        }

        public IReadOnlyList<RecordedConnection> End() =>
            [.. _all.Where(part => part.Chunks.Count > 0).Select(part => new RecordedConnection(part.Ident is "" ? null : part.Ident, part.Chunks) { Number = part.Connection, BeganUs = part.BeganUs })];
    }

    private sealed record Part(long Connection, string? Ident, long BeganUs)
    {
        public List<RecordedChunk> Chunks { get; } = [];

        public int NextIndex { get; set; }
    }
}
