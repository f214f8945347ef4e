using Gateway.Storage.Inspection;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Tests.Repair;

public sealed class RepairCutTests : RepairFixture
{
    private const int Held = 120;

    /// <summary>Promise: a repair that the power cuts short at any moment can be done again, and keeps what it would have kept; what was damaged is still somewhere.</summary>
    [Theory]
    [InlineData("checkpoint")]
    [InlineData("checkpoints")]
    [InlineData("records")]
    [InlineData("headers")]
    [InlineData("swapped")]
    [InlineData("journal")]
    public async Task A_repair_that_is_cut_at_any_call_is_finished_by_the_next_one(string damage)
    {
        string damaged = Path.Combine(Folder, "damaged");
        await MakeSmallAsync();
        CopyFolder(Good, damaged);
        Damage(damaged, damage);
        long[][] kept = await KeptAsync(damaged);

        int calls = 0;
        for (int call = 1; calls == 0; call++)
        {
            string folder = Path.Combine(Folder, "run"), cut = Path.Combine(Folder, "cut");
            CopyFolder(damaged, folder);
            var files = new PowerCutFiles();
            files.Adopt(folder);
            bool wasCut = false;
            using (StorageRepair repair = StorageRepair.Plan(files, Small(folder), null, None))
            {
                files.CutAtCall(call, () =>
                {
                    files.Cut(folder, cut, new Random(call));
                    File.Copy(Path.Combine(folder, "format"), Path.Combine(cut, "format"));
                    wasCut = true;
                });
                await repair.ExecuteAsync();
            }

            if (!wasCut) calls = call;
            else await FinishAsync(cut, kept, $"{damage}, call {call}");
            Directory.Delete(folder, recursive: true);
            if (Directory.Exists(cut)) Directory.Delete(cut, recursive: true);
        }

        Assert.True(calls > 20, $"a repair has {calls} calls to cut at");
    }

    private async Task FinishAsync(string folder, long[][] kept, string where)
    {
        using (StorageRepair repair = StorageRepair.Plan(new FilesWithoutSync(), Small(folder), null, None))
        {
            Assert.True(repair.Obstacle is null, $"{where}: {repair.Obstacle}");
            if (!repair.Report.IsSound) await repair.ExecuteAsync();
        }

        StorageReport report = StorageInspector.Inspect(new FilesWithoutSync(), Small(folder), null, None);
        Assert.True(report.IsSound, $"{where}: {string.Join('\n', report.Damages)}");
        long[][] held = await ReadAsync(folder);
        for (int i = 0; i < kept.Length; i++) Assert.True(kept[i].SequenceEqual(held[i]), $"{where}: channel {i + 1} holds {held[i].Length} messages, not {kept[i].Length}");
    }

    private async Task<long[][]> KeptAsync(string damaged)
    {
        string folder = Path.Combine(Folder, "kept");
        CopyFolder(damaged, folder);
        using (StorageRepair repair = StorageRepair.Plan(new FilesWithoutSync(), Small(folder), null, None)) await repair.ExecuteAsync();
        return await ReadAsync(folder);
    }

    private async Task<long[][]> ReadAsync(string folder)
    {
        await using MessageStore store = Open(new FilesWithoutSync(), Small(folder));
        var all = new List<long[]>();
        for (int channel = 1; channel <= 2; channel++) all.Add([.. (await ReadAll(await store.OpenAsync(channel, new LogOptions(), None))).Select(message => message.Number)]);
        return [.. all];
    }

    private StoreOptions Small(string folder) => SmallFiles with { Folder = folder, JournalSegmentBits = 18 };

    private async Task MakeSmallAsync()
    {
        await using MessageStore store = Open(Small(Options.Folder));
        IMessageLog one = await store.OpenAsync(1, new LogOptions(), None), two = await store.OpenAsync(2, new LogOptions(), None);
        for (int i = 0; i < Held / 2; i += 10) await AppendBothAsync(i);
        Assert.True(await store.CheckpointAsync(None));
        for (int i = Held / 2; i < Held; i += 10) await AppendBothAsync(i);
        await one.DeleteRangeAsync(80, 90, None);
        CopyFolder(Options.Folder, Good);

        async Task AppendBothAsync(int i)
        {
            await Append(one, Pack(i, 10, 2_000));
            await Append(two, Pack(i, 10, 1_000));
        }
    }

    private static void Damage(string folder, string damage)
    {
        string one = Path.Combine(folder, "channels", "1", "log-1.0"), two = Path.Combine(folder, "channels", "2", "log-2.0");
        switch (damage)
        {
            case "checkpoint":
                Change(Path.Combine(folder, "checkpoint-b"), bytes => bytes[30] ^= 1);
                break;
            case "checkpoints":
                Change(Path.Combine(folder, "checkpoint-a"), Array.Clear);
                Change(Path.Combine(folder, "checkpoint-b"), bytes => bytes[30] ^= 1);
                break;
            case "records":
                Change(one, bytes => Array.Clear(bytes, 50_000, 3_000));
                Change(one, bytes => bytes[90_000] ^= 1);
                File.WriteAllText(Path.Combine(folder, "channels", "2", "notes"), "stray");
                break;
            case "headers":
                Change(one, bytes => bytes[100] ^= 1);
                Change(two, bytes => bytes[100] ^= 1);
                break;
            case "swapped":
                byte[] first = File.ReadAllBytes(one);
                File.Copy(two, one, overwrite: true);
                File.WriteAllBytes(two, first);
                break;
            case "journal":
                Change(Directory.GetFiles(folder, "journal-*").Order(StringComparer.Ordinal).First(), bytes => Array.Clear(bytes, 200_000, 8_000));
                break;
        }
    }
}
