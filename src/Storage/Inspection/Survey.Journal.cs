using System.Globalization;
using System.Numerics;
using Gateway.Storage.Disk;
using Gateway.Storage.Journal;

namespace Gateway.Storage.Inspection;

/// <summary>The journal: whole or not, and which logs it speaks of.</summary>
internal sealed partial class Survey
{
    private readonly Dictionary<long, long> _journalLogs = [];                              // channel and the latest log of it that the journal has something for
    private readonly HashSet<(long Channel, long Incarnation)> _deleted = [];               // logs whose deletion the journal tells
    private readonly Dictionary<(long Channel, long Incarnation), (long From, long Below)> _journalKeys = [];        // the latest messages that it has without a gap
    private long _journalFirst;         // its first entry that is still there
    private Finding? _journalFinding;
    private bool _isJournalDamaged;
    private long _journalGeneration;
    private int _journalVersion = FileHeader.Version;
    private StoreOptions _journalSizes = null!;
    private long _journalEntries;
    private long _generationMax;
    private long _incarnationMax;

    private void FindJournal(Checkpoint? checkpoint, CancellationToken cancellationToken)
    {
        _subject = "journal";
        _journalSizes = checkpoint is null ? _options : _options with { JournalPageBits = checkpoint.JournalPageBits, JournalSegmentBits = checkpoint.JournalSegmentBits };
        long[] generations = Generations();
        _generationMax = Math.Max(generations.LastOrDefault(), checkpoint?.JournalGeneration ?? 0);
        if (checkpoint is not null && generations.FirstOrDefault(generation => generation > checkpoint.JournalGeneration && TryMeasure(generation)) is > 0 and var later)
        {
            // A journal gets its first entry after a checkpoint that names it.
            BeginRebuild($"it speaks of journal {checkpoint.JournalGeneration}, but journal {later} was written to: both copies were replaced by older ones");
        }

        if (_isRebuild)
        {
            _isJournalDamaged = true;
            foreach (long generation in generations.Reverse())
            {
                if (!TryMeasure(generation)) continue;
                _journalGeneration = generation;
                break;
            }

            if (_journalGeneration > 0) ReadLeniently(neededSequence: 0);
            return;
        }

        if (checkpoint!.IsClean) return;
        _journalGeneration = checkpoint.JournalGeneration;
        _journalVersion = checkpoint.JournalVersion;
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            new JournalReader(_handles, _journalSizes, _journalGeneration, _journalVersion).Read(checkpoint.JournalSequence, entry => Note(entry, checkpoint.JournalSequence));
        }
        catch (DamagedLogException e)
        {
            if (!IsLater(e)) AddDamagedJournal(e, checkpoint.JournalSequence);
        }

        foreach (string file in JournalFiles(_journalGeneration)) Advance(_files.LengthOf(file));
    }

    /// <summary>A journal of a later program can't be repaired by this one.</summary>
    private bool IsLater(DamagedLogException e)
    {
        if (e.What is null || !e.What.StartsWith("it is of version", StringComparison.Ordinal)) return false;
        _findings.Add(new Finding(e.File!, 0, 0, e.What, Action: null));
        Obstacle ??= e.Message;
        return true;
    }

    private void AddDamagedJournal(DamagedLogException e, long neededSequence)
    {
        _isJournalDamaged = true;
        _journalEntries = _journalFirst = 0;
        _journalKeys.Clear();
        _journalLogs.Clear();
        _deleted.Clear();
        JournalScan scan = ReadLeniently(neededSequence);
        var lost = new List<string>();
        if (scan.FirstSequence > neededSequence) lost.Add($"{neededSequence} to {scan.FirstSequence - 1}");
        foreach ((long from, long to) in scan.Gaps) lost.Add($"{from} to {to}");
        string entries = lost.Count > 0 ? $"Entries {string.Join(", ", lost.Take(5))}{(lost.Count > 5 ? " and more" : "")} are lost" : "All entries that are there can be read";
        _journalFinding = new Finding(
            e.File ?? _folder, e.Offset, 0, e.What ?? e.Message,
            $"the {scan.Count} entries that can be read are played into the logs, and what the logs' files hold beyond the checkpoint is kept. {entries}, and nobody knows what came after entry {scan.LastSequence}: "
            + "what was appended or deleted last may be missing, and every channel goes on with much higher keys");
        _findings.Add(_journalFinding);
        foreach (string file in JournalFiles(_journalGeneration)) Actions.Keep(file);
    }

    private JournalScan ReadLeniently(long neededSequence)
    {
        var scan = new JournalScan(_handles, _journalSizes, _journalGeneration, _journalVersion);
        scan.Read(entry => Note(entry, neededSequence));
        return scan;
    }

    private void Note(JournalView entry, long neededSequence)
    {
        if (_journalFirst == 0) _journalFirst = entry.Sequence;
        if (entry.Kind == JournalKind.Append)
        {
            (long Channel, long Incarnation) log = (entry.ChannelId, entry.Incarnation);
            bool goesOn = _journalKeys.TryGetValue(log, out (long From, long Below) keys) && keys.Below == entry.Key;
            _journalKeys[log] = (goesOn ? keys.From : entry.Key, entry.Key + entry.Count);
        }

        if (entry.Sequence < neededSequence) return;
        _journalEntries++;
        _incarnationMax = Math.Max(_incarnationMax, entry.Incarnation);
        if (entry.Kind == JournalKind.Delete) _deleted.Add((entry.ChannelId, entry.Incarnation));
        else _journalLogs[entry.ChannelId] = Math.Max(_journalLogs.GetValueOrDefault(entry.ChannelId), entry.Incarnation);
    }

    /// <summary>True when the journal still has all messages of a log from one sequence to below another.</summary>
    private bool IsInJournal(ChannelFacts facts, long from, long below) =>
        _journalKeys.TryGetValue((facts.ChannelId, facts.Incarnation), out (long From, long Below) keys) && keys.From <= from && keys.Below >= below;

    /// <summary>Finds out how the files of a generation are laid out.</summary>
    /// <returns>True when there is an entry in them.</returns>
    private bool TryMeasure(long generation)
    {
        foreach ((int version, int pageBits, int segmentBits) in Layouts(generation))
        {
            StoreOptions sizes = _options with { JournalPageBits = pageBits, JournalSegmentBits = segmentBits };
            var scan = new JournalScan(_handles, sizes, generation, version);
            scan.Read(_ => { });
            if (scan.Count == 0) continue;
            (_journalVersion, _journalSizes) = (version, sizes);
            return true;
        }

        return false;
    }

    private IEnumerable<(int Version, int PageBits, int SegmentBits)> Layouts(long generation)
    {
        byte[] block = new byte[FileHeader.Bytes];
        foreach (string file in JournalFiles(generation))
        {
            if (FileHeader.TryRead(block.AsSpan(0, _handles.Read(file, block, 0)), out FileHeader header, out _) != HeaderStatus.Valid || header.Kind != FileKind.Journal) continue;
            yield return (FileHeader.Version, header.PageBits, header.SegmentBits);
            yield break;
        }

        // Without a header: the sizes that a start is given, or any; entries do not cross pages, so only pages that are large enough give them all.
        long longest = JournalFiles(generation).Select(_files.LengthOf).DefaultIfEmpty(0).Max();
        int bits = Math.Max(_options.JournalSegmentBits, BitOperations.Log2((ulong)Math.Max(longest, 1)) + 1);
        foreach (int version in new[] { FileHeader.Version, 1 })
        {
            yield return (version, _options.JournalPageBits, bits);
            for (int pageBits = StoreOptions.JournalPageBitsMin; pageBits <= StoreOptions.JournalPageBitsMax; pageBits++) yield return (version, pageBits, Math.Max(bits, pageBits));
        }
    }

    /// <summary>The generations that have files, ascending.</summary>
    private long[] Generations() =>
        [.. _files.ListFiles(_folder, "journal-").Concat(_files.ListFiles(_folder, "facts-")).Select(GenerationOf).Where(generation => generation > 0).Distinct().Order()];

    private IEnumerable<string> JournalFiles(long generation) =>
        _files.ListFiles(_folder, "journal-").Concat(_files.ListFiles(_folder, "facts-")).Where(file => GenerationOf(file) == generation).Order(StringComparer.Ordinal);

    /// <summary>The generation in `journal-G.S` or `facts-G`; 0 when the name is another.</summary>
    private static long GenerationOf(string file)
    {
        string name = Path.GetFileName(file);
        if (!name.StartsWith("facts-", StringComparison.Ordinal) && !name.StartsWith("journal-", StringComparison.Ordinal)) return 0;
        string[] parts = name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..].Split('.');
        bool isOurs = name.StartsWith("facts-", StringComparison.Ordinal) ? parts.Length == 1 : parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, null, out _);
        return isOurs && parts[0].Length == 16 && long.TryParse(parts[0], NumberStyles.AllowHexSpecifier, null, out long generation) ? generation : 0;
    }
}
