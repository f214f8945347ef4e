using System.Globalization;
using System.Text;
using Gateway.Storage.Rings;

namespace Gateway.Host.Devices;

/// <summary>Keeps what happens to devices: a ring for each account, in which the events of a device are found by its number. The oldest give way.</summary>
/// <remarks>A ring for each device would be a folder and a file for each, all of them written when a fleet comes back after a restart. What happened before a device was given to another account stays with the old one.</remarks>
internal sealed class DeviceLogs(RingStore rings, DeviceEvents events)
{
    /// <summary>How much an account keeps.</summary>
    internal static RingOptions Options { get; } = new() { QuotaBytes = 32_000_000, AgeMax = TimeSpan.FromDays(30) };

    /// <summary>Begins to keep events.</summary>
    internal void Start() => events.Happened += Add;

    /// <summary>Begins to read the events of a device.</summary>
    internal RingReader Read(Device device, RingQuery query)
    {
        byte[] wanted = IdentOf(device);
        return RingOf(device.Definition.Cid).Read(query with { Ident = ident => ident.SequenceEqual(wanted) });
    }

    /// <summary>Deletes what is kept of an account that is gone.</summary>
    internal Task ForgetAsync(long cid) => rings.DeleteAsync(RingKind.Devices, cid);

    private void Add(Device device, DeviceEvent happened)
    {
        byte[] json = Encoding.UTF8.GetBytes(DeviceEventJson.Of(device.Id, happened));
        if (json.Length > Ring.BytesMax) json = Encoding.UTF8.GetBytes(DeviceEventJson.Of(device.Id, happened with { OldJson = null, NewJson = null }));
        if (json.Length <= Ring.BytesMax) RingOf(device.Definition.Cid).TryAdd(new RingEntry(happened.TimeUs, happened.ConnectionId, 0, (int)happened.Code), IdentOf(device), json);
    }

    private Ring RingOf(long cid) => rings.Open(RingKind.Devices, cid, Options);

    private static byte[] IdentOf(Device device) => Encoding.ASCII.GetBytes(device.Id.ToString(CultureInfo.InvariantCulture));
}
