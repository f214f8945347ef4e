using Gateway.Codecs;
using Gateway.Storage;

namespace Gateway.Host.Channels;

/// <summary>An entry point for devices: one protocol, one port, one buffer of messages.</summary>
public sealed class Channel
{
    internal Channel(ChannelDefinition definition, Codec codec, IMessageLog log)
    {
        Definition = definition;
        Codec = codec;
        Log = log;
    }

    /// <summary>Number of the channel.</summary>
    public long Id => Definition.Id;

    /// <summary>What users decided; replaced as a whole when they change it.</summary>
    public ChannelDefinition Definition { get; internal set; }

    /// <summary>The protocol.</summary>
    public Codec Codec { get; }

    /// <summary>The buffer.</summary>
    public IMessageLog Log { get; }
}
