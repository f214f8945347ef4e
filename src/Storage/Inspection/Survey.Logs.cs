using Gateway.Storage.Disk;

namespace Gateway.Storage.Inspection;

/// <summary>The logs that the checkpoint knows: every record, every header.</summary>
internal sealed partial class Survey
{
    private bool _playsWholeJournal;        // and not only what the checkpoint lacks

    private List<ChannelFacts> FindLogs(Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        var all = new List<ChannelFacts>();
        foreach (ChannelFacts facts in checkpoint.Channels)
        {
            _subject = FormattableString.Invariant($"channel {facts.ChannelId}");
            _incarnationMax = Math.Max(_incarnationMax, facts.Incarnation);
            all.Add(FindLog(facts, cancellationToken));
        }

        // A log whose number the checkpoint has not given yet was made after it: with a damaged journal its files are all there is.
        if (_isJournalDamaged)
        {
            HashSet<long> known = [.. all.Where(facts => !facts.IsDeleted).Select(facts => facts.ChannelId)];
            foreach (long channelId in ChannelFolders())
            {
                if (!known.Contains(channelId) && RebuildLog(channelId, incarnation => incarnation >= checkpoint.IncarnationNext, hint: null, cancellationToken) is { } facts) all.Add(facts);
            }
        }

        return all;
    }

    private ChannelFacts FindLog(ChannelFacts facts, CancellationToken cancellationToken)
    {
        if (facts.IsDeleted) _deleted.Add((facts.ChannelId, facts.Incarnation));
        if (_deleted.Contains((facts.ChannelId, facts.Incarnation))) return facts with { LogVersion = 0 };       // a start needs none of its files
        string path = ChannelLog.PathOf(_folder, facts.ChannelId, facts.Incarnation);
        if (facts.LogVersion > ChannelFacts.LogVersionNow)
        {
            AddLater(path + ".*", facts.LogVersion, ChannelFacts.LogVersionNow);
            return facts;
        }

        FindHeaders(facts, path);
        var scan = new LogScan(_handles, path, facts, Advance);
        scan.Run(cancellationToken);
        ChannelFacts right = WithoutDamage(facts, path, scan.Damages);
        if (_isJournalDamaged) right = WithWhatFollows(right, path, cancellationToken);
        MakeHeaders(right, path);
        return right;
    }

    /// <summary>Headers that are damaged are written anew, files that are another's go aside: their records could not be this log's.</summary>
    private void FindHeaders(ChannelFacts facts, string path)
    {
        if (facts.Header is not { } template || facts.HeadAddress == facts.UntilAddress) return;
        byte[] block = new byte[FileHeader.Bytes];
        for (long segment = facts.HeadAddress >> facts.SegmentBits; segment <= (facts.UntilAddress - 1) >> facts.SegmentBits; segment++)
        {
            string file = FormattableString.Invariant($"{path}.{segment}");
            int present = facts.Needs(segment) ? _handles.Read(file, block, 0) : 0;
            if (present == 0) continue;
            FileHeader wanted = template with { Segment = segment };
            switch (FileHeader.TryRead(block.AsSpan(0, present), out FileHeader header, out int version))
            {
                case HeaderStatus.Later:
                    AddLater(file, version, FileHeader.Version);
                    break;
                case HeaderStatus.Damaged:
                    _findings.Add(new Finding(file, 0, facts.ChannelId, "its header is damaged", "it is written anew; no message is lost by it"));
                    PatchHeader(file, wanted);
                    break;
                case HeaderStatus.Valid when header != wanted:
                    _findings.Add(new Finding(
                        file, 0, facts.ChannelId, $"it is the file {header.Name}, not {wanted.Name}",
                        "it is moved aside; if you have the right file, put it there before you repair, and nothing is lost"));
                    Remove(file);
                    break;
            }
        }
    }

    /// <summary>A file that is needed and gone: what was in it is a hole now, but new records may follow it there.</summary>
    private void MakeHeaders(ChannelFacts facts, string path)
    {
        if (facts.Header is not { } template || facts.HeadAddress == facts.UntilAddress) return;
        for (long segment = facts.HeadAddress >> facts.SegmentBits; segment <= (facts.UntilAddress - 1) >> facts.SegmentBits; segment++)
        {
            string file = FormattableString.Invariant($"{path}.{segment}");
            if (facts.Needs(segment) && (!_files.FileExists(file) || _files.LengthOf(file) < FileHeader.Bytes)) PatchHeader(file, template with { Segment = segment });
        }
    }

    private ChannelFacts WithoutDamage(ChannelFacts facts, string path, IReadOnlyList<LogDamage> damages)
    {
        foreach (LogDamage damage in damages)
        {
            Hole hole = damage.Hole;
            Actions.Keep(damage.File);
            if (hole.Below == hole.From)
            {
                _findings.Add(new Finding(damage.File, damage.Offset, facts.ChannelId, "there are bytes where a page should be empty", "they are zeroed; no message is lost"));
                Actions.Patch(_files, damage.File, damage.Offset, new byte[Record.EntryHeaderBytes]);
                _handles.Forget(damage.File);
                continue;
            }

            bool isLastPart = facts.Holes.IndexOf(hole.From) == facts.Holes.Count;      // no hole behind it would have to be made again
            if (isLastPart && (_isRebuild || !_isJournalDamaged) && IsInJournal(facts, hole.From, facts.NextSequence))
            {
                _findings.Add(new Finding(damage.File, damage.Offset, facts.ChannelId, damage.What, "the messages from there on are in the journal as well and are taken from it; none is lost"));
                _playsWholeJournal = true;
                return facts with
                {
                    NextSequence = hole.From, UntilAddress = hole.FromAddress, HeadAddress = hole.From == facts.HeadSequence ? hole.FromAddress : facts.HeadAddress,
                };
            }

            var finding = new Finding(damage.File, damage.Offset, facts.ChannelId, damage.What, "the messages that can't be read are given up; those before and behind stay");
            finding.Losses.Add(new MessageLoss(facts.ChannelId, hole.From, hole.Below - 1, hole.Below - hole.From));
            _findings.Add(finding);
            facts = Without(facts, hole);
        }

        if (facts.Holes.Count <= HoleList.StoredMax) return facts;

        // More than a checkpoint holds: the last ones become one, with what is between them.
        Hole last = facts.Holes[HoleList.StoredMax - 1], end = facts.Holes[facts.Holes.Count - 1];
        HoleList joined = facts.Holes.With(new Hole(last.From, end.Below, last.FromAddress, end.BelowAddress));
        var tooMany = new Finding(path + ".*", 0, facts.ChannelId, $"there are more than {HoleList.StoredMax} damaged places", "all messages behind that many are given up");
        tooMany.Losses.Add(new MessageLoss(facts.ChannelId, last.From, end.Below - 1, joined.Messages - facts.Holes.Messages));
        _findings.Add(tooMany);
        return facts with { Holes = joined };
    }

    private static ChannelFacts Without(ChannelFacts facts, Hole hole)
    {
        HoleList holes = facts.Holes.With(hole);
        if (hole.From > facts.HeadSequence) return facts with { Holes = holes };

        // A hole at the head is a head that stands further on.
        holes.TryFind(facts.HeadSequence, out hole);
        facts = facts with { HeadSequence = hole.Below, HeadAddress = hole.BelowAddress, Holes = holes.CutBelow(hole.Below) };
        return facts.HeadSequence == facts.NextSequence ? EmptiedOf(facts, facts.NextSequence) : facts;
    }

    private static ChannelFacts EmptiedOf(ChannelFacts facts, long nextSequence) =>
        facts with { HeadSequence = nextSequence, NextSequence = nextSequence, HeadAddress = facts.UntilAddress, Holes = HoleList.None };

    /// <summary>What the log's files hold behind the checkpoint and the journal may have lost.</summary>
    private ChannelFacts WithWhatFollows(ChannelFacts facts, string path, CancellationToken cancellationToken)
    {
        long lastSegment = SegmentsOf(path).LastOrDefault(-1);
        var scan = new LogScan(_handles, path, facts, Advance);
        scan.RunOn((lastSegment + 1) << facts.SegmentBits, cancellationToken);
        return scan.Count == 0 ? facts : facts with { NextSequence = scan.EndSequence, UntilAddress = scan.EndAddress, TimeMaxUs = Math.Max(facts.TimeMaxUs, scan.TimeMaxUs), OrderedFrom = scan.EndSequence };
    }

    private void PatchHeader(string file, FileHeader header)
    {
        byte[] block = new byte[FileHeader.Bytes];
        header.Write(block);
        Actions.Patch(_files, file, 0, block);
        _handles.Forget(file);
    }

    private void Remove(string file)
    {
        _handles.Forget(file);
        Actions.Remove(_files, file);
    }

    /// <summary>The numbers of a log's files, ascending.</summary>
    private int[] SegmentsOf(string path) => Journal.JournalReader.SegmentsOf(_files, path);

    /// <summary>The channels that have a folder, ascending.</summary>
    private long[] ChannelFolders() => [.. _files.ListFolders(ChannelsFolder).Select(ChannelOf).Where(channelId => channelId > 0).Order()];
}
