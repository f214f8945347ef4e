using Gateway.Codecs;
using Gateway.Host.Channels;

namespace Gateway.Host.Protocols;

/// <summary>Replaces a protocol of a running gateway by what its spec says now: compiled aside, then switched. One reload at a time.</summary>
internal sealed class ProtocolReload(ProtocolCatalog catalog, ChannelDirectory channels) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Reloads a protocol by name.</summary>
    /// <returns>What it is now and which channels speak it, or what is wrong with the spec; null when neither folder nor gateway have the name.</returns>
    /// <exception cref="Cli.FailureException">The folder can't be read.</exception>
    public async Task<ReloadOutcome?> RunAsync(string name, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ProtocolDraft? draft = await Task.Run(() => catalog.Compile(name), cancellationToken).ConfigureAwait(false);
            if (draft is null) return null;
            if (draft.Codec is not { } codec) return new ReloadOutcome(null, [], draft.Errors);
            CodecSwitch switched = await channels.SwitchAsync(codec, () => catalog.Accept(draft), cancellationToken).ConfigureAwait(false);
            return switched.Problem is { } problem ? new ReloadOutcome(null, [], [problem]) : new ReloadOutcome(codec.Info, switched.ChannelIds, []);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _one.Dispose();
}

/// <summary>What became of a reload.</summary>
/// <param name="Protocol">The protocol as it is now; null when nothing was changed.</param>
/// <param name="ChannelIds">Channels that speak it.</param>
/// <param name="Errors">Why nothing was changed.</param>
internal sealed record ReloadOutcome(ProtocolInfo? Protocol, IReadOnlyList<long> ChannelIds, IReadOnlyList<string> Errors);
