namespace Gateway.Storage.Inspection;

/// <summary>What was found in a folder of messages.</summary>
/// <param name="Folder">The folder, in full.</param>
/// <param name="FormatVersion">What the folder says it is; 0 when it does not say.</param>
/// <param name="FileCount">Files that were read.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="JournalEntries">Entries of the journal that a start will play into the logs.</param>
/// <param name="Channels">Each channel that has a log, by number.</param>
/// <param name="Damages">What is wrong; empty when all is well.</param>
public sealed record StorageReport(
    string Folder, int FormatVersion, int FileCount, long Bytes, long JournalEntries, IReadOnlyList<ChannelReport> Channels, IReadOnlyList<StorageDamage> Damages)
{
    /// <summary>Nothing is wrong.</summary>
    public bool IsSound => Damages.Count == 0;
}

/// <summary>The log of one channel, as a start will have it; of a damaged one, what a repair would keep.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="Messages">Messages held.</param>
/// <param name="Bytes">Bytes that count against the quota.</param>
/// <param name="FirstKey">Key of the oldest message, 0 when there is none.</param>
/// <param name="LastKey">Key of the newest message, 0 when there is none.</param>
/// <param name="HoleCount">Ranges that are deleted between messages.</param>
/// <param name="LogVersion">Layout of its files.</param>
/// <param name="IsDamaged">Some of <see cref="StorageReport.Damages"/> is about it.</param>
public sealed record ChannelReport(long ChannelId, long Messages, long Bytes, long FirstKey, long LastKey, int HoleCount, int LogVersion, bool IsDamaged);

/// <summary>One thing that is wrong.</summary>
/// <param name="File">The file, in full.</param>
/// <param name="Offset">The byte of the file where it shows.</param>
/// <param name="ChannelId">The channel whose log it is about; 0 for what all share.</param>
/// <param name="What">What is wrong, a sentence without its full stop.</param>
/// <param name="Todo">What an operator can do.</param>
public sealed record StorageDamage(string File, long Offset, long ChannelId, string What, string Todo);

/// <summary>Messages that are lost, or were before.</summary>
/// <param name="ChannelId">Of which channel.</param>
/// <param name="FromKey">The first key.</param>
/// <param name="ToKey">The last key.</param>
/// <param name="Count">How many messages had these keys.</param>
public sealed record MessageLoss(long ChannelId, long FromKey, long ToKey, long Count);

/// <summary>How far an inspection is.</summary>
/// <param name="Subject">What is being read.</param>
/// <param name="BytesDone">Bytes read so far.</param>
/// <param name="BytesTotal">Bytes of all files.</param>
public readonly record struct InspectionProgress(string Subject, long BytesDone, long BytesTotal);
