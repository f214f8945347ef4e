using System.Globalization;
using System.Numerics;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Inspection;

/// <summary>The logs without a checkpoint: their files say whose they are and what is in them.</summary>
internal sealed partial class Survey
{
    private List<ChannelFacts> Rebuild(CancellationToken cancellationToken)
    {
        var all = new List<ChannelFacts>();
        Dictionary<long, ChannelFacts> hints = HintsOf(CheckpointFile.TryReadFile(_handles, FirstCheckpoint, out _)) ?? HintsOf(CheckpointFile.TryReadFile(_handles, SecondCheckpoint, out _)) ?? [];
        foreach (long channelId in ChannelFolders())
        {
            _subject = FormattableString.Invariant($"channel {channelId}");
            ChannelFacts? hint = hints.TryGetValue(channelId, out ChannelFacts known) ? known : null;
            ChannelFacts? facts = RebuildLog(channelId, _ => true, hint, cancellationToken);

            // An empty folder is a channel whose messages are in the journal, or one without any: its keys must not begin again at 1, which the keys passed over take care of.
            bool isInJournal = _journalLogs.ContainsKey(channelId) || _deleted.Any(log => log.Channel == channelId);
            if (facts is null && !isInJournal) facts = ChannelFacts.Empty(channelId, ++_incarnationMax, _options);
            if (facts is not null) all.Add(facts.Value);
        }

        return all;
    }

    /// <summary>Makes the facts of a channel's latest log from its files.</summary>
    /// <param name="channelId">The channel.</param>
    /// <param name="isWanted">Which logs of it count.</param>
    /// <param name="hint">What an outdated checkpoint says of the channel.</param>
    /// <param name="cancellationToken">Stops between two pages.</param>
    /// <returns>Null when no file holds a record.</returns>
    private ChannelFacts? RebuildLog(long channelId, Func<long, bool> isWanted, ChannelFacts? hint, CancellationToken cancellationToken)
    {
        long[] incarnations = [.. _files.ListFiles(ChannelLog.FolderOf(_folder, channelId), "log-").Select(IncarnationOf).Where(incarnation => incarnation > 0).Distinct().OrderDescending()];
        if (incarnations.Length > 0) _incarnationMax = Math.Max(_incarnationMax, incarnations[0]);
        foreach (long incarnation in incarnations)
        {
            if (!isWanted(incarnation) || _deleted.Contains((channelId, incarnation)) || incarnation < _journalLogs.GetValueOrDefault(channelId)) continue;
            string path = ChannelLog.PathOf(_folder, channelId, incarnation);
            ChannelFacts? best = null;
            LogScan? bestScan = null;
            foreach (ChannelFacts layout in LayoutsOf(channelId, incarnation, path))
            {
                int[] segments = SegmentsOf(path);
                var scan = new LogScan(_handles, path, layout, Advance);
                scan.RunFree(Math.Max((long)segments[0] << layout.SegmentBits, ChannelFacts.FirstAddress), ((long)segments[^1] + 1) << layout.SegmentBits, cancellationToken);
                if (scan.Count > (bestScan?.Count ?? 0)) (best, bestScan) = (layout, scan);
                if (scan.Count > 0 && scan.Damages.Count == 0) break;
            }

            if (best is { } facts) return FactsOf(facts, bestScan!, path, hint is { } known && known.Incarnation == incarnation ? hint : null);
        }

        return null;
    }

    private ChannelFacts FactsOf(ChannelFacts layout, LogScan scan, string path, ChannelFacts? hint)
    {
        ChannelFacts facts = layout with
        {
            HeadSequence = scan.FirstSequence, HeadAddress = scan.FirstAddress, NextSequence = scan.EndSequence, UntilAddress = scan.EndAddress, TimeMaxUs = scan.TimeMaxUs,
            OrderedFrom = scan.EndSequence,     // nobody noted where the clock was set back
        };
        HoleList known = HoleList.None;
        if (hint is { } outdated)
        {
            // What was deleted when that checkpoint was written stays deleted.
            foreach (Hole hole in outdated.Holes.Span)
                if (hole.From > facts.HeadSequence && hole.Below <= facts.NextSequence) facts = facts with { Holes = facts.Holes.With(hole) };
            if (outdated.HeadSequence > facts.HeadSequence && outdated.HeadSequence < facts.NextSequence)
                facts = facts with { HeadSequence = outdated.HeadSequence, HeadAddress = outdated.HeadAddress, Holes = facts.Holes.CutBelow(outdated.HeadSequence) };
            known = facts.Holes;
        }

        FindHeaders(facts, path);
        facts = WithoutDamage(facts, path, [.. scan.Damages.Where(damage => damage.Hole.From >= facts.HeadSequence && !known.TryFind(damage.Hole.From, out _))]);
        MakeHeaders(facts, path);
        return facts;
    }

    /// <summary>How the files of a log may be laid out: as a header says, or, where none does, in any way.</summary>
    private IEnumerable<ChannelFacts> LayoutsOf(long channelId, long incarnation, string path)
    {
        ChannelFacts empty = ChannelFacts.Empty(channelId, incarnation, _options);
        byte[] block = new byte[FileHeader.Bytes];
        int[] segments = SegmentsOf(path);
        foreach (int segment in segments)
        {
            int present = _handles.Read(FormattableString.Invariant($"{path}.{segment}"), block, 0);
            if (FileHeader.TryRead(block.AsSpan(0, present), out FileHeader header, out _) != HeaderStatus.Valid || header.ChannelId != channelId || header.Number != incarnation) continue;
            yield return empty with { PageBits = header.PageBits, SegmentBits = header.SegmentBits };
            yield break;
        }

        // A file that is followed by another is full, so its length tells the size; one alone may have any that it fits.
        foreach (int version in new[] { 1, FileHeader.Version })
        {
            int headerBytes = version == 1 ? 0 : FileHeader.Bytes;
            long longest = segments.Max(segment => _files.LengthOf(FormattableString.Invariant($"{path}.{segment}"))) - headerBytes;
            if (longest <= 0) continue;
            int bits = segments.Length > 1 ? BitOperations.Log2((ulong)longest) : Math.Max(_options.ChannelSegmentBits, BitOperations.Log2((ulong)longest) + 1);
            for (int pageBits = StoreOptions.ChannelPageBitsMin; pageBits <= Math.Min(StoreOptions.ChannelPageBitsMax, bits); pageBits++)
                yield return empty with { LogVersion = version, PageBits = pageBits, SegmentBits = bits };
        }
    }

    private static Dictionary<long, ChannelFacts>? HintsOf(Checkpoint? checkpoint) => checkpoint?.Channels.Where(facts => !facts.IsDeleted).ToDictionary(facts => facts.ChannelId);

    /// <summary>The number in `log-I.S`; 0 when the name is another.</summary>
    private static long IncarnationOf(string file)
    {
        string[] parts = Path.GetFileName(file)["log-".Length..].Split('.');
        return parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, null, out _) && long.TryParse(parts[0], NumberStyles.AllowHexSpecifier, null, out long incarnation) ? incarnation : 0;
    }
}
