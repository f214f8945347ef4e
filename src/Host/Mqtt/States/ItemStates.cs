using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Routing;

namespace Gateway.Host.Mqtt.States;

/// <summary>What <see cref="ItemStates{T}"/> has to know about a kind of items.</summary>
/// <param name="Collection">As topics and access lists call them: <c>gw/channels</c>.</param>
/// <param name="Shape">What they look like over REST; each field is a property, the default ones are the object.</param>
/// <param name="All">All items, without order.</param>
/// <param name="Find">One by its number.</param>
/// <param name="IdOf">Number of an item.</param>
/// <param name="CidOf">The account whose it is.</param>
/// <param name="DefinitionOf">What users decided about it: another object after each change.</param>
internal sealed record StateKind<T>(string Collection, ItemShape<T> Shape, Func<IEnumerable<T>> All, Func<long, T?> Find, Func<T, long> IdOf, Func<T, long> CidOf, Func<T, object> DefinitionOf)
    where T : class
{
    /// <summary>Fields that change by themselves.</summary>
    internal required IReadOnlySet<string> Live { get; init; }

    /// <summary>Fields that are no property, since there is a part with their values.</summary>
    internal IReadOnlySet<string> Without { get; init; } = new HashSet<string>();

    /// <summary>What is told below the properties.</summary>
    internal IReadOnlyList<ItemPart<T>> Parts { get; init; } = [];
}

/// <summary>State topics of one kind of items: <c>flespi/state/gw/channels/{id}</c>, its properties and its parts.</summary>
/// <remarks>
/// Payloads are written from the items when somebody subscribes or something changed; kept are hashes, so that ten thousand devices cost some megabytes. <see cref="Changes"/> looks at the
/// items instead of being told by them: nothing on the way of a message knows of it. One thread looks for changes, any number ask.
/// </remarks>
internal sealed class ItemStates<T> where T : class
{
    private const int ItemDepth = 4;

    private readonly StateKind<T> _kind;
    private readonly string _name;
    private readonly ItemField<T>[] _properties;
    private readonly ItemField<T>[] _whole;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<long, ToldItem<T>> _told = new();

    internal ItemStates(StateKind<T> kind, TimeProvider clock)
    {
        _kind = kind;
        _clock = clock;
        _name = kind.Collection[(kind.Collection.IndexOf('/', StringComparison.Ordinal) + 1)..];
        _properties = [.. kind.Shape.Fields.Where(field => !kind.Without.Contains(field.Name))];
        _whole = [.. kind.Shape.Fields.Where(field => field.IsDefault).OrderBy(field => field.Name, StringComparer.Ordinal)];
    }

    private long NowUs => _clock.GetUtcNow().ToUnixTimeUs();

    private int WholeIndex => _properties.Length;

    /// <summary>Begins to tell what a filter matches, item by item; null when it is nothing, whatever there is.</summary>
    internal RetainedWalk? Open(FilterWalk walk) => walk.Passes(ItemDepth - 1, _name) && walk.Reaches(ItemDepth) ? new ItemWalk(this, walk) : null;

    /// <summary>What changed since the last call.</summary>
    /// <param name="withLive">Also what changes by itself; else only what users change.</param>
    /// <param name="isWanted">Whether anybody listens to topics that begin so, of an account.</param>
    internal IEnumerable<Publication> Changes(bool withLive, Func<string, long, bool> isWanted)
    {
        long nowUs = NowUs;
        foreach (T item in _kind.All())
        {
            long id = _kind.IdOf(item), cid = _kind.CidOf(item);
            if (!_told.TryGetValue(id, out ToldItem<T>? told) || told.Cid != cid)
            {
                foreach (Publication gone in told is null ? [] : Gone(told, nowUs)) yield return gone;
                _told[id] = told = New(item, id, cid);
            }
            told.Item = item;
            object definition = _kind.DefinitionOf(item);
            bool isDefined = !ReferenceEquals(definition, told.Definition);
            bool isLive = withLive && isWanted(told.Topic, cid);
            told.Definition = definition;
            if (isDefined || isLive)
                foreach (Publication change in PropertyChanges(told, isDefined, nowUs)) yield return change;
            if (!withLive) continue;
            foreach (Publication change in PartChanges(told, isLive, isWanted, nowUs)) yield return change;
        }

        foreach ((long id, ToldItem<T> told) in _told)
        {
            if (_kind.Find(id) is not null || !_told.TryRemove(id, out _)) continue;
            foreach (Publication gone in Gone(told, nowUs)) yield return gone;
        }
    }

    /// <summary>Numbers of the items that a filter names, or of all.</summary>
    private IEnumerable<long> Named(IReadOnlyCollection<string>? ids) => ids is null
        ? _kind.All().Select(_kind.IdOf)
        : ids.Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) && id.ToString(CultureInfo.InvariantCulture) == text ? id : 0).Where(id => id > 0);

    private void Find(T item, FilterWalk walk, Func<long, ItemRight, bool> mayRead, long nowUs, List<Publication> found)
    {
        long id = _kind.IdOf(item), cid = _kind.CidOf(item);
        // Who hears of an item here must be told when it is gone, even if no look for changes has seen it.
        ToldItem<T> told = _told.GetOrAdd(id, static (id, made) => made.States.New(made.Item, id, made.Cid), (States: this, Item: item, Cid: cid));
        string topic = told.Topic;
        var right = new ItemRight(_kind.Collection, null, id);
        if (mayRead(cid, right))
        {
            if (walk.Ends(ItemDepth + 1)) Add(topic, StateJson.Object(_whole, item), WholeIndex);
            for (int i = 0; i < _properties.Length; i++)
                if (walk.Passes(ItemDepth + 1, _properties[i].Name) && walk.Ends(ItemDepth + 2)) Add($"{topic}/{_properties[i].Name}", StateJson.Value(_properties[i], item), i);
        }
        foreach (ItemPart<T> part in _kind.Parts)
        {
            if (!walk.Passes(ItemDepth + 1, part.Name) || !walk.Reaches(ItemDepth + 2)) continue;
            var rightOfPart = new ItemRight(_kind.Collection, part.Name, id);
            if (!mayRead(cid, rightOfPart)) continue;
            foreach (StateEntry entry in part.All(item, nowUs))
                if (walk.Passes(ItemDepth + 2, entry.Name) && walk.Ends(ItemDepth + 3)) found.Add(Of($"{topic}/{part.Name}/{entry.Name}", entry.Payload, cid, entry.TimeUs, rightOfPart));
        }

        void Add(string at, ReadOnlySpan<byte> payload, int index) => found.Add(Of(at, payload.ToArray(), cid, told.TimeOf(index, payload, nowUs), right));
    }

    private ToldItem<T> New(T item, long id, long cid) =>
        new(item, cid, string.Create(CultureInfo.InvariantCulture, $"flespi/state/{_kind.Collection}/{id}"), _properties.Length + 1, _kind.Parts.Count);

    private List<Publication> PropertyChanges(ToldItem<T> told, bool isDefined, long nowUs)
    {
        var changes = new List<Publication>();
        var right = new ItemRight(_kind.Collection, null, _kind.IdOf(told.Item));
        if (isDefined) Note(told.Topic, StateJson.Object(_whole, told.Item), WholeIndex);
        for (int i = 0; i < _properties.Length; i++)
            if (isDefined || _kind.Live.Contains(_properties[i].Name)) Note($"{told.Topic}/{_properties[i].Name}", StateJson.Value(_properties[i], told.Item), i);
        return changes;

        void Note(string topic, ReadOnlySpan<byte> payload, int index)
        {
            if (told.Note(index, payload, nowUs)) changes.Add(Of(topic, payload.ToArray(), told.Cid, nowUs, right));
        }
    }

    private IEnumerable<Publication> PartChanges(ToldItem<T> told, bool isLive, Func<string, long, bool> isWanted, long nowUs)
    {
        for (int i = 0; i < _kind.Parts.Count; i++)
        {
            ItemPart<T> part = _kind.Parts[i];
            if (!isLive && !part.HasNoted(told.Item)) continue;
            var right = new ItemRight(_kind.Collection, part.Name, _kind.IdOf(told.Item));
            foreach (StateEntry entry in part.Changes(told.Item, told.Parts[i] ??= [], () => isWanted($"{told.Topic}/{part.Name}", told.Cid), nowUs))
                yield return Of($"{told.Topic}/{part.Name}/{entry.Name}", entry.Payload, told.Cid, entry.TimeUs, right);
        }
    }

    private IEnumerable<Publication> Gone(ToldItem<T> told, long nowUs)
    {
        long id = _kind.IdOf(told.Item);
        var right = new ItemRight(_kind.Collection, null, id);
        yield return Of(told.Topic, [], told.Cid, nowUs, right);
        foreach (ItemField<T> property in _properties) yield return Of($"{told.Topic}/{property.Name}", [], told.Cid, nowUs, right);
        for (int i = 0; i < _kind.Parts.Count; i++)
        {
            ItemPart<T> part = _kind.Parts[i];
            var rightOfPart = new ItemRight(_kind.Collection, part.Name, id);
            foreach (string name in part.Names(told.Item, told.Parts[i] ?? [])) yield return Of($"{told.Topic}/{part.Name}/{name}", [], told.Cid, nowUs, rightOfPart);
        }
    }

    private static Publication Of(string topic, byte[] payload, long cid, long timeUs, ItemRight right) =>
        new() { Topic = topic, Payload = payload, Cid = cid, TimeUs = timeUs, IsRetained = true, Right = right };

    /// <summary>Walks over the items as they are when their turn comes. Those that are made meanwhile are told as changes.</summary>
    private sealed class ItemWalk(ItemStates<T> states, FilterWalk walk) : RetainedWalk
    {
        private IEnumerator<long>? _ids;
        private string? _from;

        internal override bool TryRead(Func<long, ItemRight, bool> mayRead, List<Publication> found)
        {
            _ids ??= states.Named(walk.Values(ItemDepth)).GetEnumerator();
            if (_from is null && !_ids.MoveNext()) return false;
            if (states._kind.Find(_ids.Current) is { } item) states.Find(item, walk, mayRead, states.NowUs, found);
            // By topic, so that an item of which not all could be taken goes on behind that, whatever comes and goes meanwhile.
            found.Sort(static (left, right) => string.CompareOrdinal(left.Topic, right.Topic));
            if (_from is not null) found.RemoveAll(publication => string.CompareOrdinal(publication.Topic, _from) < 0);
            _from = null;
            return true;
        }

        internal override void GoBack(Publication to) => _from = to.Topic;
    }
}
