using System.Collections.Concurrent;

namespace Gateway.Storage.Tests.Contract;

/// <summary>Makes any store one that takes its time and fails now and then, by a seed: some appends are told as unavailable before they reach it, some after they were stored.</summary>
internal sealed class UnreliableMessageStore(IMessageStore inner, int seed) : IMessageStore
{
    private readonly ConcurrentDictionary<IMessageLog, UnreliableMessageLog> _logs = new();

    public async ValueTask<IMessageLog> OpenAsync(long channelId, LogOptions options, CancellationToken cancellationToken)
    {
        IMessageLog log = await inner.OpenAsync(channelId, options, cancellationToken);
        return _logs.GetOrAdd(log, one => new UnreliableMessageLog(one, seed + (int)channelId));
    }

    public ValueTask DeleteAsync(long channelId, CancellationToken cancellationToken) => inner.DeleteAsync(channelId, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

internal sealed class UnreliableMessageLog(IMessageLog inner, int seed) : IMessageLog
{
    private static readonly AppendResult Unavailable = new(AppendStatus.Unavailable, 0, 0);

    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<long, AppendResult> _withheld = new();      // stored, but told as unavailable

    public long ChannelId => inner.ChannelId;

    public LogState State => inner.State;

    public async ValueTask<AppendResult> AppendAsync(Packet packet, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int chance;
        lock (_random) chance = _random.Next(20);
        if (_withheld.TryRemove(packet.DeduplicationId, out AppendResult withheld)) return withheld;
        if (chance == 0) return Unavailable;
        AppendResult result = await inner.AppendAsync(packet, cancellationToken);
        if (chance == 1) await Task.Delay(1, CancellationToken.None);
        if (chance > 3 || packet.DeduplicationId == 0 || result.Status != AppendStatus.Appended) return result;
        _withheld[packet.DeduplicationId] = result;
        return Unavailable;
    }

    public ValueTask WaitForSpaceAsync(CancellationToken cancellationToken) => inner.WaitForSpaceAsync(cancellationToken);

    public ValueTask ReadAsync(long fromKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken) =>
        inner.ReadAsync(fromKey, countMax, bytesMax, page, cancellationToken);

    public ValueTask ReadBackwardAsync(long belowKey, int countMax, int bytesMax, MessagePage page, CancellationToken cancellationToken) =>
        inner.ReadBackwardAsync(belowKey, countMax, bytesMax, page, cancellationToken);

    public ValueTask<bool> WaitAsync(long fromKey, CancellationToken cancellationToken) => inner.WaitAsync(fromKey, cancellationToken);

    public ValueTask<long> FindAsync(long serverTimeUs, CancellationToken cancellationToken) => inner.FindAsync(serverTimeUs, cancellationToken);

    public ValueTask<DeleteResult> DeleteRangeAsync(long fromKey, long belowKey, CancellationToken cancellationToken) => inner.DeleteRangeAsync(fromKey, belowKey, cancellationToken);

    public void Configure(LogOptions options) => inner.Configure(options);
}
