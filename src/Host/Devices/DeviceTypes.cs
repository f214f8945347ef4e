using System.Runtime.CompilerServices;
using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Devices;

/// <summary>The device types of all protocols, from what their specs name: one for each model or series, and a generic one.</summary>
internal sealed class DeviceTypes(CodecRegistry protocols)
{
    /// <summary>Numbers that a protocol has for its types; the first one is the generic type's.</summary>
    internal const int NumbersPerProtocol = 100_000;

    // A codec that is replaced takes its types with it.
    private readonly ConditionalWeakTable<Codec, IReadOnlyList<DeviceType>> _types = [];

    /// <summary>All types of all protocols.</summary>
    internal IEnumerable<DeviceType> All => protocols.All.SelectMany(Of);

    /// <summary>The types of a protocol, the generic one first.</summary>
    internal IReadOnlyList<DeviceType> Of(Codec codec) => _types.GetValue(codec, Make);

    /// <summary>Finds a type by its number; null when there is none now.</summary>
    internal DeviceType? Find(long id) =>
        id > 0 && id / NumbersPerProtocol <= int.MaxValue && protocols.Find((int)(id / NumbersPerProtocol)) is { } codec ? Of(codec).FirstOrDefault(type => type.Id == id) : null;

    private static DeviceType[] Make(Codec codec)
    {
        long first = (long)codec.Info.Id * NumbersPerProtocol;
        var types = new SortedDictionary<long, DeviceType> { [first] = new(first, DeviceType.GenericName, $"{codec.Info.Title}, any model", codec, null) };
        // By name, so that two whose numbers collide get the same numbers whatever their order in the spec.
        foreach (string pattern in codec.Info.Devices.Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal))
        {
            bool isSeries = pattern.Contains('*', StringComparison.Ordinal);
            string name = pattern.Replace("*", "", StringComparison.Ordinal).Trim();
            if (name.Length == 0) continue;
            long id = first + SlotOf(name);
            while (types.ContainsKey(id)) id = id == first + NumbersPerProtocol - 1 ? first + 1 : id + 1;
            types[id] = new DeviceType(id, name, isSeries ? $"{name} series" : name, codec, isSeries ? null : name);
            if (types.Count == NumbersPerProtocol) break;
        }
        return [.. types.Values];
    }

    /// <summary>A number from 1 for a name, the same in every version: devices are stored with it, and lists in specs change.</summary>
    private static int SlotOf(string name)
    {
        uint hash = 2_166_136_261;      // FNV-1a
        foreach (byte b in Encoding.UTF8.GetBytes(name.ToLowerInvariant())) hash = (hash ^ b) * 16_777_619;
        return 1 + (int)(hash % (NumbersPerProtocol - 1));
    }
}
