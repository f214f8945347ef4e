using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Listeners;
using Gateway.Storage;
using Gateway.Storage.Rings;

namespace Gateway.Host.Metrics;

/// <summary>The counters of channels as Prometheus samples. Reasons have the names of the enum members; those that never happened are left out.</summary>
internal static class ChannelMetrics
{
    /// <summary>Writes all counters of all channels.</summary>
    public static void Render(PrometheusText text, IReadOnlyList<Channel> channels)
    {
        Each("gateway_channel_connections", "gauge", "Devices connected now.", channel => channel.Connections.Count);
        Each("gateway_channel_blocked", "gauge", "0 takes data; 1 connection limit, 2 messages, 3 bytes per minute, 4 buffer full, 6 configuration.", channel => channel.Blocked);
        Each("gateway_channel_messages_total", "counter", "Messages stored.", channel => Volatile.Read(ref channel.Counters.Messages));
        Each("gateway_channel_dropped_messages_total", "counter", "Messages that gave way to newer ones because the buffer was full.", channel => channel.Log.State.DroppedCount);
        Each("gateway_channel_received_bytes_total", "counter", "Bytes from devices.", channel => Volatile.Read(ref channel.Counters.BytesReceived));
        Each("gateway_channel_sent_bytes_total", "counter", "Bytes to devices.", channel => Volatile.Read(ref channel.Counters.BytesSent));
        Each("gateway_channel_accepted_total", "counter", "Connections accepted, and UDP peers met.", channel => Volatile.Read(ref channel.Counters.Accepted));
        Each("gateway_channel_refused_total", "counter", "Connections refused by the connection limit.", channel => Volatile.Read(ref channel.Counters.Refused));
        Each("gateway_channel_devices_refused_total", "counter", "Connections and datagrams refused because their device is disabled.", channel => Volatile.Read(ref channel.Counters.DevicesRefused));
        Each("gateway_channel_checksum_errors_total", "counter", "Wrong checksums, accepted or not.", channel => Volatile.Read(ref channel.Counters.ChecksumErrors));
        Each("gateway_channel_dropped_values_total", "counter", "Values dropped because they were impossible.", channel => Volatile.Read(ref channel.Counters.DroppedValues));
        Each("gateway_channel_codec_faults_total", "counter", "Exceptions of a codec: faults of ours.", channel => Volatile.Read(ref channel.Counters.CodecFaults));
        Rings("gateway_channel_ring_bytes", "gauge", "Bytes on disk of raw traffic and logs.", state => state.Bytes);
        Rings("gateway_channel_ring_records_total", "counter", "Records of raw traffic and logs that were written.", state => state.Written);
        Rings("gateway_channel_ring_dropped_total", "counter", "Records of raw traffic and logs that were dropped because the disk was too slow or refused them.", state => state.Dropped + state.Lost);
        Reasons("gateway_channel_frames_total", "What framers said.", Enum.GetValues<FrameStatus>(), (channel, status) => channel.Counters.Of(status));
        Reasons("gateway_channel_decodes_total", "What decoders said.", Enum.GetValues<DecodeStatus>(), (channel, status) => channel.Counters.Of(status));
        Reasons("gateway_channel_appends_total", "What the buffer said.", Enum.GetValues<AppendStatus>(), (channel, status) => channel.Counters.Of(status));
        Reasons("gateway_channel_closes_total", "Why connections ended.", Enum.GetValues<CloseCode>(), (channel, code) => channel.Counters.Of(code));

        void Each(string name, string type, string help, Func<Channel, double> value)
        {
            foreach (Channel channel in channels) text.Sample(name, type, help, channel, value(channel));
        }

        void Rings(string name, string type, string help, Func<RingState, double> value)
        {
            foreach (Channel channel in channels)
            {
                text.Sample(name, type, help, channel, value(channel.Rings.Traffic.State), ",ring=\"traffic\"");
                text.Sample(name, type, help, channel, value(channel.Rings.Logs.State), ",ring=\"logs\"");
            }
        }

        void Reasons<T>(string name, string help, T[] reasons, Func<Channel, T, long> value) where T : struct, Enum
        {
            foreach (Channel channel in channels)
                foreach (T reason in reasons)
                    if (value(channel, reason) is var count and > 0) text.Sample(name, "counter", help, channel, count, $",reason=\"{reason}\"");
        }
    }
}
