using Gateway.Storage.Inspection;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Tests.Repair;

/// <summary>A folder with messages in several files, half of them in the journal only, and what tests of check and repair do with it.</summary>
public abstract class RepairFixture : StoreFixture
{
    protected const int Channels = 3;
    protected const int Messages = 600;

    /// <summary>Small files; what a repair opens a store with.</summary>
    protected StoreOptions SmallFiles => Options with { ChannelSegmentBits = 17, JournalPageBits = 17, JournalSegmentBits = 17 };

    protected string Good => Path.Combine(Folder, "good");

    /// <summary>Channels 1 to 3 with the numbers 0 to 599, key = number + 1; of channel 1 those below 50 and from 200 to 299 are deleted. Channel 4 is empty. From 400 on they are in the
    /// journal only when the process was killed.</summary>
    protected async Task MakeAsync(bool killed)
    {
        await using MessageStore store = Open(SmallFiles);
        for (int channel = 1; channel <= Channels; channel++)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
            for (int i = 0; i < 400; i += 20) await Append(log, Pack(i, 20, 900, serverTimeUs: i));
        }

        IMessageLog first = await store.OpenAsync(1, new LogOptions(), None);
        Assert.Equal(50, (await first.DeleteRangeAsync(0, 51, None)).Count);
        Assert.Equal(100, (await first.DeleteRangeAsync(201, 301, None)).Count);
        await store.OpenAsync(4, new LogOptions(), None);
        Assert.True(await store.CheckpointAsync(None));
        for (int channel = 1; channel <= Channels; channel++)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
            for (int i = 400; i < Messages; i += 20) await Append(log, Pack(i, 20, 900, serverTimeUs: i));
        }

        if (!killed) await store.DisposeAsync();
        CopyFolder(Options.Folder, Good);
    }

    protected static IEnumerable<long> NumbersOf(int channel) => channel == 4 ? [] : Enumerable.Range(0, Messages).Select(i => (long)i).Where(i => channel != 1 || i is >= 50 and (< 200 or >= 300));

    internal StorageReport Inspect(string? folder = null) => StorageInspector.Inspect(new FilesWithoutSync(), SmallFiles with { Folder = folder ?? Good }, null, None);

    internal StorageRepair Plan(string? folder = null) => StorageRepair.Plan(new FilesWithoutSync(), SmallFiles with { Folder = folder ?? Good });

    /// <summary>Plans, looks that the plan changed nothing, repairs, looks that all is well then.</summary>
    /// <returns>What was planned.</returns>
    protected async Task<IReadOnlyList<RepairStep>> RepairAsync(string? folder = null)
    {
        folder ??= Good;
        Dictionary<string, byte[]> before = Snapshot(folder);
        using StorageRepair repair = Plan(folder);
        Assert.Equal(before, Snapshot(folder));
        Assert.True(repair.Obstacle is null, repair.Obstacle);
        Assert.NotEmpty(repair.Steps);
        string? kept = await repair.ExecuteAsync();
        StorageReport after = Inspect(folder);
        Assert.True(after.IsSound, string.Join('\n', after.Damages));
        Assert.Equal(repair.Report.Channels.Select(channel => channel with { IsDamaged = false }), after.Channels);
        AssertNothingIsGone(before, folder, kept);
        return repair.Steps;
    }

    /// <summary>Opens the store and reads each channel: what was there before but the losses.</summary>
    protected async Task AssertHeldAsync(IReadOnlyList<RepairStep> steps, string? folder = null)
    {
        ILookup<long, MessageLoss> losses = steps.SelectMany(step => step.Losses).ToLookup(loss => loss.ChannelId);
        await using MessageStore store = Open(new FilesWithoutSync(), SmallFiles with { Folder = folder ?? Good });
        for (int channel = 1; channel <= 4; channel++)
        {
            long[] expected = [.. NumbersOf(channel).Where(number => !losses[channel].Any(loss => number + 1 >= loss.FromKey && number + 1 <= loss.ToKey))];
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
            List<(long Key, long Number)> all = await ReadAll(log);
            Assert.Equal(expected.Select(number => (number + 1, number)), all);
            Assert.Equal(NumbersOf(channel).Count() - expected.Length, losses[channel].Sum(loss => loss.Count));
            AppendResult next = await Append(log, Pack(5_000, 1));
            Assert.True(next.FirstKey > (channel == 4 ? 0 : Messages), $"channel {channel} goes on with key {next.FirstKey}");
        }
    }

    protected static Dictionary<string, byte[]> Snapshot(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock").ToDictionary(file => file, File.ReadAllBytes);

    protected string FileOf(string pattern) => Directory.GetFiles(Path.Combine(Good, Path.GetDirectoryName(pattern)!), Path.GetFileName(pattern)).Order(StringComparer.Ordinal).First();

    protected static void Change(string file, Action<byte[]> change)
    {
        byte[] bytes = File.ReadAllBytes(file);
        change(bytes);
        File.WriteAllBytes(file, bytes);
    }

    /// <summary>Promise: every byte that was in a damaged file is still somewhere.</summary>
    private static void AssertNothingIsGone(Dictionary<string, byte[]> before, string folder, string? kept)
    {
        if (kept is null) return;
        foreach ((string file, byte[] bytes) in Snapshot(kept)) Assert.Equal(before[Path.Combine(folder, Path.GetRelativePath(kept, file))], bytes);
    }
}
