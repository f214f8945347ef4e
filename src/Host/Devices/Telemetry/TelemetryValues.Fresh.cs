using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Devices.Telemetry;

// Which values are others than when they were told last, for who publishes them: one flag for each, so that a value that changes a thousand times between two looks costs one publication.
internal sealed partial class TelemetryValues
{
    private bool[] _fresh = [];
    private List<int>? _cleared;
    private Origin _toldOrigin;
    private bool _hasFresh;

    /// <summary>What was told of the device itself, which is shown among the values; as it was when it was made, before anything was.</summary>
    internal MessageDevice? ToldDevice { private get; set; }

    /// <summary>Whether there may be something for <see cref="TakeFresh"/>.</summary>
    internal bool HasFresh => Volatile.Read(ref _hasFresh);

    /// <summary>All values as they are shown, those that messages do not store and the position as one object included.</summary>
    /// <param name="device">Whose values they are.</param>
    internal IReadOnlyList<TelemetryValue> All(MessageDevice device)
    {
        List<TelemetryValue> all = Collect(device);
        if (PositionOf(all) is { } position) all.Add(position);
        return all;
    }

    /// <summary>Takes the values that changed since the last call.</summary>
    /// <param name="device">Whose values they are.</param>
    /// <param name="isWanted">Whether anybody wants them; asked under the lock, so that who begins to want them meanwhile finds a later value or is told of it.</param>
    /// <param name="nowUs">µs since 1970: the time of values that are gone.</param>
    /// <returns>Values; those that are gone without JSON.</returns>
    internal IReadOnlyList<TelemetryValue> TakeFresh(MessageDevice device, Func<bool> isWanted, long nowUs)
    {
        if (!HasFresh && ReferenceEquals(device, ToldDevice)) return [];
        HashSet<string>? names;
        HashSet<string> cleared;
        lock (_gate)
        {
            names = isWanted() ? FreshNames(device) : null;
            cleared = names is null || _cleared is null ? [] : [.. _cleared.Select(NameText)];
            _fresh.AsSpan().Clear();
            (_cleared, _toldOrigin, _hasFresh, ToldDevice) = (null, _origin, false, device);
        }
        if (names is null) return [];
        IReadOnlyList<TelemetryValue> all = All(device);
        List<TelemetryValue> fresh = [.. all.Where(value => names.Contains(value.Name))];
        cleared.ExceptWith(all.Select(value => value.Name));
        fresh.AddRange(cleared.Select(name => new TelemetryValue(name, nowUs, [])));
        return fresh;
    }

    private HashSet<string> FreshNames(MessageDevice device)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < _count; i++)
            if (_fresh[i]) names.Add(NameText(_numbers[i]));
        if (names.Any(static name => name.StartsWith(GroupPrefix, StringComparison.Ordinal))) names.Add(Group);
        if (_origin.ServerTimeUs != _toldOrigin.ServerTimeUs) names.Add("server.timestamp");
        if ((_origin.ChannelId, _origin.ProtocolId) != (_toldOrigin.ChannelId, _toldOrigin.ProtocolId)) names.UnionWith(["channel.id", "protocol.id", "device.id", "device.name", "device.type.id"]);
        if (ToldDevice is not { } told) return names;
        if (!told.Name.Span.SequenceEqual(device.Name.Span)) names.Add("device.name");
        if (told.TypeId != device.TypeId) names.Add("device.type.id");
        return names;
    }

    private void NoteFresh(int at)
    {
        _fresh[at] = true;
        Volatile.Write(ref _hasFresh, true);
    }

    /// <summary>Notes that a value is gone; bounded, since the position at least follows from others.</summary>
    private void NoteCleared(int number)
    {
        if ((_cleared ??= []).Count < CountMax) _cleared.Add(number);
        Volatile.Write(ref _hasFresh, true);
    }

    private string NameText(int number)
    {
        Span<byte> scratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        return Encoding.UTF8.GetString(names.NameOf(number, scratch));
    }
}

/// <summary>A value as it is shown.</summary>
/// <param name="Name">Name of the parameter.</param>
/// <param name="TimeUs">Its time, µs since 1970.</param>
/// <param name="Json">The value; empty when it is gone.</param>
internal readonly record struct TelemetryValue(string Name, long TimeUs, byte[] Json);
