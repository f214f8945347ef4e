using Gateway.Codecs;
using Gateway.Host.Listeners;

namespace Gateway.Host.Channels;

// How a protocol is replaced while its channels run.
public sealed partial class ChannelDirectory
{
    /// <summary>Gives a protocol another codec: registers it, switches the channels that run, and takes up those that were closed for want of it. No connection is dropped.</summary>
    /// <param name="codec">Has the number of the protocol.</param>
    /// <param name="register">Makes the codec known; called when nothing speaks against it.</param>
    /// <param name="cancellationToken">Ends the wait for changes under way; once switching has begun it is finished.</param>
    /// <returns>The channels that have the codec now, or why nothing was changed.</returns>
    internal async ValueTask<CodecSwitch> SwitchAsync(Codec codec, Action register, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_stopped) return CodecSwitch.Refused("The gateway is stopping.");
            Channel[] channels = [.. All.Where(channel => channel.Definition.ProtocolId == codec.Info.Id)];
            List<(Channel Channel, ChannelSettings Settings)> running = [];
            foreach (Channel channel in channels.Where(channel => channel.Fault is null))
            {
                if (SettingsOf(channel.Definition.ConfigurationJson, codec.Info, channel.Definition.Cid, out string problem) is not { } settings)
                    return CodecSwitch.Refused($"Channel {channel.Id} does not go with the new spec: {problem}");
                running.Add((channel, settings));
            }

            register();
            foreach ((Channel channel, ChannelSettings settings) in running) await SwitchAsync(channel, codec, settings).ConfigureAwait(false);
            foreach (Channel closed in channels.Where(channel => channel.Fault is not null))
            {
                Channel channel = await ReopenAsync(closed, closed.Definition, closed.Revision, sockets: null).ConfigureAwait(false);
                if (channel.Definition.Enabled && channel.Fault is null) Listen(channel);
            }
            return new CodecSwitch([.. channels.Select(channel => channel.Id)], null);
        }
        finally
        {
            _changes.Release();
        }
    }

    private async ValueTask SwitchAsync(Channel channel, Codec codec, ChannelSettings settings)
    {
        ProtocolInfo before = channel.Codec.Info;
        channel.Settings = settings;
        channel.Codec = codec;
        channel.Events.Add(new ChannelEvent(channel.NowUs, ChannelEventCode.Updated) { Text = $"{codec.Info.SpecFile} was reloaded." });
        Changed?.Invoke(channel);
        if ((before.Tcp, before.Udp) == (codec.Info.Tcp, codec.Info.Udp) || channel.Listener is not { } former) return;

        // Another set of transports needs another set of sockets; connections live on meanwhile.
        channel.Listener = null;
        await former.DisposeAsync().ConfigureAwait(false);
        Listen(channel);
    }
}

/// <summary>What became of the switch to another codec.</summary>
/// <param name="ChannelIds">Channels of the protocol.</param>
/// <param name="Problem">Why nothing was changed; null when it was.</param>
internal readonly record struct CodecSwitch(IReadOnlyList<long> ChannelIds, string? Problem)
{
    /// <summary>Nothing was changed.</summary>
    public static CodecSwitch Refused(string problem) => new([], problem);
}
