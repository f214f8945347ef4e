using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
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
    private readonly ItemRight _right = new("gw/channels", "messages", channel.Id);
    private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isRemoved;
    private bool _isAwake;
    private long _next;

    /// <summary>The channel.</summary>
    internal Channel Channel => channel;

    /// <inheritdoc/>
    internal override IMessageLog Log => channel.Log;

    /// <inheritdoc/>
    internal override long ChannelId => channel.Id;

    /// <summary>Ends after <see cref="Stop"/>, when the log is deleted (its waits end then), or when the gateway stops.</summary>
    internal Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Starts the feed asleep.</summary>
    internal void Start(CancellationToken stopping) => Completion = Task.Run(() => RunAsync(stopping), CancellationToken.None);

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
        for (int i = 0; i < _batch.Count; i++)
        {
            ClientConnection? toWake;
            Delivery delivery = _batch.DeliveryAt(i, publication);
            if (_batch.GroupAt(i) is null) _batch.SessionAt(i).OfferFromLog(this, page.Key(index), delivery, out toWake);
            else if (_batch.SessionAt(i).Offer(delivery, out toWake) is OfferOutcome.Full) services.Counters.CountDropped();
            _batch.Wake(toWake);
        }
    }

    private bool Follows(Wish wish) => wish.Subscription is null || wish.Subscription.Session.Follows(this);

    private Publication PublicationOf(string topic, byte[] payload, long timeUs) =>
        new() { Topic = topic, Payload = payload, Cid = channel.Definition.Cid, TimeUs = timeUs, Right = _right };
}

/// <summary>What all feeds share.</summary>
internal sealed class FeedServices(Router router, ChannelInterest interest, SessionAccess access, MqttCounters counters, ILogger<ChannelFeed> logger)
{
    internal Router Router => router;

    internal ChannelInterest Interest => interest;

    internal SessionAccess Access => access;

    internal MqttCounters Counters => counters;

    internal ILogger Logger => logger;
}
