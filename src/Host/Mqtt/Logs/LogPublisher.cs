using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Channel = Gateway.Host.Channels.Channel;

namespace Gateway.Host.Mqtt.Logs;

/// <summary>Publishes what happens to channels, devices, MQTT sessions and items of accounts below <c>flespi/log/</c>, as REST shows it in their logs.</summary>
/// <remarks>Who tells of an event does not wait: it goes through a bounded queue, and beyond that it is left out and counted; the log that REST reads has it. Without a listener nothing is written.</remarks>
internal sealed class LogPublisher(
    ChannelDirectory channels, DeviceEvents devices, AccountJournal journal, SessionJournal sessions, IMqttPublisher publisher, AccountFilters filters, MqttCounters counters, ILogger<LogPublisher> logger) : BackgroundService
{
    // Events that may wait to be published.
    private const int WaitingMax = 10_000;

    private readonly Channel<Publication> _waiting = System.Threading.Channels.Channel.CreateBounded<Publication>(new BoundedChannelOptions(WaitingMax) { SingleReader = true });
    private readonly ConcurrentDictionary<Channel, Action<ChannelEvent>> _followed = new();

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        channels.Added += Follow;
        channels.Removed += Leave;
        foreach (Channel channel in channels.All) Follow(channel);
        devices.Happened += Tell;
        journal.Happened += Tell;
        sessions.Happened += Tell;
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        channels.Added -= Follow;
        channels.Removed -= Leave;
        devices.Happened -= Tell;
        journal.Happened -= Tell;
        sessions.Happened -= Tell;
        _waiting.Writer.TryComplete();
        // What waits is published first.
        if (ExecuteTask is { } publishing) await publishing.WaitAsync(cancellationToken).ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (Publication publication in _waiting.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            try
            {
                await publisher.PublishAsync(publication).ConfigureAwait(false);
            }
            catch (IOException failure)
            {
                MqttLog.StoreFault(logger, failure);
            }
        }
    }

    private void Follow(Channel channel)
    {
        Action<ChannelEvent> tell = happened => Tell(channel, happened);
        if (_followed.TryAdd(channel, tell)) channel.Events.Happened += tell;
    }

    private void Leave(Channel channel)
    {
        if (_followed.TryRemove(channel, out Action<ChannelEvent>? tell)) channel.Events.Happened -= tell;
    }

    private void Tell(Channel channel, ChannelEvent happened)
    {
        string topic = LogTopics.OfChannel(channel.Id);
        long cid = channel.Definition.Cid;
        if (!filters.Reaches(topic, cid)) return;
        Enqueue($"{topic}/{LogTopics.Of(happened)}", EventJson.Write(channel.Id, happened), cid, happened.TimeUs, new ItemRight("gw/channels", "logs", channel.Id));
    }

    private void Tell(Device device, DeviceEvent happened)
    {
        string topic = LogTopics.OfDevice(device.Id);
        long cid = device.Definition.Cid;
        if (!filters.Reaches(topic, cid)) return;
        Enqueue($"{topic}/{LogTopics.Of(happened)}", Encoding.UTF8.GetBytes(DeviceEventJson.Of(device.Id, happened)), cid, happened.TimeUs, new ItemRight("gw/devices", "logs", device.Id));
    }

    private void Tell(AccountEvent happened)
    {
        string topic = LogTopics.OfAccounts(happened.Kind, happened.Id);
        if (!filters.Reaches(topic, happened.Cid)) return;
        Enqueue($"{topic}/{LogTopics.Of(happened.Code)}", happened.Json.Span, happened.Cid, happened.TimeUs, new ItemRight(LogTopics.CollectionOf(happened.Kind), "logs", happened.Id));
    }

    private void Tell(SessionNote happened)
    {
        string topic = LogTopics.OfSession(happened.SessionId);
        if (!filters.Reaches(topic, happened.Cid)) return;
        Enqueue($"{topic}/{LogTopics.Of(happened.Code)}", happened.Json, happened.Cid, happened.TimeUs, new ItemRight("mqtt/sessions", "logs", happened.SessionId));
    }

    private void Enqueue(string topic, ReadOnlySpan<byte> kept, long cid, long timeUs, ItemRight right)
    {
        if (!_waiting.Writer.TryWrite(new Publication { Topic = topic, Payload = LogTopics.PayloadOf(kept, timeUs), Cid = cid, TimeUs = timeUs, Right = right })) counters.CountDropped();
    }
}
