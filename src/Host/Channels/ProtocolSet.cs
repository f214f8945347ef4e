using System.Collections.Frozen;
using Gateway.Codecs;

namespace Gateway.Host.Channels;

/// <summary>The protocols that this process can speak, by number, name and alias.</summary>
public sealed class ProtocolSet
{
    private readonly FrozenDictionary<int, Codec> _byId;
    private readonly FrozenDictionary<string, Codec> _byName;

    /// <summary>Makes a set.</summary>
    /// <param name="codecs">Codecs with different numbers and names.</param>
    /// <exception cref="ArgumentException">Two protocols share a number or a name.</exception>
    public ProtocolSet(IEnumerable<Codec> codecs)
    {
        All = [.. codecs.OrderBy(codec => codec.Info.Id)];
        _byId = All.ToFrozenDictionary(codec => codec.Info.Id);
        _byName = All.SelectMany(codec => codec.Info.Aliases.Append(codec.Info.Name).Distinct(StringComparer.Ordinal).Select(name => (name, codec)))
            .ToFrozenDictionary(pair => pair.name, pair => pair.codec, StringComparer.Ordinal);
    }

    /// <summary>All of them, smallest number first.</summary>
    public IReadOnlyList<Codec> All { get; }

    /// <summary>Finds a protocol by its number.</summary>
    public Codec? Find(int id) => _byId.GetValueOrDefault(id);

    /// <summary>Finds a protocol by its name or another name of it.</summary>
    public Codec? Find(string name) => _byName.GetValueOrDefault(name);
}
