using Gateway.Storage.Disk;

namespace Gateway.Storage.Tests;

public sealed class SlowReaderTests : StoreFixture
{
    /// <summary>Promise: a reader whose read hangs in the disk delays nobody: its channel and the others are written, committed, checkpointed and tailed, and then it gets what it asked for.</summary>
    [Fact]
    public async Task A_read_that_hangs_holds_up_no_writer_no_checkpoint_and_no_other_reader()
    {
        using var files = new HeldReads();
        await using MessageStore store = Open(files);
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None), other = await store.OpenAsync(2, new LogOptions(), None);
        for (int i = 0; i < 3_000; i += 100) await Append(log, Pack(i, 100));
        files.Hold(Path.Combine("channels", "1"));
        Task<List<(long Key, long Number)>> slow = Task.Run(() => ReadAll(log), None);
        await files.Held.WaitAsync(None);

        var tail = new MessagePage();
        for (int i = 3_000; i < 6_000; i += 100)
        {
            await Append(log, Pack(i, 100));
            await Append(other, Pack(i - 3_000, 100));
            if (i % 1_000 == 0) Assert.True(await store.CheckpointAsync(None));
            await other.ReadAsync(0, 10_000, int.MaxValue, tail, None);
            Assert.Equal(i - 2_900, tail.Count);
        }

        Assert.False(slow.IsCompleted);
        files.Release();
        List<(long Key, long Number)> read = await slow;
        AssertNumbers(read, 0, read.Count);
        Assert.InRange(read.Count, 3_000, 6_000);
    }

    /// <summary>Promise: a deletion and an expiry whose look into the files hangs hold up no append; then they delete what they were told and nothing of what came meanwhile.</summary>
    /// <param name="kind">0 from the old end, 1 out of the middle, 2 by age.</param>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_deletion_whose_read_hangs_holds_up_no_append(int kind)
    {
        using var files = new HeldReads();
        var time = new ManualTime();
        await using MessageStore store = Open(files, Options with { Time = time });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { AgeMax = TimeSpan.FromHours(1) }, None);
        for (int i = 0; i < 3_000; i += 100)
        {
            await Append(log, Pack(i, 100, serverTimeUs: time.NowUs));
            time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.True(await store.CheckpointAsync(None));
        files.Hold(Path.Combine("channels", "1"));
        time.Advance(TimeSpan.FromMinutes(40));     // the messages of the first ten minutes are more than an hour old
        Task deleting = Task.Run(async () =>
        {
            if (kind == 0) await log.DeleteBelowAsync(1_001, None);
            else if (kind == 1) await log.DeleteRangeAsync(501, 1_501, None);
            else store.Expire();
        }, None);
        await files.Held.WaitAsync(None);
        try
        {
            await Task.Run(async () =>
            {
                for (int i = 3_000; i < 6_000; i += 100) await Append(log, Pack(i, 100, serverTimeUs: time.NowUs));
            }, None).WaitAsync(TimeSpan.FromSeconds(60), None);
            Assert.False(deleting.IsCompleted);
        }
        finally
        {
            files.Release();
        }

        await deleting;
        List<(long Key, long Number)> all = await ReadAll(log);
        Assert.Equal(5_000, all.Count);
        if (kind == 1) AssertNumbers(all.Where(message => message.Number < 500), 0, 500);
        AssertNumbers(all.Where(message => message.Number >= 500), kind == 1 ? 1_500 : 1_000, kind == 1 ? 4_500 : 5_000);
    }

    /// <summary>Promise: a reader that is a long way behind reads everything while the log is written; the writer's appends go on between its pages.</summary>
    [Fact]
    public async Task A_reader_far_behind_and_a_hundred_tailing_ones_see_every_message()
    {
        await using MessageStore store = Open();
        IMessageLog log = await store.OpenAsync(1, new LogOptions(), None);
        const int Messages = 20_000;
        for (int i = 0; i < Messages; i += 500) await Append(log, Pack(i, 500));
        long tail = log.State.NextKey;
        Task<long>[] tails = [.. Enumerable.Range(0, 100).Select(_ => Task.Run(() => TailAsync(log, tail, 2 * Messages), None))];
        Task<long> behind = Task.Run(() => TailAsync(log, 0, 2 * Messages), None);
        for (int i = Messages; i < 2 * Messages; i += 500) await Append(log, Pack(i, 500));
        Assert.Equal(2 * Messages, await behind);
        Assert.All(await Task.WhenAll(tails), read => Assert.Equal(Messages, read));
    }

    /// <summary>Reads from a key until the message with the last number came; each follows the one before.</summary>
    private static async Task<long> TailAsync(IMessageLog log, long key, long numberEnd)
    {
        var page = new MessagePage();
        long read = 0, next = -1;
        while (next != numberEnd)
        {
            Assert.True(await log.WaitAsync(key, None));
            await log.ReadAsync(key, 1_000, 64 * 1024, page, None);
            for (int i = 0; i < page.Count; i++)
            {
                if (next >= 0) Assert.Equal(next, NumberOf(page.Payload(i)));
                next = NumberOf(page.Payload(i)) + 1;
            }

            read += page.Count;
            key = page.NextKey;
        }

        return read;
    }

    /// <summary>A disk whose reads of some files hang until told.</summary>
    private sealed class HeldReads : OsFileSystem, IDisposable
    {
        private readonly ManualResetEventSlim _open = new(initialState: true);
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile string? _part;
        private int _isTaken;

        /// <summary>Completes when the first read hangs.</summary>
        public Task Held => _held.Task;

        /// <summary>The next read of a file with this in its path hangs; later ones do not.</summary>
        public void Hold(string part)
        {
            _open.Reset();
            _part = part;
        }

        /// <summary>It goes on.</summary>
        public void Release() => _open.Set();

        protected override int ReadSome(FileHandle handle, string path, Span<byte> bytes, long offset)
        {
            if (_part is { } part && path.Contains(part, StringComparison.Ordinal) && Interlocked.Exchange(ref _isTaken, 1) == 0)
            {
                _held.TrySetResult();
                _open.Wait();
            }

            return base.ReadSome(handle, path, bytes, offset);
        }

        public void Dispose()
        {
            _open.Set();
            _open.Dispose();
        }
    }
}
