using Gateway.Storage.Disk;
using Gateway.Storage.Journal;
using Gateway.Storage.Repair;

namespace Gateway.Storage;

/// <summary>The message logs of a gateway in one data folder: a log per channel behind one shared journal.</summary>
/// <remarks>
/// The way of an append: channel's log (no sync) → journal → one sync for all who came meanwhile → reply. Every few seconds a checkpoint syncs the channels' logs and cuts
/// the journal. A start reads the checkpoint and plays the journal from there. Folder: `format`, `lock`, `checkpoint-a`, `checkpoint-b`, `journal-N.S`, `channels/ID/log-N.S`.
/// docs/decisions/003-channel-buffer.md has the reasons and the figures.
/// </remarks>
public sealed partial class MessageStore : IMessageStore
{
    private readonly StoreOptions _options;
    private readonly HandleCache _handles;
    private readonly FreeSpace _space;
    private readonly ExpiryClock _expiryClock;
    private readonly CheckpointFile _checkpointFile;
    private readonly IDisposable _folderLock;
    private readonly Dictionary<long, ChannelLog> _logs = [];
    private readonly Lock _gate = new();                        // guards _logs and the counters below
    private readonly SemaphoreSlim _checkpointGate = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _maintenance;
    private GroupJournal _journal;
    private long _checkpointGeneration;
    private long _checkpointSequence = 1;       // the first entry of the journal that is not in the checkpoint
    private long _incarnationNext = 1;
    private int _isDisposed;

    /// <summary>Opens the data folder; makes it when it is missing. Blocks for the recovery: what the journal holds is played into the channels' logs.</summary>
    /// <exception cref="DamagedLogException">The folder can't hold what was written; nothing was changed.</exception>
    /// <exception cref="IOException">The folder is in use by another process, or the disk fails.</exception>
    public MessageStore(StoreOptions options) : this(options, FileSystem.Real)
    {
    }

    /// <param name="options">Where and how.</param>
    /// <param name="files">The disk.</param>
    /// <param name="salvage">What to open with instead of the folder's checkpoint; null for every start but that of a repair.</param>
    internal MessageStore(StoreOptions options, FileSystem files, Salvage? salvage = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options with { Folder = Path.GetFullPath(options.Folder) };
        files.CreateFolder(_options.Folder);
        _folderLock = salvage?.Lock ?? Lock(files, _options.Folder);
        _expiryClock = new ExpiryClock(options.Time);
        OpenLogs = new OpenLogs(options.OpenLogsMax);
        _space = new FreeSpace(files, _options.Folder, options.FreeBytesMin);
        _handles = new HandleCache(files, options.OpenFilesMax, _space);
        _checkpointFile = new CheckpointFile(_handles, _options.Folder);
        try
        {
            _space.Look();
            int formatVersion = FolderFormat.CheckOrWrite(_options.Folder, files);
            _journal = salvage is null ? Recover(formatVersion) : Recover(formatVersion, salvage);
        }
        catch
        {
            foreach (ChannelLog log in _logs.Values) log.Close();
            _handles.Dispose();
            _folderLock.Dispose();
            throw;
        }

        _maintenance = options.IsStepped ? Task.CompletedTask : Task.Run(MaintainAsync);
    }

    /// <summary>What went wrong outside of any call, in words for the operator's log. Called on any thread; must return soon.</summary>
    public event Action<string>? Trouble;

    /// <summary>The numbers of all channels that have a log in this folder, opened or not.</summary>
    public IReadOnlyList<long> ChannelIds
    {
        get
        {
            lock (_gate) return [.. _logs.Keys.Order()];
        }
    }

    internal GroupJournal Journal => Volatile.Read(ref _journal);

    internal HandleCache Handles => _handles;

    /// <summary>The volume has less free than <see cref="StoreOptions.FreeBytesMin"/>: appends are <see cref="AppendStatus.Unavailable"/> until there is more.</summary>
    public bool IsLowOnSpace => _space.IsLow;

    internal OperationPool Operations { get; } = new();

    internal UnknownOutcomes UnknownOutcomes { get; } = new();

    internal OpenLogs OpenLogs { get; }

    /// <inheritdoc />
    /// <exception cref="IOException">The disk refused the new log.</exception>
    public async ValueTask<IMessageLog> OpenAsync(long channelId, LogOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channelId, 1);
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();

        ChannelLog? log;
        ValueTask<AppendResult> durable = default;
        lock (_gate)
        {
            if (_logs.TryGetValue(channelId, out log))
            {
                if (_damaged.TryGetValue(channelId, out string? damage)) throw new DamagedLogException(damage);
                log.Configure(options);
                return log;
            }

            long incarnation = _incarnationNext++;
            RefuseForeignFiles(channelId);
            log = new ChannelLog(this, _handles, _options, ChannelFacts.Empty(channelId, incarnation, _options), options);
            _handles.MakeFolder(ChannelLog.FolderOf(_options.Folder, channelId));
            _logs.Add(channelId, log);
            var entry = new JournalEntry { Kind = JournalKind.Open, ChannelId = channelId, Incarnation = incarnation };
            AppendOperation operation = Operations.Rent();
            durable = operation.Start(log: null, Durability.Commit, new AppendResult(AppendStatus.Appended, 0, 0), CancellationToken.None);
            Journal.Enqueue(ref entry, operation);
        }

        AppendResult result = await durable.ConfigureAwait(false);
        if (result.Status == AppendStatus.Appended) return log;

        // Nothing may go into a log whose beginning is not in the journal.
        log.Close();
        lock (_gate) _logs.Remove(channelId);
        throw new IOException($"The log of channel {channelId} can't be made: {Journal.LastError}");
    }

    /// <summary>Commits, writes a checkpoint, closes. Appends that come later are <see cref="AppendStatus.Unavailable"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _maintenance.ConfigureAwait(false);
        await _checkpointGate.WaitAsync().ConfigureAwait(false);
        ChannelLog[] logs;
        lock (_gate) logs = [.. _logs.Values];
        Journal.Stop();                     // commits; later appends find it failing
        bool isClean = TryCheckpoint(isClosing: true);
        Journal.Dispose();
        foreach (ChannelLog log in logs) log.Close();
        if (isClean) TryRemoveJournalsBelow(long.MaxValue);
        _handles.Dispose();
        _folderLock.Dispose();
        _checkpointGate.Dispose();
        _stopping.Dispose();
    }

    private static IDisposable Lock(FileSystem files, string folder)
    {
        try
        {
            return files.LockFolder(folder);
        }
        catch (IOException e)
        {
            throw new IOException($"The data folder {folder} is in use by another process ({e.Message})", e);
        }
    }

    internal void Report(string trouble) => Trouble?.Invoke(trouble);

    private void RefuseForeignFiles(long channelId)
    {
        string folder = ChannelLog.FolderOf(_options.Folder, channelId);
        string[] doomed = [.. _doomed.Where(log => log.ChannelId == channelId).Select(log => ChannelLog.PathOf(_options.Folder, channelId, log.Incarnation) + ".")];
        string? file = _handles.Files.ListFiles(folder, "log-").FirstOrDefault(file => !doomed.Any(path => file.StartsWith(path, StringComparison.Ordinal)));
        if (file is null) return;
        throw Damage.At(_options.Folder, file, 0, "it belongs to no log that the checkpoint knows", $"Channel {channelId} can't begin a log beside it.");
    }
}
