using System.Collections.Concurrent;
using Gateway.Host.Channels;
using Gateway.Host.Devices;

namespace Gateway.Host.Mqtt;

/// <summary>Publishes every committed message of every channel at <c>flespi/message/gw/channels/{id}/{ident}</c> while somebody listens.</summary>
/// <remarks>
/// One <see cref="ChannelReader"/> per channel with a cursor of its own: a task, not a thread, that sleeps until somebody subscribes and then until there is a message.
/// </remarks>
internal sealed class MessagePublisher : IHostedService, IAsyncDisposable
{
    private readonly ChannelDirectory _channels;
    private readonly MqttBroker _broker;
    private readonly DeviceDirectory _devices;
    private readonly ILogger<MessagePublisher> _logger;
    private readonly ConcurrentDictionary<long, ChannelReader> _readers = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Makes a publisher; <see cref="StartAsync"/> starts it.</summary>
    public MessagePublisher(ChannelDirectory channels, MqttBroker broker, DeviceDirectory devices, ILogger<MessagePublisher> logger)
    {
        _channels = channels;
        _broker = broker;
        _devices = devices;
        _logger = logger;
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _broker.MessagesWanted += WakeAll;
        _channels.Added += Add;
        _channels.Removed += Remove;
        foreach (Channel channel in _channels.All) Add(channel);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _broker.MessagesWanted -= WakeAll;
        _channels.Added -= Add;
        _channels.Removed -= Remove;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_readers.Values.Select(reader => reader.Completion)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _stopping.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Add(Channel channel)
    {
        // Loaded channels can be announced and listed both.
        ChannelReader reader = new(channel, _broker, _devices.OwnerOf(channel), _logger);
        if (_readers.TryAdd(channel.Id, reader)) reader.Start(_stopping.Token);
        if (_broker.Subscriptions.Covers(channel.Id)) reader.Wake();
    }

    private void Remove(Channel channel)
    {
        if (_readers.TryRemove(channel.Id, out ChannelReader? reader)) reader.Stop();
    }

    private void WakeAll()
    {
        foreach ((long id, ChannelReader reader) in _readers)
            if (_broker.Subscriptions.Covers(id)) reader.Wake();
    }
}
