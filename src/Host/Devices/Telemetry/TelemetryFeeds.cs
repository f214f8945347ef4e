using System.Buffers;
using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Text;
using Gateway.Host.Channels;

namespace Gateway.Host.Devices.Telemetry;

/// <summary>Runs a <see cref="TelemetryFeed"/> for each channel, and keeps what the feeds found over a restart.</summary>
internal sealed partial class TelemetryFeeds(ChannelDirectory channels, DeviceDirectory devices, DeviceStore store, TimeProvider clock, ILogger<TelemetryFeeds> logger) : IHostedService, IDisposable
{
    /// <summary>Time between two writes of what changed.</summary>
    internal static readonly TimeSpan WriteInterval = TimeSpan.FromSeconds(10);

    private const byte FormatVersion = 1;

    private readonly ConcurrentDictionary<long, TelemetryFeed> _feeds = new();
    private readonly ConcurrentDictionary<long, long> _cids = new();
    private readonly ConcurrentQueue<long> _removed = new();
    private readonly CancellationTokenSource _stopping = new();
    private Dictionary<long, long> _storedCursors = [];
    private Task _writing = Task.CompletedTask;

    /// <summary>The key from which on the messages of a channel were not handed to devices yet.</summary>
    internal long CursorOf(long channelId) => _feeds.TryGetValue(channelId, out TelemetryFeed? feed) ? feed.Cursor : 0;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        _storedCursors = store.ReadCursors();
        int states = 0;
        store.ReadStates((id, state) =>
        {
            states++;
            if (!devices.TryFind(id, out Device? device)) _removed.Enqueue(id);
            else if (!TryRead(device, state)) LogDamaged(logger, id);
        });
        if (states > 0) LogRead(logger, states, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);

        channels.Added += Add;
        channels.Removed += Remove;
        channels.Changed += Change;
        devices.Changed += Change;
        devices.Removed += Remove;
        foreach (Channel channel in channels.All) Add(channel);
        Change(devices.All);
        _writing = Task.Run(WriteAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        channels.Added -= Add;
        channels.Removed -= Remove;
        channels.Changed -= Change;
        devices.Changed -= Change;
        devices.Removed -= Remove;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_feeds.Values.Select(feed => feed.Completion).Append(_writing)).WaitAsync(cancellationToken).ConfigureAwait(false);
        WriteChanges();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _stopping.Dispose();
        foreach (TelemetryFeed feed in _feeds.Values) feed.Dispose();
    }

    private void Add(Channel channel)
    {
        var feed = new TelemetryFeed(channel, devices, logger);
        _cids[channel.Id] = channel.Definition.Cid;
        if (!_feeds.TryAdd(channel.Id, feed))       // loaded channels can be announced and listed both
        {
            feed.Dispose();
            return;
        }
        feed.HistoryRead += EndHistory;
        feed.Start(_storedCursors.GetValueOrDefault(channel.Id), _stopping.Token);
    }

    private void Remove(Channel channel)
    {
        if (_feeds.TryRemove(channel.Id, out TelemetryFeed? feed)) feed.Stop();
        _storedCursors.Remove(channel.Id);
    }

    private void Change(Channel channel)
    {
        if (_cids.TryGetValue(channel.Id, out long before) && before != channel.Definition.Cid && _feeds.TryGetValue(channel.Id, out TelemetryFeed? feed)) feed.Restart();
        _cids[channel.Id] = channel.Definition.Cid;
    }

    /// <summary>Has what came before read for devices that were registered, or whose ident or account changed.</summary>
    private void Change(IReadOnlyList<Device> changed)
    {
        foreach (Device device in changed)
        {
            DeviceDefinition definition = device.Definition;
            if (!device.History.TryBegin(device.Ident, definition.ProtocolId, definition.Cid, out bool isAnother)) continue;
            if (isAnother) device.Tracks.Clear();
            TelemetryFeed[] feeds = [.. _feeds.Values.Where(feed => feed.Channel.Definition.ProtocolId == definition.ProtocolId)];
            int number = device.History.Await(feeds.Length);
            if (feeds.Length == 0) device.Telemetry.NoteUnwritten();
            foreach (TelemetryFeed feed in feeds) feed.AskHistory(device, number);
        }
        // Feeds of protocols that had no device sleep.
        foreach (TelemetryFeed feed in _feeds.Values) feed.Nudge();
    }

    private void Remove(IReadOnlyList<Device> removed)
    {
        foreach (Device device in removed) _removed.Enqueue(device.Id);
    }

    private static void EndHistory(Device device, int number)
    {
        // That it is known must be stored too, or the next start reads it again.
        if (device.History.EndOne(number)) device.Telemetry.NoteUnwritten();
    }

    private async Task WriteAsync()
    {
        using var timer = new PeriodicTimer(WriteInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false)) WriteChanges();
        }
        catch (OperationCanceledException)
        {
            // The last write follows when the feeds have ended.
        }
    }

    private void WriteChanges()
    {
        // Cursors first: what is read after them is in the states once more at worst.
        Dictionary<long, long> cursors = _feeds.ToDictionary(pair => pair.Key, pair => pair.Value.Cursor);
        var states = new List<(long, byte[])>();
        var written = new List<Device>();
        var buffer = new ArrayBufferWriter<byte>(4096);
        foreach (Device device in devices.Live)
        {
            if (!device.Telemetry.IsChanged) continue;
            buffer.ResetWrittenCount();
            if (!TryWrite(device, buffer)) continue;
            states.Add((device.Id, buffer.WrittenSpan.ToArray()));
            written.Add(device);
        }
        var removed = new List<long>();
        while (_removed.TryDequeue(out long id)) removed.Add(id);
        try
        {
            store.Write(states, removed, cursors);
        }
        catch (DbException failure)
        {
            // The disk is full or ill: what is in memory holds, and the next round tries again.
            LogWriteFailure(logger, failure);
            foreach (Device device in written) device.Telemetry.NoteUnwritten();
            foreach (long id in removed) _removed.Enqueue(id);
        }
    }

    // version 1 | length of the history's ident 1 | that ident | last activity 8 | tracks | telemetry
    private static bool TryWrite(Device device, ArrayBufferWriter<byte> output)
    {
        byte[] ident = Encoding.UTF8.GetBytes(device.History.Known);
        Span<byte> head = output.GetSpan(2 + ident.Length + 8);
        (head[0], head[1]) = (FormatVersion, (byte)ident.Length);
        ident.CopyTo(head[2..]);
        BitConverter.TryWriteBytes(head[(2 + ident.Length)..], device.HeardUs);
        output.Advance(2 + ident.Length + 8);
        device.Tracks.Write(output);
        return device.Telemetry.TryWriteChanges(output);
    }

    private static bool TryRead(Device device, ReadOnlySpan<byte> stored)
    {
        if (stored.Length < 10 || stored[0] != FormatVersion || stored.Length < 10 + stored[1]) return false;
        int identLength = stored[1];
        string known = Encoding.UTF8.GetString(stored.Slice(2, identLength));
        device.NoteActive(BitConverter.ToInt64(stored[(2 + identLength)..]));
        stored = stored[(10 + identLength)..];
        int tracks = device.Tracks.Read(stored);
        if (tracks == 0) return false;
        device.History.Restore(known);
        return device.Telemetry.TryRead(stored[tracks..]);
    }

    [LoggerMessage(3402, LogLevel.Information, "Telemetry of {Devices} devices read in {Milliseconds} ms.")]
    private static partial void LogRead(ILogger logger, int devices, long milliseconds);

    [LoggerMessage(3403, LogLevel.Warning, "The stored telemetry of device {DeviceId} is damaged; it begins anew.")]
    private static partial void LogDamaged(ILogger logger, long deviceId);

    [LoggerMessage(3404, LogLevel.Warning, "Telemetry can't be stored now.")]
    private static partial void LogWriteFailure(ILogger logger, Exception failure);
}
