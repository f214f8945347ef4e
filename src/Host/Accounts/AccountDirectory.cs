using Gateway.Host.Configuration;

namespace Gateway.Host.Accounts;

/// <summary>The tree of accounts: who owns whom, and therefore who may see what.</summary>
/// <remarks>Any number of threads may ask; changes happen one after the other.</remarks>
internal sealed class AccountDirectory(IConfigurationStore store, TimeProvider clock) : IDisposable
{
    /// <summary>Number of the root account, which every data folder has.</summary>
    internal const long RootId = 1;

    /// <summary>Levels of accounts, the root included.</summary>
    internal const int DepthMax = 4;

    /// <summary>Accounts of one gateway.</summary>
    internal const int CountMax = 100_000;

    private readonly StoredItems<Account> _accounts = new(store, "account", account => account.Id, account => account.ToJson(), Account.FromJson);
    private readonly SemaphoreSlim _changes = new(1, 1);
    private readonly HashSet<long> _closing = [];
    private readonly Account _unstoredRoot = new() { Id = RootId, OwnerId = 0, Name = "root" };

    /// <summary>All accounts by number, smallest first; the root is among them.</summary>
    internal IReadOnlyList<Account> All => [.. _accounts.Find(RootId) is null ? [_unstoredRoot] : (Account[])[], .. _accounts.All];

    /// <summary>The root account.</summary>
    internal Account Root => _accounts.Find(RootId) ?? _unstoredRoot;

    /// <summary>Reads the accounts. A folder from before there were any has the root alone, which is stored when it is changed first.</summary>
    /// <exception cref="InvalidDataException">An account is damaged.</exception>
    internal ValueTask OpenAsync(CancellationToken cancellationToken) => _accounts.LoadAsync(cancellationToken);

    /// <summary>Finds an account.</summary>
    internal Account? Find(long id) => id == RootId ? Root : _accounts.Find(id);

    /// <summary>An account and those above it, up to the root. What belongs to an account that is gone belongs to the root.</summary>
    internal IEnumerable<Account> Upward(long id)
    {
        Account account = Find(id) ?? Root;
        for (int level = 0; level < DepthMax; level++)
        {
            yield return account;
            if (account.Id == RootId) yield break;
            account = Find(account.OwnerId) ?? Root;
        }
    }

    /// <summary>Whether an account is another one or below it.</summary>
    internal bool IsWithin(long id, long ancestorId)
    {
        if (ancestorId == RootId || id == ancestorId) return true;
        foreach (Account account in Upward(id))
            if (account.Id == ancestorId) return true;
        return false;
    }

    /// <summary>Whether items can be put into an account: it is there and not about to be removed.</summary>
    internal bool IsOpen(long id)
    {
        lock (_closing) return Find(id) is not null && !_closing.Contains(id);
    }

    /// <summary>Accounts that an account or one below it owns.</summary>
    internal int CountBelow(long ancestorId) => _accounts.Live.Count(account => account.Id != RootId && IsWithin(account.OwnerId, ancestorId));

    /// <summary>Makes a subaccount.</summary>
    /// <param name="draft">Its properties, without a number.</param>
    /// <param name="check">Looks at limits once no other change is under way; null when nothing speaks against it.</param>
    /// <param name="cancellationToken">Stops the wait for other changes.</param>
    /// <returns>The subaccount, or why there is none.</returns>
    internal async ValueTask<(Account? Account, string? Problem)> CreateAsync(Account draft, Func<string?> check, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!IsOpen(draft.OwnerId)) return (null, $"There is no account {draft.OwnerId}.");
            if (Upward(draft.OwnerId).Count() >= DepthMax) return (null, $"Accounts may be nested {DepthMax} levels deep, the root included.");
            if (_accounts.Count >= CountMax) return (null, $"A gateway has at most {CountMax} accounts.");
            if (check() is { } problem) return (null, problem);

            // The root's number is never given out, whether or not it is stored.
            long id;
            do id = await _accounts.NextIdAsync(CancellationToken.None).ConfigureAwait(false);
            while (id == RootId);
            Account account = draft with { Id = id, Created = clock.GetUtcNow().ToUnixTimeSeconds() };
            if (!await _accounts.TryAddAsync(account, CancellationToken.None).ConfigureAwait(false)) throw new InvalidOperationException($"Account number {id} was given twice.");
            return (account, null);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Changes an account as it is at that moment.</summary>
    /// <returns>The account as it is now, null when it is gone.</returns>
    internal async ValueTask<Account?> UpdateAsync(long id, Func<Account, Account> change, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Find(id) is not { } before) return null;
            Account after = change(before);
            bool done = ReferenceEquals(before, _unstoredRoot)
                ? await _accounts.TryAddAsync(after, CancellationToken.None).ConfigureAwait(false)
                : await _accounts.TryReplaceAsync(before, after, CancellationToken.None).ConfigureAwait(false);
            return done ? after : null;
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Removes a subaccount that owns nothing.</summary>
    /// <param name="id">The subaccount.</param>
    /// <param name="findContents">Says what is still in it, null for nothing; from before it is asked nothing more can be put in.</param>
    /// <param name="cancellationToken">Stops the wait for other changes.</param>
    /// <returns>Null when it is removed, else why it is not.</returns>
    internal async ValueTask<string?> RemoveAsync(long id, Func<ValueTask<string?>> findContents, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            lock (_closing) _closing.Add(id);
            if (id == RootId) return "The root account can't be removed.";
            if (_accounts.Live.Any(account => account.OwnerId == id)) return $"Account {id} still has subaccounts.";
            if (await findContents().ConfigureAwait(false) is { } contents) return contents;
            return await _accounts.TryRemoveAsync(id, CancellationToken.None).ConfigureAwait(false) ? null : $"Account {id} was removed meanwhile.";
        }
        finally
        {
            lock (_closing) _closing.Remove(id);
            _changes.Release();
        }
    }

    /// <summary>Frees what is left after a stop.</summary>
    public void Dispose() => _changes.Dispose();
}
