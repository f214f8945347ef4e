using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>All rings of a gateway in one folder: raw traffic and logs, kept for a while, the oldest giving way.</summary>
/// <remarks>
/// The way of a record: one copy into a bounded queue, on the caller's thread → one writer thread gathers by ring and writes to the ring's last file → whole files are removed at
/// the old end. Nothing here is ever waited for by whoever adds, and nothing is synced: a killed process loses what waited in the queue, a power cut also what the
/// system had not brought to the disk. What is read is what was added; damage is stepped over and told. Folder: `traffic/OWNER/ring-N`, `logs/OWNER/ring-N`, `accounts/OWNER/ring-N`, `devices/OWNER/ring-N`.
/// docs/decisions/008-rings.md has the reasons and the figures.
/// </remarks>
public sealed class RingStore : IAsyncDisposable
{
    /// <summary>Readers that look into files at one time; each has one file in memory, 4 MiB at most.</summary>
    public const int ReadersMax = 4;

    /// <summary>How long a stop waits for the disk.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private readonly RingStoreOptions _options;
    private readonly FileSystem _files;
    private readonly HandleCache _handles;
    private readonly RingQueue _queue;
    private readonly RingWriter _writer;
    private readonly SemaphoreSlim _readers = new(ReadersMax, ReadersMax);
    private readonly Lock _gate = new();
    private readonly Dictionary<(RingKind, long), Ring> _byOwner = [];
    private int _isDisposed;

    /// <summary>Opens the store; the disk is not touched yet.</summary>
    public RingStore(RingStoreOptions options) : this(options, FileSystem.Real)
    {
    }

    internal RingStore(RingStoreOptions options, FileSystem files)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options with { Folder = Path.GetFullPath(options.Folder) };
        _files = files;
        _handles = new HandleCache(files, options.OpenFilesMax, new FreeSpace(files, _options.Folder, options.FreeBytesMin));
        _queue = new RingQueue(options.QueueBits);
        _writer = new RingWriter(_queue, options, text => Trouble?.Invoke(text));
    }

    /// <summary>What went wrong, in words for the operator's log: once when the disk begins to refuse, once when it works again. Called on the writer's thread; must return soon.</summary>
    public event Action<string>? Trouble;

    /// <summary>Opens a ring. The same instance is given for the same ring, with the options given last.</summary>
    /// <param name="kind">Which of the owner's rings.</param>
    /// <param name="owner">1 or more.</param>
    /// <param name="options">How much it keeps.</param>
    public Ring Open(RingKind kind, long owner, RingOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(owner, 1);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        Ring? ring;
        lock (_gate)
        {
            if (!_byOwner.TryGetValue((kind, owner), out ring))
            {
                var files = new RingFiles(_handles, RingFolder.PathOf(_options.Folder, kind, owner), kind, owner);
                var idents = new KnownIdents(_files, RingFolder.PathOf(_options.Folder, kind, owner), kind, owner);
                return _byOwner[(kind, owner)] = _writer.Admit(number => new Ring(this, number, kind, owner, options, files, idents));
            }
        }

        ring.Configure(options);
        return ring;
    }

    /// <summary>Deletes a ring and its files; records that are still added are dropped. Not to be opened again before this has completed.</summary>
    /// <returns>Completes when the files are gone, which takes as long as the disk does.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public Task DeleteAsync(RingKind kind, long owner)
    {
        Ring? ring;
        lock (_gate)
        {
            if (!_byOwner.Remove((kind, owner), out ring))
                ring = new Ring(this, -1, kind, owner, new RingOptions { QuotaBytes = 0 }, new RingFiles(_handles, RingFolder.PathOf(_options.Folder, kind, owner), kind, owner), idents: null);
        }

        ring.MarkDeleted();
        return _writer.DoAsync(() =>
        {
            _writer.Dismiss(ring);
            ring.Files.Remove();
        });
    }

    /// <summary>Completes when all that was added before is in its files, or was dropped; cancelled when the store ends before. Takes as long as the disk does: callers limit the wait.</summary>
    public Task FlushAsync() => _writer.DoAsync(static () => { });

    /// <summary>Writes what waits, as long as the disk is quick about it, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        if (!await _writer.StopAsync(StopTimeout).ConfigureAwait(false)) return;      // its thread still uses the files; it ends with the process
        _handles.Dispose();
        _readers.Dispose();
    }

    internal bool TryAdd(int number, in RingEntry entry, ReadOnlySpan<byte> ident, ReadOnlySpan<byte> bytes)
    {
        int waiting = _queue.TryAdd(number, entry, ident, bytes);
        if (waiting > 0) _writer.Added(waiting);
        return waiting > 0;
    }

    internal RingReader Read(Ring ring, RingQuery query) => new(_files, _options.Folder, ring.Kind, ring.Owner, query, _readers, ring.Files.Published, ring.Idents);

    internal void TrimSoon() => _writer.SweepSoon();

    internal long NowUs => (_options.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Writes what waits; for a stepped store.</summary>
    internal void Step() => _writer.Step();

    /// <summary>Looks at all rings for old records; for a stepped store.</summary>
    internal void Sweep() => _writer.SweepAll();
}
