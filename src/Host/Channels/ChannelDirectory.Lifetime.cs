using System.Diagnostics;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Configuration;
using Gateway.Host.Listeners;
using Gateway.Storage;

namespace Gateway.Host.Channels;

// How the gateway starts and stops its channels.
public sealed partial class ChannelDirectory
{
    /// <summary>Share of the time for a stop that connections get to finish what they have in hand.</summary>
    private const double DrainShare = 0.6;

    /// <summary>Opens the channels that were defined before. One that can't be opened is shown blocked, with its port closed; the others live.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (ConfigurationItem item in await _definitions.ListAsync(Kind, cancellationToken).ConfigureAwait(false))
            {
                Channel channel = await LoadAsync(item, cancellationToken).ConfigureAwait(false);
                _channels[channel.Id] = channel;
                if (channel.Definition.Enabled && channel.Fault is null) Listen(channel);
                Added?.Invoke(channel);
            }
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Stops the gateway's channels: stop accepting → drain → commit → close. Every message that a device saw acknowledged is on disk afterwards.</summary>
    internal async Task StopAsync()
    {
        long started = Stopwatch.GetTimestamp();
        await _changes.WaitAsync().ConfigureAwait(false);       // a change under way ends first; later ones are refused
        _stopped = true;
        _changes.Release();
        Channel[] channels = [.. _channels.Values];
        int connections = channels.Sum(channel => channel.Connections.Count);

        // Stop accepting: new devices are refused by the system.
        await Task.WhenAll(channels.Select(channel => channel.Listener?.DisposeAsync().AsTask() ?? Task.CompletedTask)).ConfigureAwait(false);

        // Drain: each connection stores and answers what it has decoded, then ends. Who waits for a full buffer drops its batch without a reply.
        foreach (Channel channel in channels) channel.Connections.CloseAll(CloseCode.ServerRestart);
        Task drained = Task.WhenAll(channels.Select(channel => channel.Connections.WhenEmptyAsync()));
        await Task.WhenAny(drained, Task.Delay(_options.StopTimeout * DrainShare)).ConfigureAwait(false);

        // Commit and close: the logs first, for what was appended but not asked about; then the definitions.
        await _messages.DisposeAsync().ConfigureAwait(false);
        await _rings.DisposeAsync().ConfigureAwait(false);
        await _definitions.DisposeAsync().ConfigureAwait(false);
        ListenerLog.Stopped(_logger, connections, (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>Tries again to open a port that could not be opened.</summary>
    internal async Task RetryListenAsync(Channel channel, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_stopped && channel.ListenProblem is not null && channel.Listener is null && channel.Definition.Enabled && _channels.ContainsKey(channel.Id)) Listen(channel);
        }
        finally
        {
            _changes.Release();
        }
    }

    private async Task<Channel> LoadAsync(ConfigurationItem item, CancellationToken cancellationToken)
    {
        ChannelDefinition definition;
        try
        {
            definition = ChannelDefinition.FromJson(item.Id, item.Json);
        }
        catch (JsonException exception)
        {
            definition = new ChannelDefinition { Id = item.Id, Enabled = false, ProtocolId = 0, Port = 0 };
            return Closed(item, definition, new AbsentCodec(definition.ProtocolId), exception.Message);
        }

        if (_protocols.Find(definition.ProtocolId) is not { } codec)
            return Closed(item, definition, new AbsentCodec(definition.ProtocolId), _catalog.FaultOf(definition.ProtocolId) ?? $"There is no protocol {definition.ProtocolId}.");
        if (SettingsOf(definition.ConfigurationJson, codec.Info, definition.Cid, out string problem) is not { } settings)
            return Closed(item, definition, codec, problem);
        try
        {
            IMessageLog log = await _messages.OpenAsync(item.Id, settings.ToLogOptions(definition.MessagesTtlSeconds), cancellationToken).ConfigureAwait(false);
            return new Channel(definition, settings, codec, log, ChannelRings.Open(_rings, item.Id, settings), _clock) { Revision = item.Revision };
        }
        catch (DamagedLogException exception)
        {
            return Closed(item, definition, codec, exception.Message);
        }
    }

    /// <summary>A channel that can't be opened: users see it and why, and may mend or remove it. Its buffer is not opened, so nothing in it expires or changes.</summary>
    private Channel Closed(ConfigurationItem item, ChannelDefinition definition, Codec codec, string fault)
    {
        ListenerLog.ChannelStaysClosed(_logger, item.Id, fault);
        ChannelSettings defaults = ChannelSettings.TryParse("{}", codec.Info, _options, out _)!;
        Channel channel = new(definition, defaults, codec, new ClosedLog(item.Id), ChannelRings.OpenUnlimited(_rings, item.Id), _clock) { Revision = item.Revision, Fault = fault };
        channel.Events.Add(new ChannelEvent(channel.NowUs, ChannelEventCode.ConfigurationInvalid) { Text = fault });
        return channel;
    }

    /// <summary>Takes up a channel anew whose changed definition may have mended it; the changes are held.</summary>
    /// <param name="closed">The channel that could not be opened.</param>
    /// <param name="definition">Its definition now, stored already.</param>
    /// <param name="revision">The revision of the stored definition.</param>
    /// <param name="sockets">Its port when it is enabled and free; belongs to the new channel afterwards when that could be opened.</param>
    private async Task<Channel> ReopenAsync(Channel closed, ChannelDefinition definition, long revision, ChannelSockets? sockets)
    {
        Channel channel = await LoadAsync(new ConfigurationItem(Kind, definition.Id, definition.ToJson(), revision), CancellationToken.None).ConfigureAwait(false);
        if (channel.Fault is null && sockets is not null) channel.Listener = ChannelListener.Start(channel, sockets, _listeners);
        _channels[channel.Id] = channel;
        Removed?.Invoke(closed);
        Added?.Invoke(channel);
        return channel;
    }

    private void Listen(Channel channel)
    {
        ProtocolInfo protocol = channel.Codec.Info;
        ChannelSockets? sockets = ChannelSockets.TryBind(_options.BindAddress, channel.Definition.Port, protocol.Tcp, protocol.Udp, out string problem);
        if (sockets is not null)
        {
            channel.Listener = ChannelListener.Start(channel, sockets, _listeners);
            channel.ListenProblem = null;
            return;
        }
        if (channel.ListenProblem != problem)
        {
            ListenerLog.CannotListen(_logger, channel.Id, channel.Definition.Port, problem);
            channel.Events.Add(new ChannelEvent(channel.NowUs, ChannelEventCode.ConfigurationInvalid) { Text = problem });
        }
        channel.ListenProblem = problem;
    }
}
