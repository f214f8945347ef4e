using Gateway.Storage;

namespace Gateway.Perf.Storage;

/// <summary>Packets of messages of one size.</summary>
internal static class Messages
{
    /// <summary>A quota that no run reaches.</summary>
    public static LogOptions Unlimited { get; } = new() { QuotaBytes = 1L << 40, AgeMax = TimeSpan.FromDays(30) };

    /// <summary>A packet of so many messages of random bytes.</summary>
    public static Packet Pack(int count, int bytes)
    {
        byte[] payloads = new byte[count * bytes];
        Random.Shared.NextBytes(payloads);
        var packet = new Packet { ServerTimeUs = NowUs };
        packet.Use(payloads, [.. Enumerable.Range(1, count).Select(i => i * bytes)], count);
        return packet;
    }

    /// <summary>The time, µs since 1970.</summary>
    public static long NowUs => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Appends; anything but success ends the run.</summary>
    public static async ValueTask AppendAsync(IMessageLog log, Packet packet)
    {
        packet.ServerTimeUs = NowUs;
        AppendResult result = await log.AppendAsync(packet, CancellationToken.None).ConfigureAwait(false);
        if (result.Status != AppendStatus.Appended) throw new InvalidOperationException($"An append was {result.Status}.");
    }

    /// <summary>Opens channels 1 to n.</summary>
    public static async Task<IMessageLog[]> OpenAsync(MessageStore store, int channels) => await Task.WhenAll(
        Enumerable.Range(1, channels).Select(async id => await store.OpenAsync(id, Unlimited, CancellationToken.None).ConfigureAwait(false))).ConfigureAwait(false);
}
