using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Gateway.Codecs;
using Gateway.Host.Accounts;
using Gateway.Host.Configuration;
using Gateway.Host.Listeners;
using Gateway.Host.Protocols;
using Gateway.Storage;
using Gateway.Storage.Rings;

namespace Gateway.Host.Channels;

/// <summary>All channels of the gateway: creates, changes, removes and finds them while they run.</summary>
/// <remarks>Changes happen one after the other; a refused one changes nothing: the port is opened before anything is written.</remarks>
public sealed partial class ChannelDirectory : IDisposable
{
    private const string Kind = "channel";

    private static readonly TimeSpan RingsDeleteTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<long, Channel> _channels = new();
    private readonly SemaphoreSlim _changes = new(1, 1);
    private readonly GatewayOptions _options;
    private readonly CodecRegistry _protocols;
    private readonly ProtocolCatalog _catalog;
    private readonly IConfigurationStore _definitions;
    private readonly IMessageStore _messages;
    private readonly RingStore _rings;
    private readonly ListenerServices _listeners;
    private readonly AccountDirectory _accounts;
    private readonly LimitDirectory _limits;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private int _portHint;
    private bool _stopped;

    internal ChannelDirectory(
        GatewayOptions options, CodecRegistry protocols, ProtocolCatalog catalog, IConfigurationStore definitions, IMessageStore messages, RingStore rings,
        ListenerServices listeners, AccountDirectory accounts, LimitDirectory limits, TimeProvider clock, ILogger<ChannelDirectory> logger)
    {
        _options = options;
        _protocols = protocols;
        _catalog = catalog;
        _definitions = definitions;
        _messages = messages;
        _rings = rings;
        _listeners = listeners;
        _accounts = accounts;
        _limits = limits;
        _clock = clock;
        _logger = logger;
        _portHint = options.ChannelPortFirst;
    }

    /// <summary>A channel was created or, at start, loaded. Raised after it can be found; handlers must be short and not throw.</summary>
    public event Action<Channel>? Added;

    /// <summary>A channel's definition changed.</summary>
    public event Action<Channel>? Changed;

    /// <summary>A channel was removed and its buffer deleted, or it was closed and is taken up anew (then <see cref="Added"/> follows).</summary>
    public event Action<Channel>? Removed;

    /// <summary>All channels by number, smallest first.</summary>
    public IReadOnlyList<Channel> All => [.. _channels.Values.OrderBy(channel => channel.Id)];

    /// <summary>Number of channels.</summary>
    public int Count => _channels.Count;

    /// <summary>Enumerates without order and copy, for the sweep.</summary>
    internal IEnumerable<Channel> Live => _channels.Select(pair => pair.Value);

    /// <summary>Finds a channel by its number.</summary>
    public bool TryFind(long id, [NotNullWhen(true)] out Channel? channel) => _channels.TryGetValue(id, out channel);

    /// <summary>Frees what is left after a stop.</summary>
    public void Dispose() => _changes.Dispose();

    /// <summary>What is wrong with a wish, null when nothing is as far as can be said without trying.</summary>
    public string? Check(ChannelDraft draft, Channel? existing) => Resolve(draft, existing).Problem;

    /// <summary>Creates a channel, opens its buffer and its port.</summary>
    public async ValueTask<ChannelOutcome> CreateAsync(ChannelDraft draft, CancellationToken cancellationToken)
    {
        Resolution wish = Resolve(draft, null);
        if (wish.Problem is not null) return ChannelOutcome.Refused(wish.Problem);
        (Codec codec, ChannelSettings settings) = (wish.Codec!, wish.Settings!);

        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        ChannelSockets? sockets = null;
        try
        {
            if (_stopped) return ChannelOutcome.Refused("The gateway is stopping.");
            if (_channels.Count >= _options.ChannelsMax) return ChannelOutcome.Refused($"The limit of {_options.ChannelsMax} channels is reached.");
            long cid = draft.Cid ?? AccountDirectory.RootId;
            if (ProblemOfAccount(cid, from: null) is { } accountProblem) return ChannelOutcome.Refused(accountProblem) with { IsLimitReached = true };

            int port = OpenPort(settings.Port, codec, open: draft.Enabled ?? true, except: null, out sockets, out string problem);
            if (port == 0) return ChannelOutcome.Refused(problem);

            long id = await _definitions.NextIdAsync(Kind, cancellationToken).ConfigureAwait(false);
            ChannelDefinition definition = Merge(draft, new ChannelDefinition { Id = id, Cid = cid, ProtocolId = codec.Info.Id, Port = port });
            IMessageLog log = await _messages.OpenAsync(id, settings.ToLogOptions(definition.MessagesTtlSeconds), cancellationToken).ConfigureAwait(false);
            long revision = await _definitions.PutAsync(Kind, id, definition.ToJson(), 0, cancellationToken).ConfigureAwait(false);
            if (revision == 0) throw new InvalidOperationException($"Channel number {id} was given twice.");

            var channel = new Channel(definition, settings, codec, log, ChannelRings.Open(_rings, id, settings), _clock) { Revision = revision };
            if (sockets is not null) channel.Listener = ChannelListener.Start(channel, sockets, _listeners);
            sockets = null;
            _channels[id] = channel;
            // Whoever follows channels hears of the event too.
            Added?.Invoke(channel);
            Tell(channel, ChannelEventCode.Created, null, definition);
            return new ChannelOutcome(channel, null);
        }
        finally
        {
            sockets?.Dispose();
            _changes.Release();
        }
    }

    /// <summary>Changes a channel; connections are closed only when the change concerns them.</summary>
    public async ValueTask<ChannelOutcome> UpdateAsync(Channel channel, ChannelDraft draft, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        ChannelSockets? sockets = null;
        try
        {
            if (_stopped) return ChannelOutcome.Refused("The gateway is stopping.");
            if (!_channels.ContainsKey(channel.Id)) return ChannelOutcome.Refused($"Channel {channel.Id} was removed meanwhile.");
            Resolution wish = Resolve(draft, channel);
            if (wish.Problem is not null) return ChannelOutcome.Refused(wish.Problem);

            ChannelDefinition before = channel.Definition;
            ChannelDefinition after = Merge(draft, before);
            ChannelSettings settings = wish.Settings!;
            bool moves = settings.Port is { } asked && asked != before.Port;
            bool opens = after.Enabled && (moves || channel.Listener is null);
            if (moves || opens)
            {
                int port = OpenPort(settings.Port ?? before.Port, channel.Codec, open: opens, except: channel, out sockets, out string problem);
                if (port == 0) return ChannelOutcome.Refused(problem);
                after = after with { Port = port };
            }

            long revision = await _definitions.PutAsync(Kind, channel.Id, after.ToJson(), channel.Revision, cancellationToken).ConfigureAwait(false);
            if (revision == 0) return ChannelOutcome.Refused($"Channel {channel.Id} was changed by somebody else meanwhile.");

            if (channel.Fault is not null)
            {
                Channel reopened = await ReopenAsync(channel, after, revision, sockets).ConfigureAwait(false);
                if (reopened.Listener is not null) sockets = null;
                Tell(reopened, ChannelEventCode.Updated, before, after);
                return new ChannelOutcome(reopened, null);
            }

            channel.Revision = revision;
            channel.Definition = after;
            channel.Settings = settings;
            channel.Log.Configure(settings.ToLogOptions(after.MessagesTtlSeconds));
            channel.Rings.Configure(settings);
            if ((moves || !after.Enabled) && channel.Listener is { } former)
            {
                channel.Listener = null;
                await former.DisposeAsync().ConfigureAwait(false);
            }
            if (!after.Enabled) channel.Connections.CloseAll(CloseCode.Disabled);
            else if (after.ConfigurationJson != before.ConfigurationJson) channel.Connections.CloseAll(CloseCode.ChannelChanged);
            if (sockets is not null) channel.Listener = ChannelListener.Start(channel, sockets, _listeners);
            if (sockets is not null || !after.Enabled) channel.ListenProblem = null;
            sockets = null;

            Tell(channel, ChannelEventCode.Updated, before, after);
            Changed?.Invoke(channel);
            return new ChannelOutcome(channel, null);
        }
        finally
        {
            sockets?.Dispose();
            _changes.Release();
        }
    }

    /// <summary>Removes a channel: closes port and connections, deletes its buffer, traffic and events.</summary>
    /// <returns>False when it was gone already.</returns>
    public async ValueTask<bool> RemoveAsync(Channel channel, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_stopped || !_channels.ContainsKey(channel.Id)) return false;
            if (await _definitions.DeleteAsync(Kind, channel.Id, channel.Revision, cancellationToken).ConfigureAwait(false) == 0) return false;

            // From here on nothing may stop halfway: the definition is gone.
            _channels.TryRemove(channel.Id, out _);
            if (channel.Listener is { } listener) await listener.DisposeAsync().ConfigureAwait(false);
            channel.Listener = null;
            channel.Connections.CloseAll(CloseCode.Disabled);
            await channel.Connections.WhenEmptyAsync().ConfigureAwait(false);
            try
            {
                await _messages.DeleteAsync(channel.Id, CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException held)
            {
                ListenerLog.StoreTrouble(_logger, held.Message);
            }

            await DeleteRingsAsync(channel).ConfigureAwait(false);
            Tell(channel, ChannelEventCode.Deleted, channel.Definition, null);
            Removed?.Invoke(channel);
            return true;
        }
        finally
        {
            _changes.Release();
        }
    }

    private void Tell(Channel channel, ChannelEventCode code, ChannelDefinition? before, ChannelDefinition? after) =>
        channel.Events.Add(new ChannelEvent(channel.NowUs, code) { OldJson = before?.ToShownJson(_options.ChannelHost), NewJson = after?.ToShownJson(_options.ChannelHost) });

    /// <summary>Deletes what is kept beside the messages; a disk that hangs is not waited for long.</summary>
    private async Task DeleteRingsAsync(Channel channel)
    {
        try
        {
            await Task.WhenAll(_rings.DeleteAsync(RingKind.Traffic, channel.Id), _rings.DeleteAsync(RingKind.Logs, channel.Id)).WaitAsync(RingsDeleteTimeout).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException)
        {
            ListenerLog.RingTrouble(_logger, $"Traffic and logs of removed channel {channel.Id} can't be deleted: {exception.Message}");
        }
    }
}
