using Gateway.Storage.Disk;
using Gateway.Storage.Inspection;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Tests.Repair;

public sealed class RepairTests : RepairFixture
{
    [Theory]
    [InlineData("checkpoint-a", "zeroed", false)]
    [InlineData("checkpoint-b", "zeroed", true)]
    [InlineData("checkpoint-a", "missing", true)]
    [InlineData("checkpoint-b", "cut", false)]
    public async Task One_bad_copy_of_the_checkpoint_is_written_anew_from_the_other(string name, string damage, bool killed)
    {
        await MakeAsync(killed);
        string file = Path.Combine(Good, name);
        if (damage == "zeroed") Change(file, Array.Clear);
        else if (damage == "cut") await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file, None))[..50], None);
        else File.Delete(file);
        StorageDamage found = Assert.Single(Inspect().Damages);
        Assert.Equal(file, found.File);
        Assert.Contains("gateway storage repair", found.Todo, StringComparison.Ordinal);

        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Empty(Assert.Single(steps).Losses);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Good, "checkpoint-a"), None), await File.ReadAllBytesAsync(Path.Combine(Good, "checkpoint-b"), None));
        await AssertHeldAsync(steps);
    }

    /// <summary>Promise: without any checkpoint every message that was acknowledged and not deleted is found in the logs and the journal, and no key is given twice.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task Without_a_checkpoint_the_logs_are_understood_from_their_files_and_the_journal(bool killed, bool missing)
    {
        await MakeAsync(killed);
        foreach (string name in new[] { "checkpoint-a", "checkpoint-b" })
        {
            if (missing) File.Delete(Path.Combine(Good, name));
            else Change(Path.Combine(Good, name), bytes => bytes[20] ^= 1);
        }

        await RepairAsync();
        await using MessageStore store = Open(SmallFiles with { Folder = Good });
        for (int channel = 1; channel <= 4; channel++)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
            List<(long Key, long Number)> all = await ReadAll(log);
            Assert.All(all, message => Assert.Equal(message.Number + 1, message.Key));
            Assert.Empty(NumbersOf(channel).Except(all.Select(message => message.Number)));
            if (channel > 1) Assert.Equal(NumbersOf(channel).Count(), all.Count);       // of channel 1 deleted messages come back, as the plan says
            Assert.True((await Append(log, Pack(0, 1))).FirstKey > Salvage.KeysPassedOver);
        }
    }

    /// <summary>Promise: what can't be read is given up exactly, told by channel and keys, and everything before and behind stays.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public async Task Damaged_records_are_told_by_their_keys_and_the_messages_before_and_behind_stay(int channel, bool killed)
    {
        await MakeAsync(killed);
        string[] files = [.. Directory.GetFiles(Path.Combine(Good, "channels", $"{channel}")).Order(StringComparer.Ordinal)];
        Change(files[0], bytes => bytes[^40_000] ^= 0x10);
        Change(files[1], bytes => Array.Clear(bytes, 30_000, 5_000));
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Equal(2, steps.Count);
        Assert.Equal(files[..2], steps.Select(step => step.Damage.File));
        Assert.Equal(1, steps[0].Losses.Sum(loss => loss.Count));
        Assert.InRange(steps[1].Losses.Sum(loss => loss.Count), 5, 8);
        Assert.All(steps.SelectMany(step => step.Losses), loss => Assert.Equal(channel, loss.ChannelId));
        await AssertHeldAsync(steps);
    }

    /// <summary>Promise: messages that a log has lost and the journal still has are taken from there.</summary>
    [Fact]
    public async Task Damaged_records_that_the_journal_still_has_cost_nothing()
    {
        await using (MessageStore store = Open())
        {
            for (int channel = 1; channel <= 3; channel++)
            {
                IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
                for (int i = 0; i < Messages; i += 20) await Append(log, Pack(i, 20, 900));
            }

            Assert.True(await store.CheckpointAsync(None));
            CopyFolder(Options.Folder, Good);
        }

        Assert.Single(Directory.GetFiles(Good, "journal-*"));       // the last file has the last messages of the last channel
        Change(Directory.GetFiles(Path.Combine(Good, "channels", "3")).Order(StringComparer.Ordinal).Last(), bytes => bytes[^2_000] ^= 1);
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Contains("in the journal as well", Assert.Single(steps).Action, StringComparison.Ordinal);
        Assert.Empty(steps[0].Losses);
        await using MessageStore opened = Open(new FilesWithoutSync(), SmallFiles with { Folder = Good });
        for (int channel = 1; channel <= 3; channel++) AssertNumbers(await ReadAll(await opened.OpenAsync(channel, new LogOptions(), None)), 0, Messages);
    }

    /// <summary>Promise: a channel whose log is gone is emptied by name, what the journal has of it is kept, and its keys go on above the old ones.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_channel_whose_log_is_gone_keeps_what_the_journal_has_and_goes_on_above_its_old_keys(bool killed)
    {
        await MakeAsync(killed);
        Directory.Delete(Path.Combine(Good, "channels", "2"), recursive: true);
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        MessageLoss loss = Assert.Single(Assert.Single(steps).Losses);
        Assert.Equal(new MessageLoss(2, 1, killed ? 400 : 600, killed ? 400 : 600), loss);
        await AssertHeldAsync(steps);
    }

    [Fact]
    public async Task A_file_that_is_gone_or_cut_costs_what_was_in_it_and_no_more()
    {
        await MakeAsync(killed: true);
        string[] files = [.. Directory.GetFiles(Path.Combine(Good, "channels", "3")).Order(StringComparer.Ordinal)];
        File.Delete(files[1]);
        await File.WriteAllBytesAsync(files[0], (await File.ReadAllBytesAsync(files[0], None))[..100_000], None);
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Contains("missing or ends too early", Assert.Single(steps).Damage.What, StringComparison.Ordinal);
        await AssertHeldAsync(steps);
    }

    /// <summary>Promise: what can be read of a damaged journal is played, and what is missing in the middle is told by channel and keys.</summary>
    [Fact]
    public async Task A_journal_damaged_in_the_middle_costs_the_entries_that_can_not_be_read()
    {
        await MakeAsync(killed: true);
        // What the files hold beyond the checkpoint would be kept: without it the journal is all there is.
        ZeroBehindCheckpoint();
        string journal = Directory.GetFiles(Good, "journal-*").OrderBy(file => file.Length).ThenBy(file => file, StringComparer.Ordinal).Skip(2).First();
        Change(journal, bytes => Array.Clear(bytes, 30_000, 30_000));
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        RepairStep step = Assert.Single(steps);
        Assert.Contains("Entries ", step.Action, StringComparison.Ordinal);
        Assert.InRange(step.Losses.Sum(loss => loss.Count), 20, 60);
        await AssertHeldAsync(steps);
    }

    [Theory]
    [InlineData("facts-*", 0)]
    [InlineData("journal-*", 200)]
    public async Task A_journal_or_its_facts_gone_cost_only_what_was_nowhere_else(string pattern, int messagesAtMost)
    {
        await MakeAsync(killed: true);
        foreach (string file in Directory.GetFiles(Good, pattern)) File.Delete(file);
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Contains("nobody knows what came after", steps[0].Action, StringComparison.Ordinal);
        await using MessageStore store = Open(SmallFiles with { Folder = Good });
        for (int channel = 1; channel <= Channels; channel++)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
            long[] all = [.. (await ReadAll(log)).Select(message => message.Number)];
            Assert.Equal(NumbersOf(channel).Take(all.Length), all);
            Assert.InRange(all.Length, NumbersOf(channel).Count() - messagesAtMost, NumbersOf(channel).Count());
            Assert.True((await Append(log, Pack(0, 1))).FirstKey > Salvage.KeysPassedOver);
        }
    }

    /// <summary>Promise: both checkpoints from an old copy, beside logs and a journal that went on, do not take what came since away.</summary>
    [Fact]
    public async Task Checkpoints_that_were_replaced_by_older_ones_are_found_out_and_nothing_that_came_since_is_lost()
    {
        string old = Path.Combine(Folder, "old");
        await using (MessageStore store = Open(SmallFiles))
        {
            await Append(await store.OpenAsync(1, new LogOptions(), None), Pack(0, 20, 900));
        }

        CopyFolder(Options.Folder, old);
        await using (MessageStore store = Open(SmallFiles))
        {
            for (int channel = 1; channel <= 2; channel++)
            {
                IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
                for (int i = channel == 1 ? 20 : 0; i < 400; i += 20) await Append(log, Pack(i, 20, 900));
            }

            CopyFolder(Options.Folder, Good);
        }

        foreach (string name in new[] { "checkpoint-a", "checkpoint-b" }) File.Copy(Path.Combine(old, name), Path.Combine(Good, name), overwrite: true);
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Contains("replaced by older ones", steps[0].Damage.What, StringComparison.Ordinal);
        await using MessageStore opened = Open(SmallFiles with { Folder = Good });
        for (int channel = 1; channel <= 2; channel++) AssertNumbers(await ReadAll(await opened.OpenAsync(channel, new LogOptions(), None)), 0, 400);
    }

    /// <summary>Takes away what the logs' files hold behind the checkpoint, as a power cut may.</summary>
    private void ZeroBehindCheckpoint()
    {
        using var handles = new HandleCache(FileSystem.Real, 8);
        foreach (ChannelFacts facts in CheckpointFile.TryReadFile(handles, Path.Combine(Good, "checkpoint-a"), out _)!.Channels)
        {
            string path = ChannelLog.PathOf(Good, facts.ChannelId, facts.Incarnation);
            long segment = facts.UntilAddress >> facts.SegmentBits;
            int end = FileHeader.Bytes + (int)(facts.UntilAddress & ((1L << facts.SegmentBits) - 1));
            if (!Directory.Exists(Path.GetDirectoryName(path))) continue;
            foreach (string file in Directory.GetFiles(Path.GetDirectoryName(path)!))
            {
                int number = int.Parse(file.Split('.')[^1], System.Globalization.CultureInfo.InvariantCulture);
                if (number > segment) File.Delete(file);
                else if (number == segment) Change(file, bytes => Array.Clear(bytes, end, bytes.Length - end));
            }
        }
    }

    /// <summary>Promise: a log that was rebuilt without a checkpoint is searched by time as before, also where the clock was set back.</summary>
    [Fact]
    public async Task Times_are_found_after_a_rebuild_where_the_clock_was_set_back()
    {
        await using (MessageStore store = Open(SmallFiles))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            await Append(log, Pack(0, 1, 900, serverTimeUs: 1_000));
            await Append(log, Pack(1, 20, 900, serverTimeUs: 5_000));
            for (int i = 21; i < 221; i += 20) await Append(log, Pack(i, 20, 900, serverTimeUs: 1_000));
        }

        CopyFolder(Options.Folder, Good);
        foreach (string name in new[] { "checkpoint-a", "checkpoint-b" }) File.Delete(Path.Combine(Good, name));
        await RepairAsync();
        await using MessageStore again = Open(SmallFiles with { Folder = Good });
        IMessageLog rebuilt = await again.OpenAsync(1, new LogOptions(), None);
        AssertNumbers(await ReadAll(rebuilt), 0, 221);
        Assert.Equal(2, await rebuilt.FindAsync(4_000, None));
    }
}
