using Gateway.Host.Accounts;

namespace Gateway.Host.Channels;

// Whose channels they are.
public sealed partial class ChannelDirectory
{
    /// <summary>Channels of an account and those below it.</summary>
    internal int CountBelow(long ancestorId) => _channels.Values.Count(channel => _accounts.IsWithin(channel.Definition.Cid, ancestorId));

    /// <summary>Channels of one account, once changes under way have ended.</summary>
    internal async ValueTask<int> CountOfAsync(long cid, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _channels.Values.Count(channel => channel.Definition.Cid == cid);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Gives a channel to another account. Its port, buffer and connections stay; its limits are those of the new account from here on.</summary>
    internal async ValueTask<ChannelOutcome> MoveAsync(Channel channel, long cid, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_stopped) return ChannelOutcome.Refused("The gateway is stopping.");
            if (!_channels.ContainsKey(channel.Id)) return ChannelOutcome.Refused($"Channel {channel.Id} was removed meanwhile.");
            if (channel.Definition.Cid == cid) return new ChannelOutcome(channel, null);
            if (ProblemOfAccount(cid, from: channel.Definition.Cid) is { } problem) return ChannelOutcome.Refused(problem) with { IsLimitReached = true };

            ChannelDefinition before = channel.Definition;
            ChannelDefinition after = before with { Cid = cid };
            long revision = await _definitions.PutAsync(Kind, channel.Id, after.ToJson(), channel.Revision, cancellationToken).ConfigureAwait(false);
            if (revision == 0) return ChannelOutcome.Refused($"Channel {channel.Id} was changed by somebody else meanwhile.");
            channel.Revision = revision;
            channel.Definition = after;
            ApplyLimits(channel);
            Tell(channel, ChannelEventCode.Moved, before, after);
            Changed?.Invoke(channel);
            return new ChannelOutcome(channel, null);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Holds all channels to the limits of their accounts as they are now.</summary>
    internal async ValueTask ApplyLimitsAsync(CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_stopped) return;
            foreach (Channel channel in _channels.Values) ApplyLimits(channel);
        }
        finally
        {
            _changes.Release();
        }
    }

    private void ApplyLimits(Channel channel)
    {
        if (channel.Fault is not null || SettingsOf(channel.Definition.ConfigurationJson, channel.Codec.Info, channel.Definition.Cid, out _) is not { } settings) return;
        channel.Settings = settings;
        channel.Log.Configure(settings.ToLogOptions(channel.Definition.MessagesTtlSeconds));
    }

    /// <summary>Why an account can't have one more channel; null when it can.</summary>
    /// <param name="cid">The account.</param>
    /// <param name="from">The account that gives the channel, null for a new one: what both are below has it already.</param>
    private string? ProblemOfAccount(long cid, long? from)
    {
        if (!_accounts.IsOpen(cid)) return $"There is no account {cid}.";
        return _limits.ProblemOf(cid, LimitName.ChannelsCount, ancestor => CountBelow(ancestor) - (from is { } giver && _accounts.IsWithin(giver, ancestor) ? 1 : 0));
    }
}
