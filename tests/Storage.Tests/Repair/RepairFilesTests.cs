using Gateway.Storage.Disk;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Tests.Repair;

/// <summary>Headers, files in the wrong place, files of others.</summary>
public sealed class RepairFilesTests : RepairFixture
{
    [Fact]
    public async Task A_damaged_header_is_written_anew_and_costs_nothing()
    {
        await MakeAsync(killed: true);
        Change(FileOf("channels/1/log-*"), bytes => bytes[17] ^= 1);
        Change(FileOf("channels/2/log-*"), bytes => Array.Clear(bytes, 0, FileHeader.Bytes));
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Equal(2, steps.Count);
        Assert.All(steps, step => Assert.Empty(step.Losses));
        await AssertHeldAsync(steps);
    }

    [Fact]
    public async Task Files_in_each_others_place_are_put_right_and_cost_nothing()
    {
        await MakeAsync(killed: true);
        Swap(Path.Combine(Good, "channels", "1", "log-1.0"), Path.Combine(Good, "channels", "2", "log-2.0"));
        Swap(Path.Combine(Good, "channels", "3", "log-3.0"), Path.Combine(Good, "channels", "3", "log-3.1"));
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Equal(4, steps.Count);
        Assert.All(steps, step => Assert.Empty(step.Losses));
        await AssertHeldAsync(steps);
    }

    [Fact]
    public async Task A_file_of_another_log_is_named_and_moved_aside()
    {
        await MakeAsync(killed: false);
        string file = Path.Combine(Good, "channels", "1", "log-1.1");
        File.Copy(Path.Combine(Good, "channels", "2", "log-2.1"), file, overwrite: true);
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Equal("it is the file log-2.1 of channel 2, not log-1.1 of channel 1", steps[0].Damage.What);
        await AssertHeldAsync(steps);
    }

    [Fact]
    public async Task Files_that_no_part_of_the_store_knows_are_moved_aside_whole()
    {
        await MakeAsync(killed: true);
        string[] strays = ["notes.txt", "channels/readme", "channels/1/log-1.0.new", "channels/2/log-zz.0", "channels/99/log-7.0", "channels/007/log-1.0"];
        foreach (string stray in strays)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Good, stray))!);
            await File.WriteAllTextAsync(Path.Combine(Good, stray), stray, None);
        }

        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Equal(strays.Order(StringComparer.Ordinal), steps.Select(step => Path.GetRelativePath(Good, step.Damage.File)).Order(StringComparer.Ordinal));
        string kept = Directory.GetDirectories(Good, "damaged-*").Single();
        foreach (string stray in strays)
        {
            Assert.False(File.Exists(Path.Combine(Good, stray)));
            Assert.Equal(stray, await File.ReadAllTextAsync(Path.Combine(kept, stray), None));
        }

        await AssertHeldAsync(steps);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("gateway-storage two\n")]
    public async Task A_format_file_that_says_nothing_is_written_anew(string? text)
    {
        await MakeAsync(killed: true);
        string file = Path.Combine(Good, "format");
        if (text is null) File.Delete(file);
        else await File.WriteAllTextAsync(file, text, None);
        IReadOnlyList<RepairStep> steps = await RepairAsync();
        Assert.Equal("gateway-storage 2\n", await File.ReadAllTextAsync(file, None));
        await AssertHeldAsync(steps);
    }

    [Theory]
    [InlineData("checkpoint-a", 8)]
    [InlineData("journal-*", 8)]
    [InlineData("channels/1/log-*", 8)]
    public async Task A_file_of_a_later_program_is_no_damage_that_can_be_repaired(string pattern, int at)
    {
        await MakeAsync(killed: true);
        string file = FileOf(pattern);
        Change(file, bytes => SayVersion3(pattern == "checkpoint-a" ? bytes : bytes.AsSpan(0, FileHeader.Bytes), at));
        Dictionary<string, byte[]> before = Snapshot(Good);
        using StorageRepair repair = Plan();
        Assert.Contains(repair.Steps, step => step.Damage.File == file && step.Action is null);
        Assert.NotNull(repair.Obstacle);
        await Assert.ThrowsAsync<InvalidOperationException>(() => repair.ExecuteAsync());
        Assert.Equal(before, Snapshot(Good));
    }

    [Fact]
    public async Task A_folder_that_a_gateway_has_open_is_neither_checked_nor_repaired()
    {
        await using MessageStore store = Open(SmallFiles);
        Assert.Contains("stop the gateway first", Assert.Throws<IOException>(() => Inspect(Options.Folder)).Message, StringComparison.Ordinal);
        Assert.Contains("stop the gateway first", Assert.Throws<IOException>(() => Plan(Options.Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Places_that_the_disk_refuses_to_read_are_given_up_as_damaged_ones_are()
    {
        await MakeAsync(killed: false);
        var files = new UnreadableFiles(FileOf("channels/2/log-*"), 70_000, 75_000);
        using StorageRepair repair = StorageRepair.Plan(files, SmallFiles with { Folder = Good }, null, None);
        Assert.InRange(Assert.Single(repair.Steps).Losses.Sum(loss => loss.Count), 5, 80);
        await repair.ExecuteAsync();
        await AssertHeldAsync(repair.Steps);
    }

    private static void SayVersion3(Span<byte> block, int at)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(block[at..], 3);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(block[^4..], Crc32C.Compute(block[..^4]));
    }

    private static void Swap(string one, string other)
    {
        byte[] bytes = File.ReadAllBytes(one);
        File.WriteAllBytes(one, File.ReadAllBytes(other));
        File.WriteAllBytes(other, bytes);
    }

    /// <summary>A disk with sectors that it can't read.</summary>
    private sealed class UnreadableFiles(string file, long from, long below) : OsFileSystem
    {
        protected override int ReadSome(FileHandle handle, string path, Span<byte> bytes, long offset) =>
            path == file && offset < below && offset + bytes.Length > from ? throw new IOException("Input/output error (test)") : base.ReadSome(handle, path, bytes, offset);
    }
}
