using Gateway.Host.Devices;
using Gateway.Host.Devices.Telemetry;

namespace Gateway.Host.Mqtt.States;

/// <summary><c>flespi/state/gw/devices/{id}/telemetry/{parameter}</c>: the last value of each parameter, with the time of the value.</summary>
/// <remarks>A parameter whose name can't be a level of a topic has none.</remarks>
internal sealed class TelemetryPart() : ItemPart<Device>("telemetry")
{
    /// <inheritdoc/>
    internal override IEnumerable<StateEntry> All(Device item, long nowUs) => EntriesOf(item.Telemetry.All(item.Facts));

    /// <inheritdoc/>
    internal override bool HasNoted(Device item) => item.Telemetry.HasFresh;

    /// <inheritdoc/>
    internal override IReadOnlyList<StateEntry> Changes(Device item, Dictionary<long, ulong> told, Func<bool> isWanted, long nowUs) => [.. EntriesOf(item.Telemetry.TakeFresh(item.Facts, isWanted, nowUs))];

    /// <inheritdoc/>
    internal override IEnumerable<string> Names(Device item, Dictionary<long, ulong> told) => EntriesOf(item.Telemetry.All(item.Facts)).Select(entry => entry.Name);

    private static IEnumerable<StateEntry> EntriesOf(IReadOnlyList<TelemetryValue> values) =>
        values.Where(value => value.Name.AsSpan().IndexOfAny("/+#\0") < 0).Select(value => new StateEntry(value.Name, value.Json, value.TimeUs));
}
