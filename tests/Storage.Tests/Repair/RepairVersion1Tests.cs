using System.IO.Compression;
using Gateway.Storage.Disk;
using Gateway.Storage.Inspection;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Tests.Repair;

/// <summary>Folders of version 1, whose files say nothing of themselves: see <see cref="UpgradeTests"/> for what is in them.</summary>
public sealed class RepairVersion1Tests : StoreFixture
{
    [Theory]
    [InlineData("closed")]
    [InlineData("crashed")]
    public void A_sound_folder_of_version_1_is_called_sound_and_not_upgraded(string state)
    {
        Unzip(state);
        Dictionary<string, byte[]> before = Directory.GetFiles(Options.Folder, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);
        StorageReport report = StorageInspector.Inspect(FileSystem.Real, Options, null, None);
        Assert.Empty(report.Damages);
        Assert.Equal(1, report.FormatVersion);
        Assert.Equal([(1, 310), (2, 10), (3, 5), (4, 1)], report.Channels.Select(channel => (channel.ChannelId, channel.Messages)));
        Assert.Equal(before, Directory.GetFiles(Options.Folder, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes));
    }

    /// <summary>Promise: records that can't be read cost themselves and nothing else, in a log without headers as in any other.</summary>
    [Theory]
    [InlineData("closed")]
    [InlineData("crashed")]
    public async Task Damaged_records_of_version_1_are_given_up_alone(string state)
    {
        Unzip(state);
        string log = Path.Combine(Options.Folder, "channels", "1", "log-1.2");
        byte[] bytes = await File.ReadAllBytesAsync(log, None);
        bytes[70_000] ^= 1;
        await File.WriteAllBytesAsync(log, bytes, None);
        using (StorageRepair repair = Plan())
        {
            MessageLoss loss = Assert.Single(Assert.Single(repair.Steps).Losses);
            Assert.Equal((1, 1), (loss.ChannelId, loss.Count));
            await repair.ExecuteAsync();
        }

        await AssertHoldsAsync(1, 150, 310, lost: 1, extra: 0);
        await AssertHoldsAsync(3, 0, 5, lost: 0, extra: 0);
    }

    /// <summary>Promise: without a checkpoint the files are understood all the same, by trying how they may be laid out.</summary>
    [Theory]
    [InlineData("closed")]
    [InlineData("crashed")]
    public async Task Without_a_checkpoint_files_without_headers_are_understood_by_their_records(string state)
    {
        Unzip(state);
        foreach (string name in new[] { "checkpoint-a", "checkpoint-b" }) File.Delete(Path.Combine(Options.Folder, name));
        using (StorageRepair repair = Plan())
        {
            Assert.True(repair.Obstacle is null, repair.Obstacle);
            await repair.ExecuteAsync();
        }

        // Deleted messages that still lie in a file come back, as the plan says; what the journal says of deletions holds.
        await AssertHoldsAsync(1, 150, 310, lost: 0, extra: 40);
        await AssertHoldsAsync(2, 100, 10, lost: 0, extra: 0);
        await AssertHoldsAsync(3, 0, 5, lost: 0, extra: 0);
        await AssertHoldsAsync(4, 2, 1, lost: 0, extra: 2);
    }

    private async Task AssertHoldsAsync(int channel, long first, int count, int lost, int extra)
    {
        await using MessageStore store = Open();
        long[] all = [.. (await ReadAll(await store.OpenAsync(channel, new LogOptions(), None))).Select(message => message.Number)];
        long[] wanted = [.. Enumerable.Range(0, count).Select(i => first + i)];
        Assert.Equal(lost, wanted.Except(all).Count());
        Assert.InRange(all.Except(wanted).Count(), 0, extra);
        Assert.Equal(all.Order(), all);
    }

    private StorageRepair Plan() => StorageRepair.Plan(FileSystem.Real, Options, null, None);

    private void Unzip(string state) => ZipFile.ExtractToDirectory(Path.Combine(AppContext.BaseDirectory, "Fixtures", $"v1-{state}.zip"), Options.Folder);
}
