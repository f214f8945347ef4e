using Gateway.Host.Configuration;

namespace Gateway.Host.Accounts;

/// <summary>All limits, and what they come to for an account in its tree.</summary>
/// <remarks>Any number of threads may ask; changes happen one after the other. An account answers for those below it: what they use together must fit each limit above them.</remarks>
internal sealed class LimitDirectory(IConfigurationStore store, AccountDirectory accounts) : IDisposable
{
    /// <summary>Limits of one gateway.</summary>
    internal const int CountMax = 100_000;

    private readonly StoredItems<Limit> _limits = new(store, "limit", limit => limit.Id, limit => limit.ToJson(), Limit.FromJson);
    private readonly SemaphoreSlim _changes = new(1, 1);

    /// <summary>All limits by number, smallest first.</summary>
    internal IReadOnlyList<Limit> All => _limits.All;

    /// <summary>Reads the limits.</summary>
    /// <exception cref="InvalidDataException">One is damaged.</exception>
    internal ValueTask OpenAsync(CancellationToken cancellationToken) => _limits.LoadAsync(cancellationToken);

    /// <summary>Finds a limit.</summary>
    internal Limit? Find(long id) => _limits.Find(id);

    /// <summary>Limits of an account and those below it.</summary>
    internal int CountBelow(long ancestorId) => _limits.Live.Count(limit => accounts.IsWithin(limit.Cid, ancestorId));

    /// <summary>The least of the values on the way from an account to the root; null when none of them has one.</summary>
    internal long? Least(long cid, LimitName name)
    {
        long? least = null;
        foreach (Account account in accounts.Upward(cid))
            if (Of(account, name) is { } value && (least is null || value < least)) least = value;
        return least;
    }

    /// <summary>Whether one more item fits an account and those above it.</summary>
    /// <param name="cid">The account that is to have it.</param>
    /// <param name="name">The limit of their count.</param>
    /// <param name="countBelow">Counts what an account and those below it have.</param>
    /// <param name="added">How many more.</param>
    /// <returns>Null when it fits, else which limit is reached.</returns>
    internal string? ProblemOf(long cid, LimitName name, Func<long, long> countBelow, int added = 1)
    {
        foreach (Account account in accounts.Upward(cid))
            if (Of(account, name) is { } value && countBelow(account.Id) + added > value) return Reached(name, value);
        return null;
    }

    /// <summary>What is said when a limit is reached. It names neither the account nor the limit: those may be somebody's above.</summary>
    internal static string Reached(LimitName name, long value) => $"The account's limit is reached: {name.Name} is {value}.";

    /// <summary>The value that an account itself is under, null for none.</summary>
    internal long? Of(Account account, LimitName name) =>
        account.LimitId != 0 && _limits.Find(account.LimitId)?.Of(name) is >= 0 and long value ? value : null;

    /// <summary>Makes a limit.</summary>
    /// <returns>The limit, or why there is none.</returns>
    internal async ValueTask<(Limit? Limit, string? Problem)> CreateAsync(Limit draft, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!accounts.IsOpen(draft.Cid)) return (null, $"There is no account {draft.Cid}.");
            if (_limits.Count >= CountMax) return (null, $"A gateway has at most {CountMax} limits.");
            if (ProblemOf(draft.Cid, LimitName.LimitsCount, ancestor => CountBelow(ancestor)) is { } problem) return (null, problem);
            Limit limit = draft with { Id = await _limits.NextIdAsync(CancellationToken.None).ConfigureAwait(false) };
            if (!await _limits.TryAddAsync(limit, CancellationToken.None).ConfigureAwait(false)) throw new InvalidOperationException($"Limit number {limit.Id} was given twice.");
            return (limit, null);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Changes a limit as it is at that moment.</summary>
    /// <returns>The limit as it is now, null when it is gone.</returns>
    internal async ValueTask<Limit?> UpdateAsync(long id, Func<Limit, Limit> change, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_limits.Find(id) is not { } before) return null;
            Limit after = change(before);
            return await _limits.TryReplaceAsync(before, after, CancellationToken.None).ConfigureAwait(false) ? after : null;
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Removes a limit that no account is under.</summary>
    /// <returns>Null when it is removed, else why it is not.</returns>
    internal async ValueTask<string?> RemoveAsync(long id, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (accounts.All.Where(account => account.LimitId == id).Select(account => account.Id).ToArray() is { Length: > 0 } held)
                return $"Limit {id} holds subaccounts {string.Join(", ", held.Take(10))}; give them another one first.";
            return await _limits.TryRemoveAsync(id, CancellationToken.None).ConfigureAwait(false) ? null : $"There is no limit {id}.";
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Frees what is left after a stop.</summary>
    public void Dispose() => _changes.Dispose();
}
