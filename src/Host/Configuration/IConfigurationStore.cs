namespace Gateway.Host.Configuration;

/// <summary>Keeps the definitions of entities (channels, tokens, ...) durably, each with a revision: the seam behind which SQLite, or later a replicated store, does it.</summary>
/// <remarks>Every successful change gets the next revision of the whole store. Calls may come from many threads; none is retried inside.</remarks>
public interface IConfigurationStore : IAsyncDisposable
{
    /// <summary>All items of a kind by id, smallest first.</summary>
    ValueTask<IReadOnlyList<ConfigurationItem>> ListAsync(string kind, CancellationToken cancellationToken);

    /// <summary>One item, or null when there is none.</summary>
    ValueTask<ConfigurationItem?> GetAsync(string kind, long id, CancellationToken cancellationToken);

    /// <summary>An id of this kind that was never given before: 1, 2, 3, ...</summary>
    ValueTask<long> NextIdAsync(string kind, CancellationToken cancellationToken);

    /// <summary>As <see cref="NextIdAsync"/>, for several items: ids one behind the other.</summary>
    /// <returns>The first of them.</returns>
    ValueTask<long> NextIdsAsync(string kind, int count, CancellationToken cancellationToken);

    /// <summary>Writes an item if it has the revision that the caller knows.</summary>
    /// <param name="kind">Kind of the entity, e.g. <c>channel</c>.</param>
    /// <param name="id">Its id.</param>
    /// <param name="json">Its definition.</param>
    /// <param name="expectedRevision">The revision read before; 0 for an item that must not exist yet.</param>
    /// <param name="cancellationToken">Stops the call; then the outcome is unknown.</param>
    /// <returns>The new revision, or 0 when somebody else changed the item meanwhile; then nothing was written.</returns>
    ValueTask<long> PutAsync(string kind, long id, string json, long expectedRevision, CancellationToken cancellationToken);

    /// <summary>Deletes an item if it has the revision that the caller knows.</summary>
    /// <returns>The revision of the deletion, or 0 when the item is not there with that revision.</returns>
    ValueTask<long> DeleteAsync(string kind, long id, long expectedRevision, CancellationToken cancellationToken);

    /// <summary>Writes and deletes several items of a kind: all of them, or none when one has not the revision that the caller knows.</summary>
    /// <returns>The new revisions in the order of the changes; null when somebody else changed one of the items meanwhile, and then nothing was written.</returns>
    ValueTask<IReadOnlyList<long>?> ChangeAsync(string kind, IReadOnlyList<ConfigurationChange> changes, CancellationToken cancellationToken);

    /// <summary>Changes after <paramref name="fromRevision"/> in order, then later ones as they happen, until cancelled. Of an item changed several times only the last state is certain to be seen.</summary>
    IAsyncEnumerable<ConfigurationItem> WatchAsync(long fromRevision, CancellationToken cancellationToken);
}

/// <summary>One entity as stored.</summary>
/// <param name="Kind">Kind of the entity.</param>
/// <param name="Id">Its id.</param>
/// <param name="Json">Its definition; empty when it was deleted.</param>
/// <param name="Revision">Revision of its last change.</param>
/// <param name="IsDeleted">Only in <see cref="IConfigurationStore.WatchAsync"/>: the item is gone.</param>
public sealed record ConfigurationItem(string Kind, long Id, string Json, long Revision, bool IsDeleted = false);

/// <summary>One change of <see cref="IConfigurationStore.ChangeAsync"/>.</summary>
/// <param name="Id">Id of the item.</param>
/// <param name="Json">Its definition; null deletes it.</param>
/// <param name="ExpectedRevision">The revision read before; 0 for an item that must not exist yet.</param>
public readonly record struct ConfigurationChange(long Id, string? Json, long ExpectedRevision);
