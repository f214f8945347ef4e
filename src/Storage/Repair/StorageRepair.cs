using Gateway.Storage.Disk;
using Gateway.Storage.Inspection;

namespace Gateway.Storage.Repair;

/// <summary>One damage and what a repair does about it.</summary>
/// <param name="Damage">What is wrong.</param>
/// <param name="Action">What is done, in words; null when nothing can be.</param>
/// <param name="Losses">Messages that can't be kept.</param>
public sealed record RepairStep(StorageDamage Damage, string? Action, IReadOnlyList<MessageLoss> Losses);

/// <summary>Puts a damaged folder of messages right: first as a plan, then, if wanted, for good. Holds the folder meanwhile.</summary>
/// <remarks>
/// Nothing is deleted: whatever is changed or taken out of its place is copied into `damaged-YYYYMMDD-HHMMSS` in the folder first. A repair that was cut short by a power failure can
/// be done again. What is done was rehearsed with the store's own code on a copy in memory.
/// </remarks>
public sealed class StorageRepair : IDisposable
{
    private readonly FileSystem _files;
    private readonly TimeProvider _time;
    private readonly Survey _survey;
    private IDisposable? _lock;

    private StorageRepair(FileSystem files, StoreOptions options, Action<InspectionProgress>? progress, CancellationToken cancellationToken)
    {
        _files = files;
        _time = options.Time;
        _lock = StorageInspector.Lock(files, options.Folder);
        _survey = new Survey(files, options, progress);
        try
        {
            Report = _survey.Run(cancellationToken);
        }
        catch
        {
            Dispose();
            throw;
        }

        Steps = [.. _survey.Findings.Zip(Report.Damages, (finding, damage) => new RepairStep(damage, finding.Action, finding.Losses))];
    }

    /// <summary>What is wrong.</summary>
    public StorageReport Report { get; }

    /// <summary>What would be done about each damage, and what would be lost.</summary>
    public IReadOnlyList<RepairStep> Steps { get; }

    /// <summary>Why nothing can be done; null when it can.</summary>
    public string? Obstacle => _survey.Obstacle;

    /// <summary>Makes the plan; changes nothing.</summary>
    /// <param name="folder">The folder of a <see cref="MessageStore"/>, which is not open.</param>
    /// <param name="progress">Told after each piece that was read; must return soon.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    /// <exception cref="IOException">The folder is in use, or the disk fails in a way that says nothing about the data.</exception>
    public static StorageRepair Plan(string folder, Action<InspectionProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Plan(FileSystem.Real, new StoreOptions { Folder = Path.GetFullPath(folder) }, progress, cancellationToken);

    internal static StorageRepair Plan(FileSystem files, StoreOptions options, Action<InspectionProgress>? progress = null, CancellationToken cancellationToken = default) =>
        new(files, options, progress, cancellationToken);

    /// <summary>Does what the plan says. Once.</summary>
    /// <returns>The folder that holds what was changed or moved, null when nothing had to be kept.</returns>
    /// <exception cref="InvalidOperationException">There is nothing to repair, or no way to.</exception>
    /// <exception cref="IOException">The disk refused; the repair can be done again.</exception>
    public async Task<string?> ExecuteAsync()
    {
        if (Report.IsSound || Obstacle is not null) throw new InvalidOperationException(Obstacle ?? "There is nothing to repair.");
        string? kept = _survey.Actions.Apply(_files, _time.GetUtcNow());
        if (_survey.Salvage is not { } salvage) return kept;       // a folder in which nothing ever was

        salvage.Losses.Clear();
        IDisposable? folderLock = Interlocked.Exchange(ref _lock, null);
        var store = new MessageStore(_survey.Options, _files, salvage with { Lock = folderLock });
        await store.DisposeAsync().ConfigureAwait(false);
        return kept;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _survey.Dispose();
        Interlocked.Exchange(ref _lock, null)?.Dispose();
    }
}
