using System.Globalization;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Storage;

namespace Gateway.Host.Mqtt;

/// <summary>Reads one channel's buffer at its tail and publishes what it finds, as long as somebody listens.</summary>
/// <remarks>
/// Who subscribed before a message was committed gets it: <see cref="Wake"/> fixes the cursor before the client learns that its subscription stands.
/// </remarks>
internal sealed partial class ChannelReader(Channel channel, MqttBroker broker, MessageOwner owner, ILogger logger)
{
    private const int PageCountMax = 256;
    private const int PageBytesMax = 256 * 1024;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly MessagePage _page = new();
    private readonly MessageFormatter _formatter = new(channel, owner);
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isRemoved;
    private bool _isAwake;
    private long _cursor;

    /// <summary>Ends after <see cref="Stop"/>, when the log is deleted (its waits end then), or when the gateway stops.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Starts the reader asleep.</summary>
    public void Start(CancellationToken stopping) => Completion = Task.Run(() => RunAsync(stopping), CancellationToken.None);

    /// <summary>Ends the reader: the channel is gone.</summary>
    public void Stop()
    {
        _isRemoved = true;
        Wake();
    }

    /// <summary>Somebody listens now: what is committed from here on must be published.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (_isAwake) return;
            _cursor = channel.Log.State.NextKey;
            _isAwake = true;
            _woken.TrySetResult();
        }
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && !_isRemoved)
        {
            try
            {
                await SleepUnlessWantedAsync(stopping).ConfigureAwait(false);
                if (!await channel.Log.WaitAsync(_cursor, stopping).ConfigureAwait(false)) return;
                if (broker.Subscriptions.Covers(channel.Id)) await PublishPageAsync(stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The log can't be read now (disk, or it was closed under us): others live on, this one tries again.
                LogFailure(logger, channel.Id, failure);
                await Task.Delay(PauseAfterFailure, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private Task SleepUnlessWantedAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isRemoved || (_isAwake && broker.Subscriptions.Covers(channel.Id))) return Task.CompletedTask;
            if (_isAwake) _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _isAwake = false;
            // A filter added since the look above wakes us after we leave the gate.
            return _woken.Task.WaitAsync(cancellationToken);
        }
    }

    private async Task PublishPageAsync(CancellationToken cancellationToken)
    {
        await channel.Log.ReadAsync(_cursor, PageCountMax, PageBytesMax, _page, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < _page.Count; i++)
        {
            if (!_formatter.TryFormat(_page, i, out string topic, out byte[] payload)) continue;
            await broker.PublishAsync(topic, new OwnedProperties(channel.Definition.Cid, channel.Id), payload, _page.ServerTimeUs(i), cancellationToken).ConfigureAwait(false);
        }
        _cursor = _page.NextKey;
    }

    [LoggerMessage(3201, LogLevel.Error, "Messages of channel {ChannelId} can't be published now.")]
    private static partial void LogFailure(ILogger logger, long channelId, Exception failure);
}
