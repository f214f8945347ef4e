using Gateway.Storage.Disk;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Tests;

public sealed class DamageTests : StoreFixture
{
    private const int Messages = 1_500;

    /// <summary>Promise: a file that lost much opens right or is refused. (Single bytes: Simulation/EveryByteTests.cs.)</summary>
    [Theory]
    [InlineData("format")]
    [InlineData("checkpoint-a")]
    [InlineData("checkpoint-b")]
    [InlineData("facts-*")]
    [InlineData("journal-*")]
    [InlineData("channels/1/log-*")]
    public async Task A_file_zeroed_cut_or_missing_opens_right_or_is_refused(string pattern)
    {
        string good = await MakeAsync(crashed: true);
        string name = Path.GetRelativePath(good, Directory.GetFiles(Path.Combine(good, Path.GetDirectoryName(pattern)!), Path.GetFileName(pattern))[0]);
        await OpensRightOrRefuses(good, name, -1, Array.Clear);
        await OpensRightOrRefuses(good, name, -2, bytes => Array.Clear(bytes, 0, bytes.Length / 2));
        await OpensRightOrRefuses(good, name, -3, null);
        for (int cut = 0; cut < 5; cut++) await OpensRightOrRefuses(good, name, -4, bytes => bytes, cut / 5.0);
    }

    [Fact]
    public async Task Both_checkpoints_zeroed_are_refused_and_the_message_names_them()
    {
        string good = await MakeAsync(crashed: false);
        foreach (string name in new[] { "checkpoint-a", "checkpoint-b" }) await File.WriteAllBytesAsync(Path.Combine(good, name), new byte[500], None);
        DamagedLogException refusal = Assert.Throws<DamagedLogException>(() => Open(Options with { Folder = good }));
        Assert.Contains("checkpoint-a", refusal.Message, StringComparison.Ordinal);
        foreach (string name in new[] { "checkpoint-a", "checkpoint-b" }) File.Delete(Path.Combine(good, name));
        refusal = Assert.Throws<DamagedLogException>(() => Open(Options with { Folder = good }));
        Assert.Contains("channels", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Swapped_channel_folders_are_refused_and_other_channels_live_on()
    {
        string good = await MakeAsync(crashed: false, channels: 3);
        string one = Path.Combine(good, "channels", "1"), two = Path.Combine(good, "channels", "2");
        string logOne = Directory.GetFiles(one)[0], logTwo = Directory.GetFiles(two)[0];
        byte[] bytes = await File.ReadAllBytesAsync(logOne, None);
        await File.WriteAllBytesAsync(logOne, await File.ReadAllBytesAsync(logTwo, None), None);
        await File.WriteAllBytesAsync(logTwo, bytes, None);

        await using MessageStore store = Open(Options with { Folder = good });
        DamagedLogException refusal = await Assert.ThrowsAsync<DamagedLogException>(async () => await store.OpenAsync(1, new LogOptions(), None));
        Assert.Contains(logOne, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("it is the file log-2.0 of channel 2, not log-1.0 of channel 1", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DamagedLogException>(async () => await store.OpenAsync(2, new LogOptions(), None));
        AssertNumbers(await ReadAll(await store.OpenAsync(3, new LogOptions(), None)), 0, Messages);
    }

    /// <summary>Promise: files of one log in each other's place are found out and told by their names, whatever they hold.</summary>
    [Fact]
    public async Task Files_of_a_log_in_each_others_place_are_refused_by_name()
    {
        await using (MessageStore store = Open(Options with { ChannelSegmentBits = 17 }))
        {
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            for (int i = 0; i < 5; i++) await Append(log, Pack(i * 100, 100, 1_000));
        }

        string first = Path.Combine(Options.Folder, "channels", "1", "log-1.0"), second = Path.Combine(Options.Folder, "channels", "1", "log-1.1"), between = first + "-moved";
        File.Move(first, between);
        File.Move(second, first);
        File.Move(between, second);
        await using MessageStore again = Open();
        DamagedLogException refusal = await Assert.ThrowsAsync<DamagedLogException>(async () => await again.OpenAsync(1, new LogOptions(), None));
        Assert.Contains($"{first} is damaged at byte 0: it is the file log-1.1 of channel 1, not log-1.0 of channel 1", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Promise: a damaged channel whose latest messages are only in the journal is named with the next step, and after a repair it has those messages and the others all theirs.</summary>
    [Fact]
    public async Task A_damaged_channel_that_needs_the_journal_is_named_and_a_repair_keeps_what_the_journal_has()
    {
        string good = await MakeAsync(crashed: true, channels: 3);
        string log = Directory.GetFiles(Path.Combine(good, "channels", "3"))[0];
        await File.WriteAllBytesAsync(log, new byte[new FileInfo(log).Length], None);
        for (int start = 0; start < 2; start++)
        {
            DamagedLogException refusal = Assert.Throws<DamagedLogException>(() => Open(Options with { Folder = good }));
            Assert.StartsWith("Channel 3 keeps the store from opening", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(log, refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"`gateway storage check {good}`", refusal.Message, StringComparison.Ordinal);
        }

        long lost;
        using (StorageRepair repair = StorageRepair.Plan(FileSystem.Real, Options with { Folder = good }, null, None))
        {
            lost = repair.Steps.Sum(step => step.Losses.Sum(loss => loss.Count));
            await repair.ExecuteAsync();
        }

        await using MessageStore store = Open(Options with { Folder = good });
        foreach (int channel in new[] { 1, 2 }) AssertNumbers(await ReadAll(await store.OpenAsync(channel, new LogOptions(), None)), 0, Messages);
        IMessageLog third = await store.OpenAsync(3, new LogOptions(), None);
        Assert.InRange(lost, 0, (Messages / 2) + 10);
        AssertNumbers(await ReadAll(third), lost, Messages - lost);
        Assert.Equal(Messages + 1, (await Append(third, Pack(0, 1))).FirstKey);
    }

    /// <summary>Half of the messages in the channel's log, half in the journal when <paramref name="crashed"/>.</summary>
    private async Task<string> MakeAsync(bool crashed, int channels = 1)
    {
        string copy = Path.Combine(Folder, "good");
        await using (MessageStore store = Open())
        {
            for (int channel = 1; channel <= channels; channel++)
            {
                IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
                for (int i = 0; i < Messages; i += 10)
                {
                    await Append(log, Pack(i, 10, 64));
                    if (i == Messages / 2) Assert.True(await store.CheckpointAsync(None));
                }
            }

            if (crashed) CopyFolder(Options.Folder, copy);
        }

        if (!crashed) CopyFolder(Options.Folder, copy);
        return copy;
    }

    private async Task OpensRightOrRefuses(string good, string name, long at, Action<byte[]>? damage) =>
        await OpensRightOrRefuses(good, name, at, damage is null ? null : bytes => { damage(bytes); return bytes; }, 1);

    private async Task OpensRightOrRefuses(string good, string name, long at, Func<byte[], byte[]>? damage, double keep)
    {
        string folder = Path.Combine(Folder, "damaged");
        CopyFolder(good, folder);
        string file = Path.Combine(folder, name);
        if (damage is null) File.Delete(file);
        else
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, None);
            await File.WriteAllBytesAsync(file, damage(bytes).AsMemory(0, (int)(bytes.Length * keep)), None);
        }

        try
        {
            await using MessageStore store = Open(new FilesWithoutSync(), Options with { Folder = folder });
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            List<(long Key, long Number)> all = await ReadAll(log);
            Assert.True(all.Count == Messages, $"{name} changed at {at}: opens with {all.Count} of {Messages}");
            AssertNumbers(all, 0, Messages);
        }
        catch (DamagedLogException e)
        {
            Assert.Contains(folder, e.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
