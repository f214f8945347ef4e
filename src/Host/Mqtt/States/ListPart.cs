using System.Globalization;
using Gateway.Host.Api;

namespace Gateway.Host.Mqtt.States;

/// <summary>A list of numbered things of an item: connections, commands that wait.</summary>
/// <typeparam name="T">The item.</typeparam>
/// <typeparam name="TEntry">A thing in the list.</typeparam>
internal sealed class ListPart<T, TEntry>(string name, Func<T, IReadOnlyList<TEntry>> entriesOf, Func<TEntry, long> idOf, Func<TEntry, long> timeOf, ItemShape<TEntry> shape) : ItemPart<T>(name)
    where T : class
{
    private readonly ItemField<TEntry>[] _fields = [.. shape.Fields.Where(field => field.IsDefault).OrderBy(field => field.Name, StringComparer.Ordinal)];

    /// <inheritdoc/>
    internal override IEnumerable<StateEntry> All(T item, long nowUs) =>
        entriesOf(item).Select(entry => new StateEntry(NameOf(idOf(entry)), StateJson.Object(_fields, entry).ToArray(), timeOf(entry)));

    /// <inheritdoc/>
    internal override IReadOnlyList<StateEntry> Changes(T item, Dictionary<long, ulong> told, Func<bool> isWanted, long nowUs)
    {
        IReadOnlyList<TEntry> entries = entriesOf(item);
        if ((entries.Count == 0 && told.Count == 0) || !isWanted()) return [];
        var changes = new List<StateEntry>();
        foreach (TEntry entry in entries)
        {
            ReadOnlySpan<byte> payload = StateJson.Object(_fields, entry);
            ulong hash = StateJson.Hash(payload);
            if (told.TryGetValue(idOf(entry), out ulong before) && before == hash) continue;
            told[idOf(entry)] = hash;
            changes.Add(new StateEntry(NameOf(idOf(entry)), payload.ToArray(), nowUs));
        }
        if (told.Count == entries.Count) return changes;
        foreach (long gone in told.Keys.Except(entries.Select(idOf)).ToArray())
        {
            told.Remove(gone);
            changes.Add(new StateEntry(NameOf(gone), [], nowUs));
        }
        return changes;
    }

    private static string NameOf(long id) => id.ToString(CultureInfo.InvariantCulture);
}
