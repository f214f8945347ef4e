using Gateway.Storage.Disk;
using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

public sealed class EvictionTests : RingFixture
{
    /// <summary>Promise: a ring's files never hold more than its quota, what is left is the newest without a hole, and most of the quota is used.</summary>
    [Fact]
    public async Task The_oldest_give_way_to_the_quota()
    {
        await using RingStore store = OpenStepped();
        Ring small = store.Open(RingKind.Traffic, 1, Quota()), large = store.Open(RingKind.Traffic, 2, Quota(4 << 20));
        for (int i = 0; i < 5_000; i++)
        {
            Add(small, i, bytes: 1_000);
            Add(large, i, bytes: 1_000);
            if (i % 100 != 0) continue;
            store.Step();
            Assert.True(SizeOf(1) <= 1 << 20 && SizeOf(2) <= 4 << 20, $"{SizeOf(1)} and {SizeOf(2)} bytes");
            Assert.Equal((SizeOf(1), SizeOf(2)), (small.State.Bytes, large.State.Bytes));
        }

        store.Step();
        foreach ((Ring ring, int fewest) in new[] { (small, (int)(0.85 * (1 << 20) / 1_040)), (large, (int)(0.85 * (4 << 20) / 1_040)) })
        {
            RingReader reader = ring.Read(new RingQuery());
            long[] numbers = [.. Numbers(await Read(reader))];
            Assert.True(numbers.Length >= fewest, $"{numbers.Length} records");
            Assert.Equal(Enumerable.Range(5_000 - numbers.Length, numbers.Length).Select(i => (long)i), numbers);
            Assert.Equal(0, reader.GapCount);
        }
    }

    /// <summary>Promise: a record that is too old is not shown any more, and its file goes when all in it are too old; another ring's age is its own.</summary>
    [Fact]
    public async Task Old_records_disappear_by_the_clock()
    {
        await using RingStore store = OpenStepped();
        Ring week = store.Open(RingKind.Traffic, 1, Quota(days: 7)), month = store.Open(RingKind.Logs, 1, Quota(days: 30));
        for (int day = 0; day < 10; day++)
        {
            for (int i = 0; i < 100; i++)
            {
                Add(week, (day * 100) + i, bytes: 900);
                Add(month, (day * 100) + i, bytes: 900);
            }

            store.Step();
            Time.Advance(TimeSpan.FromDays(1));
        }

        int filesBefore = FilesOf(RingKind.Traffic, 1).Length, monthFiles = FilesOf(RingKind.Logs, 1).Length;
        Assert.Equal(300, Numbers(await Read(week)).First());       // before any sweep
        store.Sweep();
        Assert.Equal(300, Numbers(await Read(week)).First());
        Assert.InRange(FilesOf(RingKind.Traffic, 1).Length, 1, filesBefore - 1);
        Assert.Equal(1_000, (await Read(month)).Count);
        Assert.Equal(monthFiles, FilesOf(RingKind.Logs, 1).Length);

        Time.Advance(TimeSpan.FromDays(7));
        Assert.Empty(await Read(week));
        store.Sweep();
        Assert.Empty(FilesOf(RingKind.Traffic, 1));
        Add(week, 5_000);
        store.Step();
        Assert.Equal([5_000], Numbers(await Read(week)));
    }

    /// <summary>Promise: a wall clock that is set forward by mistake removes nothing.</summary>
    [Fact]
    public async Task A_clock_set_forward_removes_nothing()
    {
        var time = new SettableTime();
        await using RingStore store = new(Stepped with { Time = time });
        Ring ring = store.Open(RingKind.Traffic, 1, Quota(days: 7));
        for (int i = 0; i < 300; i++) Add(ring, i, bytes: 1_000, timeUs: time.NowUs);
        store.Step();
        time.SetForward(TimeSpan.FromDays(30));
        store.Sweep();
        time.SetForward(TimeSpan.FromDays(-30));
        Assert.Equal(300, (await Read(ring)).Count);
    }

    /// <summary>Promise: rings of the run before age too, although nobody writes to them.</summary>
    [Fact]
    public async Task Rings_that_nobody_writes_to_age_after_a_restart()
    {
        await using (RingStore store = OpenStepped())
        {
            Ring ring = store.Open(RingKind.Traffic, 1, Quota());
            for (int i = 0; i < 300; i++) Add(ring, i, bytes: 1_000);
            store.Step();
        }

        await using RingStore again = OpenStepped();
        Ring same = again.Open(RingKind.Traffic, 1, Quota());
        Time.Advance(TimeSpan.FromDays(6));
        again.Sweep();
        Assert.Equal(300, (await Read(same)).Count);
        Time.Advance(TimeSpan.FromDays(2));
        again.Sweep();
        Assert.Empty(FilesOf(RingKind.Traffic, 1));
    }

    /// <summary>Promise: a smaller quota holds at once, a quota of 0 removes everything and takes nothing.</summary>
    [Fact]
    public async Task A_changed_quota_holds_from_then_on()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota(4 << 20));
        for (int i = 0; i < 4_000; i++) Add(ring, i, bytes: 1_000);
        store.Step();
        Assert.True(SizeOf(1) > 3 << 20);

        ring.Configure(Quota(1 << 20));
        store.Sweep();
        Assert.InRange(SizeOf(1), 1, 1 << 20);
        Assert.Equal(3_999, Numbers(await Read(ring)).Last());

        ring.Configure(Quota(0));
        Assert.False(ring.IsOn);
        Assert.False(ring.TryAdd(new RingEntry(Time.NowUs, 1, 1, Received), [], [1]));
        store.Sweep();
        Assert.Empty(FilesOf(RingKind.Traffic, 1));

        ring.Configure(Quota(1 << 20));
        Add(ring, 7);
        store.Step();
        Assert.Equal([7], Numbers(await Read(ring)));
    }

    /// <summary>Promise: a deleted ring leaves nothing, neither of what was written nor of what was on its way.</summary>
    [Fact]
    public async Task Deleting_removes_files_and_folder()
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota()), other = store.Open(RingKind.Traffic, 2, Quota());
        Add(ring, 1);
        store.Step();
        Add(ring, 2);
        Add(other, 3);
        Task deleted = store.DeleteAsync(RingKind.Traffic, 1);
        Assert.False(ring.TryAdd(new RingEntry(Time.NowUs, 1, 1, Received), [], [1]));
        store.Step();
        await deleted;
        Assert.False(Directory.Exists(Path.Combine(Folder, "traffic", "1")));
        Assert.Equal([3], Numbers(await Read(other)));

        Ring next = store.Open(RingKind.Traffic, 1, Quota());
        Assert.Empty(await Read(next));
        Add(next, 4);
        store.Step();
        Assert.Equal([4], Numbers(await Read(next)));
    }

    /// <summary>Promise: a ring that is deleted while somebody reads it reads as empty from there on, at whatever point of the read its folder goes; that is no fault of the disk.</summary>
    [Theory]
    [InlineData("list")]
    [InlineData("header")]
    [InlineData("file")]
    public async Task A_reader_outlives_the_ring(string point)
    {
        var files = new VanishingFiles();
        await using RingStore store = OpenStepped(files);
        Ring ring = store.Open(RingKind.Logs, 1, Quota());
        Add(ring, 1, ident: "a");
        store.Step();

        files.VanishAt(point, Path.Combine(Folder, "logs", "1"));
        Assert.Empty((await ring.Read(new RingQuery()).ListIdentsAsync(10, None)).Idents);
        Assert.True(files.IsGone);
        Assert.Empty(await Read(ring));
    }

    /// <summary>Promise: a reader whose files give way goes on with what is there, and does not take that for damage.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reader_outlives_the_files_it_has_not_read_yet(bool isReverse)
    {
        await using RingStore store = OpenStepped();
        Ring ring = store.Open(RingKind.Traffic, 1, Quota());
        for (int i = 0; i < 900; i++) Add(ring, i, bytes: 1_000);
        store.Step();

        RingReader reader = ring.Read(new RingQuery { IsReverse = isReverse });
        var page = new RingPage();
        await reader.ReadAsync(page, 10, 1 << 20, None);
        Assert.Equal(10, page.Count);
        for (int i = 900; i < 1_500; i++) Add(ring, i, bytes: 1_000);
        store.Step();

        long[] rest = [.. Numbers(await Read(reader))];
        Assert.NotEmpty(rest);
        Assert.True(rest.Length < 880, "some files gave way");
        Assert.Equal(isReverse ? rest.OrderDescending() : rest.Order(), rest);
        Assert.Equal(isReverse ? 889 : 899, isReverse ? rest[0] : rest[^1]);
        Assert.Equal(0, reader.GapCount);
    }

    /// <summary>A folder that goes between two looks of a reader.</summary>
    private sealed class VanishingFiles : OsFileSystem
    {
        private string _point = "", _folder = "";
        private int _opened;

        public bool IsGone { get; private set; }

        public void VanishAt(string point, string folder) => (_point, _folder, _opened) = (point, folder, 0);

        public override string[] ListFiles(string folder, string prefix)
        {
            if (folder != _folder || _point != "list") return base.ListFiles(folder, prefix);
            // Seen when it was looked for, gone when it is listed.
            return OrNone(folder, path =>
            {
                Vanish();
                return Directory.GetFiles(path);
            });
        }

        public override FileHandle OpenToRead(string path)
        {
            if (path.StartsWith(_folder, StringComparison.Ordinal) && ++_opened == (_point == "header" ? 1 : _point == "file" ? 2 : 0)) Vanish();
            return base.OpenToRead(path);
        }

        private void Vanish()
        {
            Directory.Delete(_folder, recursive: true);
            IsGone = true;
        }
    }

    private long SizeOf(long owner) => FilesOf(RingKind.Traffic, owner).Sum(file => new FileInfo(file).Length);
}
