using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Gateway.Codecs;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Gateway.Host.Devices.Telemetry;

namespace Gateway.Host.Devices;

/// <summary>All registered devices: creates, changes, removes and finds them.</summary>
/// <remarks>
/// Any number of threads may find; changes happen one after the other, and those of one request are one write of the store. Messages are told apart when they are read, not when they
/// are stored: so a device that is registered later has the messages that came before, a new name is seen at once, and the way of a message to the disk knows nothing of devices.
/// </remarks>
internal sealed partial class DeviceDirectory(
    IConfigurationStore store, CodecRegistry protocols, DeviceTypes types, AccountDirectory accounts, LimitDirectory limits, DeviceEvents events, NameTable names, GatewayOptions options, TimeProvider clock) : IDisposable
{
    private const string Kind = "device";

    private readonly ConcurrentDictionary<long, Device> _devices = new();
    private readonly SemaphoreSlim _changes = new(1, 1);
    private long _version;

    /// <summary>Devices were created, changed, moved or, at start, loaded. Raised once for all of a request, after they can be found; handlers must be short and not throw.</summary>
    internal event Action<IReadOnlyList<Device>>? Changed;

    /// <summary>Devices were removed.</summary>
    internal event Action<IReadOnlyList<Device>>? Removed;

    /// <summary>Finds devices by what they call themselves.</summary>
    internal DeviceIndex Index { get; } = new(accounts);

    /// <summary>All devices by number, smallest first.</summary>
    internal IReadOnlyList<Device> All => [.. _devices.Values.OrderBy(device => device.Id)];

    /// <summary>Enumerates without order and copy.</summary>
    internal IEnumerable<Device> Live => _devices.Select(pair => pair.Value);

    /// <summary>Number of devices.</summary>
    internal int Count => _devices.Count;

    /// <summary>Another number after each change: for who remembers what it found.</summary>
    internal long Version => Volatile.Read(ref _version);

    /// <summary>A reader of a channel's messages that says whose they are.</summary>
    internal MessageOwner OwnerOf(Channel channel) => new(this, accounts, channel);

    private long NowUs => clock.GetUtcNow().ToUnixTimeUs();

    /// <summary>Finds a device by its number.</summary>
    internal bool TryFind(long id, [NotNullWhen(true)] out Device? device) => _devices.TryGetValue(id, out device);

    /// <summary>Whether messages of a channel can be a device's: it has the channel's protocol, and the account of one is that of the other or above it.</summary>
    internal bool MayMeet(Device device, Channel channel) =>
        device.Definition.ProtocolId == channel.Definition.ProtocolId && Index.IsOnOneLine(device.Definition.Cid, channel.Definition.Cid);

    /// <summary>Devices of an account and those below it.</summary>
    internal int CountBelow(long ancestorId) => Live.Count(device => accounts.IsWithin(device.Definition.Cid, ancestorId));

    /// <summary>Devices of one account, once changes under way have ended.</summary>
    internal async ValueTask<int> CountOfAsync(long cid, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Live.Count(device => device.Definition.Cid == cid);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Reads the devices that were registered before.</summary>
    /// <exception cref="InvalidDataException">One is damaged.</exception>
    internal async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        foreach (ConfigurationItem item in await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false))
        {
            DeviceDefinition definition = DeviceDefinition.FromJson(item.Id, item.Json);
            var device = new Device(definition, ModelOf(definition), item.Revision, events, names);
            _devices[device.Id] = device;
            Index.Add(device);
        }
        Interlocked.Increment(ref _version);
        if (!_devices.IsEmpty) Changed?.Invoke(All);
    }

    /// <summary>Frees what is left after a stop.</summary>
    public void Dispose() => _changes.Dispose();

    private string? ModelOf(DeviceDefinition definition) => types.Find(definition.DeviceTypeId)?.Model;
}
