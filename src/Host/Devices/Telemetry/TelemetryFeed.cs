using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Storage;

namespace Gateway.Host.Devices.Telemetry;

/// <summary>Reads one channel's buffer behind its commits, and hands each message to its device: telemetry, tracks, last activity.</summary>
/// <remarks>
/// A task with a cursor of its own, so that no commit waits for it; asleep while no device of the protocol is registered, and while there is no message. For devices that are registered
/// later it goes once more through what it has read already, page by page beside what comes. Reading a message twice changes nothing.
/// </remarks>
internal sealed partial class TelemetryFeed(Channel channel, DeviceDirectory devices, ILogger logger) : IDisposable
{
    private const int PageMessages = 1_000;
    private const int PageBytes = 512 * 1024;

    // Pages after which others have their turn: a buffer on the local disk is read without ever waiting.
    private const int PagesPerTurn = 8;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Dictionary<Device, int> _asked = [];
    private CancellationTokenSource _nudge = new();
    private Dictionary<Device, int>? _history;
    private long _historyCursor;
    private long _historyEnd;
    private int _pages;
    private long _cursor;
    private volatile bool _isRemoved;

    // Idents come in runs: the same device sends batches.
    private byte[] _lastIdent = [];
    private int _lastIdentLength = -1;
    private long _lastVersion;
    private Device? _lastDevice;

    /// <summary>The channel.</summary>
    internal Channel Channel => channel;

    /// <summary>The key of the first message that was not read yet.</summary>
    internal long Cursor => Volatile.Read(ref _cursor);

    /// <summary>Ends after <see cref="Stop"/>, when the log is deleted, or when the gateway stops.</summary>
    internal Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>All messages that were there when history was asked for have been read for a device; with the number that was given then.</summary>
    internal event Action<Device, int>? HistoryRead;

    /// <summary>Starts reading.</summary>
    /// <param name="cursor">Where reading ended before a restart; 0 to read from the oldest message on.</param>
    /// <param name="stopping">Ends it.</param>
    internal void Start(long cursor, CancellationToken stopping)
    {
        _cursor = cursor > channel.Log.State.NextKey ? 0 : cursor;      // another buffer than the one that was read
        lock (_gate)
        {
            _nudge.Dispose();
            _nudge = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        }
        Completion = Task.Run(() => RunAsync(stopping), CancellationToken.None);
    }

    /// <summary>Ends the feed: the channel is gone.</summary>
    internal void Stop()
    {
        _isRemoved = true;
        Nudge();
    }

    /// <summary>Reads for a device what was read before it was registered. <see cref="HistoryRead"/> follows, in any case.</summary>
    internal void AskHistory(Device device, int number)
    {
        lock (_gate) _asked[device] = number;
        Nudge();
    }

    /// <summary>Reads everything again: the channel's account has changed, and with it whose messages are.</summary>
    internal void Restart()
    {
        Volatile.Write(ref _cursor, 0);
        Nudge();
    }

    /// <summary>Makes the feed look whether there is something else to do than to wait for messages.</summary>
    internal void Nudge()
    {
        lock (_gate) _nudge.Cancel();
    }

    /// <inheritdoc />
    public void Dispose() => _nudge.Dispose();

    private async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && !_isRemoved)
        {
            CancellationToken nudged = TakeNudge(stopping);
            try
            {
                TakeHistory();
                if (_history is not null)
                {
                    if (channel.Log.State.NextKey > _cursor) await ReadAsync(stopping).ConfigureAwait(false);
                    await ReadHistoryAsync(stopping).ConfigureAwait(false);
                    if (++_pages % PagesPerTurn == 0) await Task.Yield();
                    continue;
                }
                if (!devices.Index.Covers(channel.Definition.ProtocolId)) await Task.Delay(Timeout.Infinite, nudged).ConfigureAwait(false);
                if (!await channel.Log.WaitAsync(_cursor, nudged).ConfigureAwait(false)) break;
                // A burst is read without a new wait and its objects for each page.
                do
                {
                    await ReadAsync(stopping).ConfigureAwait(false);
                    if (++_pages % PagesPerTurn == 0) await Task.Yield();
                }
                while (channel.Log.State.NextKey > _cursor && !nudged.IsCancellationRequested);
            }
            catch (OperationCanceledException) when (nudged.IsCancellationRequested)
            {
                // Something else is to be done, or nothing more.
            }
            catch (Exception failure)
            {
                // The log can't be read now: others live on, this one tries again.
                LogFailure(logger, channel.Id, failure);
                await Task.Delay(PauseAfterFailure, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        EndHistory();
    }

    /// <summary>Cancelled when there is something else to do than to wait, or when the gateway stops.</summary>
    private CancellationToken TakeNudge(CancellationToken stopping)
    {
        lock (_gate)
        {
            if (_nudge.IsCancellationRequested)
            {
                _nudge.Dispose();
                _nudge = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            }
            return _nudge.Token;
        }
    }

    /// <summary>Begins to read history when some was asked for and none is being read.</summary>
    private void TakeHistory()
    {
        lock (_gate)
        {
            if (_history is not null || _asked.Count == 0) return;
            (_history, _asked) = (_asked, []);
        }
        (_historyCursor, _historyEnd) = (0, _cursor);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        long from = _cursor;
        MessagePage page = MessagePages.Rent();
        await channel.Log.ReadAsync(from, PageMessages, PageBytes, page, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < page.Count; i++) Hand(page, i, only: null);
        // Unless the feed was restarted meanwhile.
        Interlocked.CompareExchange(ref _cursor, page.NextKey, from);
        MessagePages.Return(page);
    }

    private async Task ReadHistoryAsync(CancellationToken cancellationToken)
    {
        MessagePage page = MessagePages.Rent();
        await channel.Log.ReadAsync(_historyCursor, PageMessages, PageBytes, page, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < page.Count && page.Key(i) < _historyEnd; i++) Hand(page, i, only: _history);
        bool isDone = page.Count == 0 || page.NextKey >= _historyEnd;
        _historyCursor = page.NextKey;
        MessagePages.Return(page);
        if (isDone) EndHistory();
    }

    private void EndHistory()
    {
        Dictionary<Device, int>? done = _history;
        _history = null;
        foreach ((Device device, int number) in done ?? []) HistoryRead?.Invoke(device, number);
        if (!_isRemoved) return;
        Dictionary<Device, int> rest;
        lock (_gate) (rest, _asked) = (_asked, []);
        foreach ((Device device, int number) in rest) HistoryRead?.Invoke(device, number);
    }

    private void Hand(MessagePage page, int index, Dictionary<Device, int>? only)
    {
        ReadOnlySpan<byte> payload = page.Payload(index);
        if (!MessageReader.TryGetOrigin(payload, out ReadOnlySpan<byte> ident, out long timeUs)) return;
        Device? device = DeviceOf(ident);
        if (device is null || only?.ContainsKey(device) is false) return;
        long serverTimeUs = page.ServerTimeUs(index);
        device.Telemetry.Apply(payload, timeUs, new Origin(channel.Id, channel.Definition.ProtocolId, serverTimeUs));
        device.Tracks.Note(channel.Id, page.Key(index), timeUs == 0 ? 0 : timeUs - serverTimeUs);
        device.NoteActive(serverTimeUs);
    }

    private Device? DeviceOf(ReadOnlySpan<byte> ident)
    {
        long version = devices.Version;
        if (_lastIdentLength >= 0 && version == _lastVersion && ident.SequenceEqual(_lastIdent.AsSpan(0, _lastIdentLength))) return _lastDevice;
        if (_lastIdent.Length < ident.Length) _lastIdent = new byte[Math.Max(ident.Length, Session.IdentBytesMax)];
        ident.CopyTo(_lastIdent);
        (_lastIdentLength, _lastVersion) = (ident.Length, version);
        return _lastDevice = devices.Index.Find(channel.Definition.ProtocolId, channel.Definition.Cid, ident);
    }

    [LoggerMessage(3401, LogLevel.Error, "Messages of channel {ChannelId} can't be handed to their devices now.")]
    private static partial void LogFailure(ILogger logger, long channelId, Exception failure);
}
