using FASTER.core;

namespace Gateway.Storage.Disk;

/// <summary>Tells FASTER from where to where a log goes; keeps nothing itself, because the checkpoint does.</summary>
/// <remarks>FASTER's own commit files open as an empty log when they are damaged. Here the facts come from a checkpoint that was checked before.</remarks>
internal sealed class CommitFacts : ILogCommitManager
{
    private byte[]? _recovered;

    /// <summary>What the next recovery shall find.</summary>
    public void Set(long beginAddress, long untilAddress) =>
        _recovered = new FasterLogRecoveryInfo { BeginAddress = beginAddress, UntilAddress = untilAddress, CommitNum = 1 }.ToByteArray();

    /// <inheritdoc />
    public void Commit(long beginAddress, long untilAddress, byte[] commitMetadata, long commitNum, bool forceWriteMetadata) { }

    /// <inheritdoc />
    public byte[] GetCommitMetadata(long commitNum) => _recovered ?? [];

    /// <inheritdoc />
    public IEnumerable<long> ListCommits() => _recovered is null ? [] : [1L];

    /// <inheritdoc />
    public void RemoveCommit(long commitNum) { }

    /// <inheritdoc />
    public void RemoveAllCommits() { }

    /// <inheritdoc />
    public void OnRecovery(long commitNum) { }

    /// <inheritdoc />
    public void Dispose() { }
}
