using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Channels;

/// <summary>Reads one channel's buffer at its tail, as long as somebody listens, and offers what it finds to all sessions that are in step: read once, encoded once.</summary>
/// <remarks>
/// A task, not a thread. It never waits for a session: one that can't take a message notes its key and reads the log itself later, until it is in step again (<see cref="TryJoin"/>).
/// Who subscribed before a message was committed gets it: <see cref="Wake"/> fixes the place before the client learns that its subscription stands.
/// </remarks>
internal sealed class ChannelFeed(Channel channel, FeedServices services, Func<MessageOwner> ownerOf) : LogSource
{
    private const int PageCountMax = 256;
    private const int PageBytesMax = 256 * 1024;
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly DeliveryBatch _batch = new();
    private readonly MessageFormatter _formatter = new(channel, ownerOf());
    private readonly List<Task> _handingOver = [];
    private readonly HashSet<ShareGroup> _groups = [];
    private readonly ItemRight _right = new("gw/channels", "messages", channel.Id);
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isRemoved;
    private bool _isAwake;
    private long _next;
    private long _liveFrom;
    private Task _handedOver = Task.CompletedTask;

    /// <summary>The channel.</summary>
    internal Channel Channel => channel;

    /// <inheritdoc/>
    internal override IMessageLog Log => channel.Log;

    /// <inheritdoc/>
    internal override long ChannelId => channel.Id;

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
            return _next = channel.Log.State.NextKey;
        }
    }

    /// <summary>Begins at a place that groups had reached when the process ended; what was committed before this start is for them alone. Before <see cref="Start"/>.</summary>
    internal void ResumeFrom(long key)
    {
        _isAwake = true;
        _liveFrom = channel.Log.State.NextKey;
        _next = Math.Min(key, _liveFrom);
    }

    /// <inheritdoc/>
    /// <remarks>A page counts as offered before its first message is: who joins meanwhile, and is held to read on, can only be given what it would read again, and it passes over that.</remarks>
    internal override bool TryJoin(long from) => from >= Wake();

    /// <inheritdoc/>
    internal override LogReader OpenReader(Session session) => new ChannelLogReader(new MessageFormatter(channel, ownerOf()), session, services.Access, PublicationOf);

    private async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && !_isRemoved)
        {
            try
            {
                await SleepUnlessWantedAsync(stopping).ConfigureAwait(false);
                if (!await channel.Log.WaitAsync(_next, stopping).ConfigureAwait(false)) return;
                if (services.Interest.Covers(channel.Id)) await OfferPageAsync(stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // The log can't be read now (disk, or it was closed under us): others live on, this one tries again.
                MqttLog.FeedFault(services.Logger, channel.Id, failure);
                await Task.Delay(s_pauseAfterFailure, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private Task SleepUnlessWantedAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isRemoved || (_isAwake && services.Interest.Covers(channel.Id))) return Task.CompletedTask;
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
            await channel.Log.ReadAsync(_next, PageCountMax, PageBytesMax, page, cancellationToken).ConfigureAwait(false);
            lock (_gate) _next = page.NextKey;
            for (int i = 0; i < page.Count; i++) Offer(page, i);
            _batch.Complete();
            if (_handingOver.Count == 0) return;
            // One page may be on its way to the disk while the next is read.
            Task before = _handedOver;
            _handedOver = HandOverAsync([.. _handingOver], [.. _groups.Select(group => new GroupPlace(group.Cid, group.Filter, channel.Id, page.NextKey))]);
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
        string topic = _formatter.TopicOf(page, index);
        if (!services.Router.Match(topic, channel.Definition.Cid, _batch) || !_batch.Matches.Exists(Follows)) return;
        if (_formatter.PayloadOf(page, index) is not { } payload) return;
        Publication publication = PublicationOf(topic, payload, page.ServerTimeUs(index));
        services.Router.Choose(publication, _batch);
        services.Counters.CountPublished();
        bool isForGroupsAlone = page.Key(index) < _liveFrom;
        for (int i = 0; i < _batch.Count; i++)
        {
            Delivery delivery = _batch.DeliveryAt(i, publication);
            if (_batch.GroupAt(i) is { } group)
            {
                // A member that lasts has it on disk before the group's place moves on; it can't wait in the channel's log, since it is not clear from that whose it is.
                services.Router.Deliver(_batch.SessionAt(i), delivery, _batch, _handingOver);
                _groups.Add(group);
                continue;
            }
            if (isForGroupsAlone) continue;
            OfferOutcome outcome = _batch.SessionAt(i).OfferFromLog(this, page.Key(index), delivery, out ClientConnection? toWake);
            _batch.Wake(toWake);
            if (outcome is OfferOutcome.Full && services.CutsSlowClients) services.Router.Cut(_batch.SessionAt(i));
        }
    }

    /// <summary>Waits until members have their messages on disk, then notes how far the groups have come.</summary>
    private async Task HandOverAsync(Task[] handedOver, GroupPlace[] places)
    {
        try
        {
            await Task.WhenAll(handedOver).ConfigureAwait(false);
            await services.Store.PutGroupsAsync(places, isDurable: false).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            // The place stays: after the next start they are handed over again.
            MqttLog.FeedFault(services.Logger, channel.Id, failure);
        }
    }

    private bool Follows(Wish wish) => wish.Subscription is null || wish.Subscription.Session.Follows(this);

    private Publication PublicationOf(string topic, byte[] payload, long timeUs) =>
        new() { Topic = topic, Payload = payload, Cid = channel.Definition.Cid, TimeUs = timeUs, Right = _right };
}

/// <summary>What all feeds share.</summary>
internal sealed class FeedServices(Router router, ChannelInterest interest, SessionAccess access, SessionStore store, GatewayOptions options, MqttCounters counters, ILogger<ChannelFeed> logger)
{
    internal Router Router => router;

    internal ChannelInterest Interest => interest;

    internal SessionAccess Access => access;

    internal SessionStore Store => store;

    internal bool CutsSlowClients => options.MqttCutsSlowClients;

    internal MqttCounters Counters => counters;

    internal ILogger Logger => logger;
}
