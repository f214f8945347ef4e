using Gateway.Codecs.Generated;

namespace Gateway.Codecs;

/// <summary>The codecs of a gateway by name, alias and number: the built-in ones, and those compiled at run time. Safe for use by many threads.</summary>
public sealed class CodecRegistry
{
    private readonly Lock _gate = new();
    private Snapshot _snapshot;

    /// <summary>A registry that holds the built-in codecs.</summary>
    public CodecRegistry() : this(BuiltIn)
    {
    }

    /// <summary>A registry that holds the given codecs.</summary>
    /// <exception cref="ArgumentException">Two codecs have the same name, alias or number.</exception>
    public CodecRegistry(IEnumerable<Codec> codecs) => _snapshot = Snapshot.Of(codecs);

    /// <summary>The codecs compiled into this assembly from the spec files, by name.</summary>
    public static IReadOnlyList<Codec> BuiltIn { get; } = GeneratedCodecs.Create();

    /// <summary>All codecs at this moment, by name.</summary>
    public IReadOnlyList<Codec> All => Volatile.Read(ref _snapshot).Codecs;

    /// <summary>The codec with this name or alias (case does not matter), or null.</summary>
    public Codec? Find(string name) => Volatile.Read(ref _snapshot).ByName.GetValueOrDefault(name);

    /// <summary>The codec with this protocol number, or null.</summary>
    public Codec? Find(int id) => Volatile.Read(ref _snapshot).ById.GetValueOrDefault(id);

    /// <summary>Adds a codec, in place of the one with the same name if there is one. Connections keep the codec they have.</summary>
    /// <returns>The codec that was replaced, or null.</returns>
    /// <exception cref="ArgumentException">Another protocol has one of its names or its number; nothing was changed.</exception>
    public Codec? Put(Codec codec)
    {
        lock (_gate)
        {
            Codec? replaced = _snapshot.Codecs.FirstOrDefault(c => string.Equals(c.Info.Name, codec.Info.Name, StringComparison.OrdinalIgnoreCase));
            Volatile.Write(ref _snapshot, Snapshot.Of(_snapshot.Codecs.Where(c => c != replaced).Append(codec)));
            return replaced;
        }
    }

    /// <summary>Takes a codec away; a built-in one of the same name comes back.</summary>
    /// <returns>False when there is none of this name.</returns>
    public bool Remove(string name)
    {
        lock (_gate)
        {
            Codec? removed = Find(name);
            if (removed is null) return false;
            Codec? builtIn = BuiltIn.FirstOrDefault(c => c != removed && c.Info.Name == removed.Info.Name);
            IEnumerable<Codec> rest = _snapshot.Codecs.Where(c => c != removed);
            Volatile.Write(ref _snapshot, Snapshot.Of(builtIn is null ? rest : rest.Append(builtIn)));
            return true;
        }
    }

    // Readers see one whole state; writers build the next one beside it.
    private sealed record Snapshot(Codec[] Codecs, Dictionary<string, Codec> ByName, Dictionary<int, Codec> ById)
    {
        public static Snapshot Of(IEnumerable<Codec> codecs)
        {
            Codec[] sorted = [.. codecs.OrderBy(codec => codec.Info.Name, StringComparer.Ordinal)];
            Dictionary<string, Codec> byName = new(StringComparer.OrdinalIgnoreCase);
            Dictionary<int, Codec> byId = [];
            foreach (Codec codec in sorted)
            {
                if (!byId.TryAdd(codec.Info.Id, codec)) throw new ArgumentException($"Protocol number {codec.Info.Id} is used twice: {byId[codec.Info.Id].Info.Name}, {codec.Info.Name}.");
                foreach (string name in codec.Info.Aliases.Prepend(codec.Info.Name))
                    if (!byName.TryAdd(name, codec)) throw new ArgumentException($"Protocol name {name} is used twice: {byName[name].Info.Name}, {codec.Info.Name}.");
            }
            return new Snapshot(sorted, byName, byId);
        }
    }
}
