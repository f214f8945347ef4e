using Gateway.Storage.Disk;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Inspection;

/// <summary>Reads everything in a folder of messages, finds what is wrong, and works out what a repair would do and keep. Changes nothing: it works on a copy in memory.</summary>
/// <remarks>
/// In the order of a start: format, checkpoints, journal, each log; then files that belong nowhere. Whether a start, or a repair, comes through is not guessed at: the store itself is
/// opened on the copy. Single-threaded; used once.
/// </remarks>
internal sealed partial class Survey : IDisposable
{
    private const int OpenFilesMax = 64;

    private readonly string _folder;
    private readonly OverlayFiles _files;
    private readonly HandleCache _handles;
    private readonly StoreOptions _options;
    private readonly Action<InspectionProgress>? _progress;
    private readonly List<Finding> _findings = [];
    private string _subject = "";
    private long _bytesDone;
    private long _bytesTotal;

    /// <param name="disk">The disk, which is only read.</param>
    /// <param name="options">The folder, and the sizes with which a repair opens it.</param>
    /// <param name="progress">Told now and then.</param>
    public Survey(FileSystem disk, StoreOptions options, Action<InspectionProgress>? progress)
    {
        _folder = options.Folder;
        _files = new OverlayFiles(disk);
        _handles = new HandleCache(_files, OpenFilesMax);
        _options = options with { IsStepped = true };
        _progress = progress;
        Actions = new RepairActions(_folder);
    }

    /// <summary>What is wrong, in the order in which it was found.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>What a repair does to files first.</summary>
    public RepairActions Actions { get; }

    /// <summary>What a repair opens the store with; null when there is nothing to open, or something that this program does not know.</summary>
    public Salvage? Salvage { get; private set; }

    /// <summary>The sizes with which a repair opens the store.</summary>
    public StoreOptions Options => _options;

    /// <summary>Why no repair is possible; null when one is.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>Reads everything.</summary>
    /// <exception cref="IOException">The disk fails in a way that says nothing about the data.</exception>
    public StorageReport Run(CancellationToken cancellationToken)
    {
        CountFiles();
        int version = FindFormat();
        Checkpoint? checkpoint = FindCheckpoint();
        IReadOnlyList<ChannelReport> channels = [];
        if (Obstacle is null && !_isNew)
        {
            FindJournal(checkpoint, cancellationToken);
            PlaceFiles();
            List<ChannelFacts> facts = _isRebuild ? Rebuild(cancellationToken) : FindLogs(checkpoint!, cancellationToken);
            FindStrays(facts);
            FindUnreadable();
            Salvage = new Salvage(CheckpointOf(checkpoint, facts), _isSecondSuspect)
            {
                IsJournalDamaged = _isJournalDamaged,
                PassesOverKeys = _isJournalDamaged || _isRebuild,
                JournalGenerationNext = _generationMax + 1,
            };
            if (Obstacle is null) channels = Rehearse();
        }

        return new StorageReport(
            _folder, version, _fileCount, _bytesTotal, _journalEntries, channels,
            [.. _findings.Select(finding => new StorageDamage(finding.File, finding.Offset, finding.ChannelId, finding.What, TodoOf(finding)))]);
    }

    /// <inheritdoc />
    public void Dispose() => _handles.Dispose();

    private int _fileCount;

    private void CountFiles()
    {
        foreach (string file in AllFiles())
        {
            _fileCount++;
            _bytesTotal += _files.LengthOf(file);
        }
    }

    private IEnumerable<string> AllFiles() =>
        new[] { _folder, ChannelsFolder }.Concat(_files.ListFolders(ChannelsFolder)).SelectMany(folder => _files.ListFiles(folder, ""));

    private string ChannelsFolder => Path.Combine(_folder, "channels");

    private int FindFormat()
    {
        string path = FolderFormat.PathOf(_folder);
        int version = FolderFormat.Find(_folder, _files);
        if (version > FolderFormat.Version) AddLater(path, version, FolderFormat.Version);
        else if (version == 0)
        {
            _findings.Add(new Finding(path, 0, 0, _files.FileExists(path) ? "it does not say the version of the folder" : "it is missing", "it is written anew; no message is lost"));
            Actions.Keep(path);
            Actions.WritesFormat = true;
            FolderFormat.Write(_folder, _files);
        }

        return version;
    }

    /// <summary>What the disk refused to read was taken for zeros, and so for damage where that mattered; the file gets another place.</summary>
    private void FindUnreadable()
    {
        foreach ((string file, long bytes) in _files.Unreadable)
        {
            if (!_findings.Exists(finding => finding.File == file))
                _findings.Add(new Finding(file, 0, 0, $"the disk can't read {bytes} bytes or more of it", "a copy takes its place, with zeros where nothing can be read; no message is lost"));
            Actions.Renew(file);
        }
    }

    /// <summary>A file of a later program: whatever this one did to the folder would be wrong.</summary>
    private void AddLater(string path, int version, int own)
    {
        _findings.Add(new Finding(path, 0, 0, $"it is of version {version}; this program knows up to version {own}", Action: null));
        Obstacle ??= $"{path} was written by a later program. Use that program.";
    }

    private void Advance(long bytes)
    {
        _bytesDone += bytes;
        _progress?.Invoke(new InspectionProgress(_subject, Math.Min(_bytesDone, _bytesTotal), _bytesTotal));
    }

    private string TodoOf(Finding finding) => finding.Action is null
        ? "Use the program that wrote it, or restore the folder from a copy."
        : $"`gateway storage repair {_folder}` shows what a repair would do here: {finding.Action}.";

    /// <summary>Opens the store on the copy, as the next start would or as the repair does, and looks at what it holds.</summary>
    private IReadOnlyList<ChannelReport> Rehearse()
    {
        _subject = "rehearsal of the start";
        HashSet<long> damaged = [.. _findings.Select(finding => finding.ChannelId)];
        try
        {
            var store = new MessageStore(_options, _files, _findings.Count == 0 ? null : Salvage);
            try
            {
                AddLosses();
                return store.Describe(damaged);
            }
            finally
            {
                store.Abandon();
            }
        }
        catch (DamagedLogException e)
        {
            _findings.Add(new Finding(e.File ?? _folder, e.Offset, 0, e.What ?? e.Message, Action: null));
            Obstacle ??= $"A repair would not come through: {e.Message}";
            return [];
        }
    }

    /// <summary>What the journal turned out to lack.</summary>
    private void AddLosses()
    {
        if (Salvage!.Losses.Count == 0) return;
        Finding journal = _findings.Find(finding => finding == _journalFinding) ?? _findings[0];
        journal.Losses.AddRange(Salvage.Losses);
    }
}
