using Gateway.Storage.Rings;

namespace Gateway.Host.Channels;

/// <summary>What a channel keeps beside its messages: the bytes of its devices as they came and went, and its events. Both on disk, the oldest giving way.</summary>
public sealed class ChannelRings
{
    /// <summary>Name of the folder in the data folder that holds the rings of all channels.</summary>
    public const string FolderName = "rings";

    /// <summary>Longest age of a record.</summary>
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(ChannelSettings.RingTtlSecondsMax);

    private ChannelRings(Ring traffic, Ring logs)
    {
        Traffic = traffic;
        Logs = logs;
    }

    /// <summary>Raw traffic, its types in <see cref="Listeners.TrafficType"/>.</summary>
    public Ring Traffic { get; }

    /// <summary>Events; a record's type is the event's code, its bytes are the event as JSON.</summary>
    public Ring Logs { get; }

    /// <summary>Opens the rings of a channel; what they hold from earlier stays within their new limits.</summary>
    internal static ChannelRings Open(RingStore store, long channelId, ChannelSettings settings) =>
        new(store.Open(RingKind.Traffic, channelId, settings.TrafficRing), store.Open(RingKind.Logs, channelId, settings.LogsRing));

    /// <summary>Opens the rings of a channel whose settings are not to be had: nothing of what they hold gives way.</summary>
    internal static ChannelRings OpenUnlimited(RingStore store, long channelId)
    {
        var unlimited = new RingOptions { QuotaBytes = RingOptions.QuotaBytesMax, AgeMax = AgeMax };
        return new(store.Open(RingKind.Traffic, channelId, unlimited), store.Open(RingKind.Logs, channelId, unlimited));
    }

    /// <summary>Takes over changed limits.</summary>
    internal void Configure(ChannelSettings settings)
    {
        Traffic.Configure(settings.TrafficRing);
        Logs.Configure(settings.LogsRing);
    }
}
