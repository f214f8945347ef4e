using System.Buffers.Binary;
using System.IO.Compression;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Tests;

/// <summary>Folders of earlier versions, and of later ones.</summary>
/// <remarks>
/// Fixtures/v1-*.zip were made by the last program that wrote version 1, with journal pages and files of 128 KiB and channel files of 128 KiB; `crashed` is a copy taken
/// while the store was open, `closed` the same folder afterwards. Channel 1: numbers 0 to 459, those below 140 deleted before the last checkpoint, those below 150 after it, from
/// 400 on appended after it. Channel 2 was deleted and made again: 100 to 109. Channel 3 was made after the checkpoint: 0 to 4. Channel 4: 2; its head stands before it,
/// where the page before is free.
/// </remarks>
public sealed class UpgradeTests : StoreFixture
{
    private static readonly (int Channel, long First, int Count)[] Held = [(1, 150, 310), (2, 100, 10), (3, 0, 5), (4, 2, 1)];

    /// <summary>Promise: a folder of version 1 opens with all its messages, is of version 2 from then on, takes new messages and opens again.</summary>
    [Theory]
    [InlineData("closed")]
    [InlineData("crashed")]
    public async Task A_folder_of_version_1_opens_with_all_it_held_and_goes_on_as_version_2(string state)
    {
        Unzip(state);
        Assert.Equal("gateway-storage 1\n", await File.ReadAllTextAsync(Path.Combine(Options.Folder, "format"), None));
        byte[] before = await File.ReadAllBytesAsync(Log(1, "log-1.2"), None);
        for (int start = 0; start < 3; start++)
        {
            await using MessageStore store = Open();
            Assert.Equal("gateway-storage 2\n", await File.ReadAllTextAsync(Path.Combine(Options.Folder, "format"), None));
            foreach ((int channel, long first, int count) in Held)
            {
                IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
                AssertNumbers(await ReadAll(log), first, count + (start * 500));
                for (int i = 0; i < 500; i += 100) await Append(log, Pack(first + count + (start * 500) + i, 100, 300));
            }

            await Append(await store.OpenAsync(5, new LogOptions(), None), Pack(0, 1));
        }

        // The old logs were neither copied nor given headers; a log that is made now has one.
        Assert.Equal(before, await File.ReadAllBytesAsync(Log(1, "log-1.2"), None));
        Assert.Equal(HeaderStatus.Damaged, FileHeader.TryRead(await File.ReadAllBytesAsync(Log(1, "log-1.4"), None), out _, out _));
        string made = Directory.GetFiles(Path.Combine(Options.Folder, "channels", "5")).Single();
        Assert.Equal(HeaderStatus.Valid, FileHeader.TryRead(await File.ReadAllBytesAsync(made, None), out FileHeader header, out int version));
        Assert.Equal((FileKind.Log, 5L, 0L, 2), (header.Kind, header.ChannelId, header.Segment, version));
    }

    /// <summary>Promise: a log of version 1 takes part in what came later: ranges are deleted out of its middle and its files given back.</summary>
    [Fact]
    public async Task A_log_of_version_1_takes_holes()
    {
        Unzip("crashed");
        for (int start = 0; start < 2; start++)
        {
            await using MessageStore store = Open();
            IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
            if (start == 0)
            {
                Assert.Equal(240, (await log.DeleteRangeAsync(161, 401, None)).Count);
                Assert.True(await store.CheckpointAsync(None));
                Assert.False(File.Exists(Log(1, "log-1.2")));
            }

            Assert.Equal([.. Enumerable.Range(150, 10).Select(i => (long)i), .. Enumerable.Range(400, 60).Select(i => (long)i)], (await ReadAll(log)).Select(message => message.Number));
        }
    }

    /// <summary>Promise: when the power goes at any moment of the upgrade, the next start finishes it with all messages.</summary>
    [Theory]
    [InlineData("closed")]
    [InlineData("crashed")]
    public async Task An_upgrade_that_is_cut_at_any_call_is_finished_by_the_next_start(string state)
    {
        int calls = 0;
        for (int call = 1; calls == 0; call++)
        {
            string cut = Path.Combine(Folder, "cut");
            Unzip(state);
            var files = new PowerCutFiles();
            files.Adopt(Options.Folder);
            bool wasCut = false;
            files.CutAtCall(call, () =>
            {
                files.Cut(Options.Folder, cut, new Random(call));
                File.Copy(Path.Combine(Options.Folder, "format"), Path.Combine(cut, "format"));
                wasCut = true;
            });
            await Open(files).DisposeAsync();
            if (!wasCut) calls = call;
            else
            {
                await using MessageStore store = Open(new FilesWithoutSync(), Options with { Folder = cut });
                foreach ((int channel, long first, int count) in Held) AssertNumbers(await ReadAll(await store.OpenAsync(channel, new LogOptions(), None)), first, count);
            }

            Directory.Delete(Options.Folder, recursive: true);
            if (Directory.Exists(cut)) Directory.Delete(cut, recursive: true);
        }

        Assert.True(calls > 20, $"an upgrade has {calls} calls to cut at");
    }

    /// <summary>Promise: a folder of version 1 that is refused is left as it was, so that the program that wrote it can still open it.</summary>
    [Fact]
    public async Task A_damaged_folder_of_version_1_is_refused_and_left_as_it_was()
    {
        Unzip("crashed");
        string journal = Directory.GetFiles(Options.Folder, "journal-*").Single();
        byte[] bytes = await File.ReadAllBytesAsync(journal, None);
        bytes[70_000] ^= 1;
        await File.WriteAllBytesAsync(journal, bytes, None);
        Dictionary<string, byte[]> before = Snapshot(Options.Folder);
        Assert.Throws<DamagedLogException>(() => Open());
        Assert.Equal(before, Snapshot(Options.Folder));
    }

    /// <summary>Promise: whatever file says that it is of a later version is refused by its name and that version; nothing is changed.</summary>
    [Theory]
    [InlineData("format")]
    [InlineData("checkpoint-a")]
    [InlineData("checkpoint-b")]
    [InlineData("facts-*")]
    [InlineData("journal-*")]
    [InlineData("channels/1/log-*")]
    public async Task A_file_of_a_later_version_is_refused_by_name(string pattern)
    {
        string copy = Path.Combine(Folder, "copy");
        await using (MessageStore store = Open())
        {
            await Append(await store.OpenAsync(1, new LogOptions(), None), Pack(0, 10));
            Assert.True(await store.CheckpointAsync(None));
            CopyFolder(Options.Folder, copy);
        }

        string file = Directory.GetFiles(Path.Combine(copy, Path.GetDirectoryName(pattern)!), Path.GetFileName(pattern)).Single();
        byte[] bytes = await File.ReadAllBytesAsync(file, None);
        switch (pattern)
        {
            case "format":
                bytes = "gateway-storage 3\n"u8.ToArray();
                break;
            case "facts-*":
                for (int slot = 0; slot < bytes.Length; slot += 64) SayVersion3(bytes.AsSpan(slot, 64), 24);
                break;
            case "checkpoint-a" or "checkpoint-b":
                SayVersion3(bytes, 8);
                break;
            default:
                SayVersion3(bytes.AsSpan(0, FileHeader.Bytes), 8);
                break;
        }

        await File.WriteAllBytesAsync(file, bytes, None);
        Dictionary<string, byte[]> before = Snapshot(copy);
        DamagedLogException refusal = await Assert.ThrowsAsync<DamagedLogException>(async () =>
        {
            await using MessageStore store = Open(Options with { Folder = copy });
            await store.OpenAsync(1, new LogOptions(), None);
        });
        Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("version 3", refusal.Message, StringComparison.Ordinal);
        if (!pattern.StartsWith("channels", StringComparison.Ordinal)) Assert.Equal(before, Snapshot(copy));        // the other channels live on
    }

    private static void SayVersion3(Span<byte> block, int at)
    {
        BinaryPrimitives.WriteInt32LittleEndian(block[at..], 3);
        BinaryPrimitives.WriteUInt32LittleEndian(block[^4..], Crc32C.Compute(block[..^4]));
    }

    private void Unzip(string state) => ZipFile.ExtractToDirectory(Path.Combine(AppContext.BaseDirectory, "Fixtures", $"v1-{state}.zip"), Options.Folder);

    private string Log(int channel, string name) => Path.Combine(Options.Folder, "channels", $"{channel}", name);

    private static Dictionary<string, byte[]> Snapshot(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock").ToDictionary(file => file, File.ReadAllBytes);
}
