using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Gateway.Host.Configuration;

namespace Gateway.Host.Accounts;

/// <summary>Who may use the gateway: keys are kept as hashes in the configuration store, and found by them.</summary>
/// <remarks>
/// Any number of threads once opened; before that nobody gets in. The start token, number 1, is a master token of the root account. When the settings give its key, that is
/// the only start token that counts, and it is not written to disk.
/// </remarks>
internal sealed class AccessTokens(IConfigurationStore store, AccountDirectory accounts, TimeProvider clock) : IDisposable
{
    /// <summary>Number of the start token.</summary>
    internal const long StartTokenId = 1;

    /// <summary>Tokens of one gateway.</summary>
    internal const int CountMax = 100_000;

    private readonly StoredItems<Token> _tokens = new(store, "token", token => token.Id, token => token.ToJson(), Token.FromJson);
    private readonly ConcurrentDictionary<TokenHash, Entry> _entries = new();
    private readonly SemaphoreSlim _changes = new(1, 1);
    private Token? _configured;
    private Token? _unkept;

    /// <summary>All tokens that count, by number, smallest first.</summary>
    internal IReadOnlyList<Token> All => [.. _entries.Values.Select(entry => entry.Token).OrderBy(token => token.Id)];

    private long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Reads the stored tokens; makes the start token when no master token of the root is valid and none is configured.</summary>
    /// <param name="configured">The key from the command line, environment or file, null for none.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>The key that was made, null when none was. It can't be read again: show it once, after <see cref="KeepAsync"/>.</returns>
    /// <exception cref="InvalidDataException">A stored token is damaged.</exception>
    internal async ValueTask<string?> OpenAsync(string? configured, CancellationToken cancellationToken)
    {
        await _tokens.LoadAsync(cancellationToken).ConfigureAwait(false);

        // Tokens of an account that is gone are what a stop in the middle of its removal left.
        foreach (Token token in _tokens.All.Where(token => accounts.Find(token.Cid) is not null && !(token.IsStart && configured is not null))) Index(token);
        if (configured is not null)
        {
            Index(_configured = StartToken("configured", configured));
            return null;
        }
        if (_entries.Values.Any(entry => IsRootMaster(entry.Token) && IsUsable(entry))) return null;

        string made = AccessToken.Make();
        if (_tokens.Find(StartTokenId) is { } useless) _entries.TryRemove(useless.Hash, out _);
        Index(_unkept = StartToken("first", made));
        return made;

        static bool IsRootMaster(Token token) => token is { Cid: AccountDirectory.RootId, Access.Kind: TokenKind.Master };
    }

    /// <summary>Stores a token that was made. Apart from <see cref="OpenAsync"/>, so that a start that fails leaves no token whose key nobody has seen.</summary>
    internal async ValueTask KeepAsync(CancellationToken cancellationToken)
    {
        if (_unkept is not { } token) return;
        if (_tokens.Find(token.Id) is { } useless) await _tokens.TryReplaceAsync(useless, token, cancellationToken).ConfigureAwait(false);
        else await _tokens.TryAddAsync(token, cancellationToken).ConfigureAwait(false);
        _unkept = null;
    }

    /// <summary>Finds the valid token whose key a client shows, and notes its use.</summary>
    /// <param name="shown">The key, bare or behind <c>FlespiToken</c> or <c>Bearer</c>.</param>
    /// <param name="token">The token, when true.</param>
    internal bool TryFind(ReadOnlySpan<char> shown, [NotNullWhen(true)] out Token? token)
    {
        token = null;
        ReadOnlySpan<char> key = AccessToken.Bare(shown);
        if (key.IsEmpty || !_entries.TryGetValue(AccessToken.Hash(key), out Entry? entry) || !IsUsable(entry)) return false;
        entry.Accessed = Now;
        token = entry.Token;
        return true;
    }

    /// <summary>The valid token with a number as it is now: for who holds a connection for long. Null when it ended meanwhile.</summary>
    internal Token? Current(Token token) => _entries.TryGetValue(token.Hash, out Entry? entry) && IsUsable(entry) ? entry.Token : null;

    /// <summary>Whether a token is still valid.</summary>
    /// <param name="token">The token.</param>
    /// <param name="isUsed">It is in use just now: its ttl starts anew.</param>
    internal bool IsCurrent(Token token, bool isUsed)
    {
        if (!_entries.TryGetValue(token.Hash, out Entry? entry) || !IsUsable(entry)) return false;
        if (isUsed) entry.Accessed = Now;
        return true;
    }

    /// <summary>Finds a token by its number.</summary>
    internal Token? Find(long id) => _configured?.Id == id ? _configured : _tokens.Find(id) is { } token && _entries.ContainsKey(token.Hash) ? token : null;

    /// <summary>Last use of a token, s since 1970.</summary>
    internal long AccessedOf(Token token) => _entries.TryGetValue(token.Hash, out Entry? entry) ? entry.Accessed : token.Accessed;

    /// <summary>Tokens of an account and those below it.</summary>
    internal int CountBelow(long ancestorId) => _entries.Values.Count(entry => accounts.IsWithin(entry.Token.Cid, ancestorId));

    /// <summary>Makes a token.</summary>
    /// <param name="draft">Its properties, without number and hash.</param>
    /// <param name="check">Looks at limits once no other change is under way; null when nothing speaks against it.</param>
    /// <param name="cancellationToken">Stops the wait for other changes.</param>
    /// <returns>The token and its key, which can't be had again, or why there is none.</returns>
    internal async ValueTask<(Token? Token, string Key, string? Problem)> CreateAsync(Token draft, Func<string?> check, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!accounts.IsOpen(draft.Cid)) return (null, "", $"There is no account {draft.Cid}.");
            if (_entries.Count >= CountMax) return (null, "", $"A gateway has at most {CountMax} tokens.");
            if (check() is { } problem) return (null, "", problem);

            long id;
            do id = await _tokens.NextIdAsync(CancellationToken.None).ConfigureAwait(false);
            while (id == StartTokenId);
            string key = AccessToken.Make();
            Token token = draft with { Id = id, Created = Now, Accessed = 0, Hash = AccessToken.Hash(key) };
            if (!await _tokens.TryAddAsync(token, CancellationToken.None).ConfigureAwait(false)) throw new InvalidOperationException($"Token number {id} was given twice.");
            Index(token);
            return (token, key, null);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Changes a token as it is at that moment.</summary>
    /// <returns>The token as it is now, or why it was not changed.</returns>
    internal async ValueTask<(Token? Token, string? Problem)> UpdateAsync(long id, Func<Token, Token> change, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_configured?.Id == id) return (null, "This token is given by the gateway's settings; change it there.");
            if (_tokens.Find(id) is not { } before || !_entries.TryGetValue(before.Hash, out Entry? entry)) return (null, $"There is no token {id}.");
            Token after = change(before) with { Accessed = entry.Accessed };
            if (!await _tokens.TryReplaceAsync(before, after, CancellationToken.None).ConfigureAwait(false)) return (null, $"There is no token {id}.");
            entry.Token = after;
            return (after, null);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Removes a token; from then on its key opens nothing.</summary>
    /// <returns>Null when it is removed, else why it is not.</returns>
    internal async ValueTask<string?> RemoveAsync(long id, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_configured?.Id == id) return "This token is given by the gateway's settings; change it there.";
            if (_tokens.Find(id) is not { } token) return $"There is no token {id}.";
            if (!await _tokens.TryRemoveAsync(id, CancellationToken.None).ConfigureAwait(false)) return $"There is no token {id}.";
            _entries.TryRemove(token.Hash, out _);
            return null;
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Removes tokens that ended, and stores the last use of those whose stored one is old.</summary>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    /// <returns>The tokens removed.</returns>
    internal async ValueTask<IReadOnlyList<Token>> SweepAsync(CancellationToken cancellationToken)
    {
        var ended = new List<Token>();
        foreach (Entry entry in _entries.Values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Token token = entry.Token;
            if (token.Id == _configured?.Id || token.Id == _unkept?.Id) continue;
            if (!token.IsValidAt(Now, entry.Accessed))
            {
                if (await RemoveAsync(token.Id, cancellationToken).ConfigureAwait(false) is null) ended.Add(token);
            }
            else if (entry.Accessed - token.Accessed >= StoreAfterSeconds(token))
            {
                await UpdateAsync(token.Id, static same => same, cancellationToken).ConfigureAwait(false);
            }
        }
        return ended;
    }

    /// <summary>Frees what is left after a stop.</summary>
    public void Dispose() => _changes.Dispose();

    /// <summary>How old the stored last use may be: a tenth of what it decides about, and not so young that a busy token writes all the time.</summary>
    private static long StoreAfterSeconds(Token token) => token.Ttl == 0 ? 3_600 : Math.Clamp(token.Ttl / 10, 10, 3_600);

    private bool IsUsable(Entry entry) => entry.Token.Enabled && entry.Token.IsValidAt(Now, entry.Accessed) && accounts.Find(entry.Token.Cid) is not null;

    private void Index(Token token) => _entries[token.Hash] = new Entry(token);

    private Token StartToken(string info, string key) =>
        new() { Id = StartTokenId, Cid = AccountDirectory.RootId, Info = info, Created = Now, Access = TokenAccess.Master, IsStart = true, Hash = AccessToken.Hash(key) };

    /// <summary>A token while the gateway runs.</summary>
    private sealed class Entry(Token token)
    {
        private Token _token = token;
        private long _accessed = token.Accessed;

        internal Token Token
        {
            get => Volatile.Read(ref _token);
            set => Volatile.Write(ref _token, value);
        }

        internal long Accessed
        {
            get => Volatile.Read(ref _accessed);
            set => Volatile.Write(ref _accessed, value);
        }
    }
}
