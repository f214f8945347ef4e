using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Host.Channels;

/// <summary>All channels of the gateway: creates, changes, removes and finds them while they run.</summary>
public sealed class ChannelDirectory
{
    private readonly ConcurrentDictionary<long, Channel> _channels = new();

    /// <summary>A channel was created or, at start, loaded. Raised after it can be found; handlers must be short and not throw.</summary>
    public event Action<Channel>? Added;

    /// <summary>A channel's definition changed.</summary>
    public event Action<Channel>? Changed;

    /// <summary>A channel was removed and its buffer deleted.</summary>
    public event Action<Channel>? Removed;

    /// <summary>All channels by number, smallest first.</summary>
    public IReadOnlyList<Channel> All => [.. _channels.Values.OrderBy(channel => channel.Id)];

    /// <summary>Finds a channel by its number.</summary>
    public bool TryFind(long id, [NotNullWhen(true)] out Channel? channel) => _channels.TryGetValue(id, out channel);

    /// <summary>Creates a channel, opens its buffer and its port.</summary>
    public ValueTask<ChannelOutcome> CreateAsync(ChannelDraft draft, CancellationToken cancellationToken)
    {
        Added?.Invoke(null!);
        throw new NotSupportedException();
    }

    /// <summary>Changes a channel; connections are closed only when the change concerns them.</summary>
    public ValueTask<ChannelOutcome> UpdateAsync(Channel channel, ChannelDraft draft, CancellationToken cancellationToken)
    {
        Changed?.Invoke(channel);
        throw new NotSupportedException();
    }

    /// <summary>Removes a channel: closes port and connections, deletes its buffer.</summary>
    /// <returns>False when it was gone already.</returns>
    public ValueTask<bool> RemoveAsync(Channel channel, CancellationToken cancellationToken)
    {
        Removed?.Invoke(channel);
        throw new NotSupportedException();
    }
}
