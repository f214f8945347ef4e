using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>Reads one channel's buffer at its tail, as long as somebody listens, and offers what it finds to all sessions that are in step: read once, encoded once.</summary>
/// <remarks>
/// A task, not a thread. It never waits for a session: one that can't take a message notes its key and reads the log itself later, until it is in step again (<see cref="FeedView.TryJoin"/>).
/// Who subscribed before a message was committed gets it: <see cref="Wake"/> fixes the place before the client learns that its subscription stands.
/// </remarks>
internal sealed class ChannelFeed
{
    private const int PageCountMax = 256;
    private const int PageBytesMax = 256 * 1024;
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly DeliveryBatch _batch = new();
    private readonly List<Task> _handingOver = [];
    private readonly HashSet<ShareGroup> _groups = [];
    private readonly FeedServices _services;
    private readonly Func<MessageOwner> _ownerOf;
    private readonly MessageFormatter _formatter;
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isRemoved;
    private bool _isAwake;
    private long _next;
    private long _liveFrom;
    private Task _handedOver = Task.CompletedTask;

    /// <summary>A feed that sleeps until <see cref="Start"/>.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="services">What all feeds share.</param>
    /// <param name="ownerOf">Makes what says whose messages are, for each reader its own.</param>
    internal ChannelFeed(Channel channel, FeedServices services, Func<MessageOwner> ownerOf)
    {
        Channel = channel;
        _services = services;
        _ownerOf = ownerOf;
        _formatter = new MessageFormatter(channel, ownerOf(), services.Clock);
        OfChannel = new FeedView(this, MessageView.Channel);
        OfDevices = new FeedView(this, MessageView.Device);
        // Whoever stores places can come between the two: where that of the channel is, that of the devices is too.
        Views = [OfDevices, OfChannel];
    }

    /// <summary>The channel.</summary>
    internal Channel Channel { get; }

    /// <summary>Its messages at the channel's topic.</summary>
    internal FeedView OfChannel { get; }

    /// <summary>Its messages at the topics of their devices.</summary>
    internal FeedView OfDevices { get; }

    /// <summary>Both.</summary>
    internal IReadOnlyList<FeedView> Views { get; }

    /// <summary>Ends after <see cref="Stop"/>, when the log is deleted (its waits end then), or when the gateway stops.</summary>
    internal Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Starts the feed asleep.</summary>
    internal void Start(CancellationToken stopping) => Completion = Task.Run(
        async () =>
        {
            await RunAsync(stopping).ConfigureAwait(false);
            await _handedOver.ConfigureAwait(false);
        },
        CancellationToken.None);

    /// <summary>Ends the feed: the channel is gone.</summary>
    internal void Stop()
    {
        _isRemoved = true;
        Wake();
    }

    /// <summary>Somebody listens now: what is committed from here on is offered.</summary>
    /// <returns>Key from which on messages are offered.</returns>
    internal long Wake()
    {
        lock (_gate)
        {
            if (_isAwake) return _next;
            _isAwake = true;
            _woken.TrySetResult();
            return _next = Channel.Log.State.NextKey;
        }
    }

    /// <summary>Begins at a place that groups had reached when the process ended; what was committed before this start is for them alone. Before <see cref="Start"/>.</summary>
    internal void ResumeFrom(long key)
    {
        _isAwake = true;
        _liveFrom = Channel.Log.State.NextKey;
        _next = Math.Min(key, _liveFrom);
    }

    /// <summary>Makes a reader for a session.</summary>
    internal LogReader OpenReader(MessageView view, Session session) => new ChannelLogReader(new MessageFormatter(Channel, _ownerOf(), _services.Clock), view, session, _services.Access);

    private async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && !_isRemoved)
        {
            try
            {
                await SleepUnlessWantedAsync(stopping).ConfigureAwait(false);
                if (!await Channel.Log.WaitAsync(_next, stopping).ConfigureAwait(false)) return;
                if (_services.Interest.Covers(Channel)) await OfferPageAsync(stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The log can't be read now (disk, or it was closed under us): others live on, this one tries again.
                MqttLog.FeedFault(_services.Logger, Channel.Id, failure);
                await Task.Delay(s_pauseAfterFailure, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private Task SleepUnlessWantedAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isRemoved || (_isAwake && _services.Interest.Covers(Channel))) return Task.CompletedTask;
            if (_isAwake) _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _isAwake = false;
            // A filter added since the look above wakes us after we leave the gate.
            return _woken.Task.WaitAsync(cancellationToken);
        }
    }

    private async Task OfferPageAsync(CancellationToken cancellationToken)
    {
        MessagePage page = MessagePages.Rent();
        try
        {
            await Channel.Log.ReadAsync(_next, PageCountMax, PageBytesMax, page, cancellationToken).ConfigureAwait(false);
            lock (_gate) _next = page.NextKey;
            for (int i = 0; i < page.Count; i++) Offer(page, i);
            _batch.Complete();
            if (_handingOver.Count == 0) return;
            // One page may be on its way to the disk while the next is read.
            Task before = _handedOver;
            _handedOver = HandOverAsync(before, [.. _handingOver], [.. _groups.Select(group => new GroupPlace(group.Cid, group.Filter, Channel.Id, page.NextKey))]);
            _handingOver.Clear();
            _groups.Clear();
            await before.ConfigureAwait(false);
        }
        finally
        {
            MessagePages.Return(page);
        }
    }

    private void Offer(MessagePage page, int index)
    {
        Offer(OfChannel, page, index);
        if (_services.Interest.HasDevices) Offer(OfDevices, page, index);
    }

    private void Offer(FeedView view, MessagePage page, int index)
    {
        if (_formatter.TopicOf(view.View, page, index) is not { } topic) return;
        if (!_services.Router.Match(topic.Text, topic.Cid, _batch) || !_batch.Matches.Exists(view.Follows)) return;
        if (_formatter.PublicationOf(view.View, topic, page, index) is not { } publication) return;
        _services.Router.Choose(publication, _batch);
        _services.Counters.CountPublished();
        bool isForGroupsAlone = page.Key(index) < _liveFrom;
        for (int i = 0; i < _batch.Count; i++)
        {
            Delivery delivery = _batch.DeliveryAt(i, publication);
            if (_batch.GroupAt(i) is { } group)
            {
                // A member that lasts has it on disk before the group's place moves on; it can't wait in the channel's log, since it is not clear from that whose it is.
                _services.Router.Deliver(_batch.SessionAt(i), delivery, _batch, _handingOver);
                _groups.Add(group);
                continue;
            }
            if (isForGroupsAlone) continue;
            OfferOutcome outcome = _batch.SessionAt(i).OfferFromLog(view, page.Key(index), delivery, out ClientConnection? toWake);
            _batch.Wake(toWake);
            if (outcome is OfferOutcome.Full && _services.CutsSlowClients) _services.Router.Cut(_batch.SessionAt(i));
        }
    }

    /// <summary>Waits until members have their messages on disk, then notes how far the groups have come.</summary>
    private async Task HandOverAsync(Task before, Task[] handedOver, GroupPlace[] places)
    {
        try
        {
            await Task.WhenAll(handedOver).ConfigureAwait(false);
            // Two pages can be on disk in the same moment: the place must not go back.
            await before.ConfigureAwait(false);
            await _services.Store.PutGroupsAsync(places, isDurable: false).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            // The place stays: after the next start they are handed over again.
            MqttLog.FeedFault(_services.Logger, Channel.Id, failure);
        }
    }
}
