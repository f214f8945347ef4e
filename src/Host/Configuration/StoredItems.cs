using System.Collections.Concurrent;
using System.Text.Json;

namespace Gateway.Host.Configuration;

/// <summary>All items of one kind in memory, each change written through to the configuration store before it is seen.</summary>
/// <remarks>Any number of threads may read; changes of one item are told apart by the store's revisions.</remarks>
/// <param name="store">Keeps them.</param>
/// <param name="kind">Kind in the store, and what an item is called in errors.</param>
/// <param name="idOf">Number of an item.</param>
/// <param name="write">The item as JSON.</param>
/// <param name="read">Reads it back; JsonException, KeyNotFoundException, InvalidOperationException or FormatException when it is damaged.</param>
internal sealed class StoredItems<T>(IConfigurationStore store, string kind, Func<T, long> idOf, Func<T, string> write, Func<long, JsonElement, T> read)
    where T : class
{
    private readonly ConcurrentDictionary<long, Entry> _entries = new();

    /// <summary>All items by number, smallest first.</summary>
    internal IReadOnlyList<T> All => [.. _entries.OrderBy(pair => pair.Key).Select(pair => pair.Value.Item)];

    /// <summary>Enumerates without order and copy.</summary>
    internal IEnumerable<T> Live => _entries.Select(pair => pair.Value.Item);

    /// <summary>How many there are.</summary>
    internal int Count => _entries.Count;

    /// <summary>Finds an item by its number.</summary>
    internal T? Find(long id) => _entries.TryGetValue(id, out Entry entry) ? entry.Item : null;

    /// <summary>Reads all items of the store.</summary>
    /// <exception cref="InvalidDataException">One is damaged.</exception>
    internal async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        foreach (ConfigurationItem stored in await store.ListAsync(kind, cancellationToken).ConfigureAwait(false)) _entries[stored.Id] = new Entry(Read(stored), stored.Revision);
    }

    /// <summary>A number that no item of this kind had.</summary>
    internal ValueTask<long> NextIdAsync(CancellationToken cancellationToken) => store.NextIdAsync(kind, cancellationToken);

    /// <summary>Stores a new item.</summary>
    /// <returns>False when its number is taken.</returns>
    internal async ValueTask<bool> TryAddAsync(T item, CancellationToken cancellationToken)
    {
        long revision = await store.PutAsync(kind, idOf(item), write(item), expectedRevision: 0, cancellationToken).ConfigureAwait(false);
        if (revision != 0) _entries[idOf(item)] = new Entry(item, revision);
        return revision != 0;
    }

    /// <summary>Puts an item in the place of the one that the caller knows.</summary>
    /// <returns>False when that was changed or removed meanwhile.</returns>
    internal async ValueTask<bool> TryReplaceAsync(T known, T item, CancellationToken cancellationToken)
    {
        if (!_entries.TryGetValue(idOf(known), out Entry entry) || !ReferenceEquals(entry.Item, known)) return false;
        long revision = await store.PutAsync(kind, idOf(known), write(item), entry.Revision, cancellationToken).ConfigureAwait(false);
        if (revision != 0) _entries[idOf(known)] = new Entry(item, revision);
        return revision != 0;
    }

    /// <summary>Removes an item.</summary>
    /// <returns>False when it was gone already.</returns>
    internal async ValueTask<bool> TryRemoveAsync(long id, CancellationToken cancellationToken)
    {
        if (!_entries.TryGetValue(id, out Entry entry)) return false;
        bool removed = await store.DeleteAsync(kind, id, entry.Revision, cancellationToken).ConfigureAwait(false) != 0;
        if (removed) _entries.TryRemove(id, out _);
        return removed;
    }

    private T Read(ConfigurationItem stored) => StoredJson.Read($"{kind} {stored.Id}", stored.Json, root => read(stored.Id, root));

    private readonly record struct Entry(T Item, long Revision);
}
