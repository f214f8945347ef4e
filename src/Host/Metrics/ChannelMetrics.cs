using Gateway.Host.Channels;

namespace Gateway.Host.Metrics;

/// <summary>The counters of channels as Prometheus samples.</summary>
internal static class ChannelMetrics
{
    /// <summary>Writes all counters of all channels.</summary>
    public static void Render(PrometheusText text, IReadOnlyList<Channel> channels)
    {
    }
}
