using System.Runtime.InteropServices;
using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

public sealed class RingQueueTests
{
    private const int Bits = 18;

    /// <summary>Promise: with many threads adding to a queue that is full most of the time, the taker gets every record that was taken in, whole, once, each thread's in order.</summary>
    [Fact]
    public async Task Every_record_comes_out_once_and_whole()
    {
        const int adders = 4, perAdder = 150_000;
        var queue = new RingQueue(Bits);
        bool isOver = false;
        Task<long>[] adding = [.. Enumerable.Range(0, adders).Select(a => Task.Run(() =>
        {
            // Bytes that look like lengths: what one round leaves behind must not pass for a record of the next.
            byte[] bytes = MemoryMarshal.AsBytes(Enumerable.Repeat(64, 1_000).ToArray().AsSpan()).ToArray();
            var random = new Random(a);
            long taken = 0;
            for (int i = 0; i < perAdder; i++)
            {
                int length = random.Next(0, bytes.Length);
                if (queue.TryAdd(a, new RingEntry(length, i, a, 1), [], bytes.AsSpan(0, length)) > 0) taken++;
            }

            return taken;
        }))];
        Task<long> taking = Task.Run(() =>
        {
            long count = 0;
            long[] last = [.. Enumerable.Repeat(-1L, adders)];
            while (true)
            {
                bool wasOver = Volatile.Read(ref isOver);
                long position = queue.Head, start = position;
                while (position - start < queue.Capacity / 3 && queue.TryPeek(ref position, out Span<byte> record))
                {
                    var view = new RingRecordView(record);
                    Assert.Equal((view.TimeUs, (long)view.Index), (view.Bytes.Length, MemoryMarshal.Read<int>(record[4..])));
                    Assert.True(view.Connection > last[view.Index]);
                    last[view.Index] = view.Connection;
                    count++;
                    position += record.Length;
                }

                queue.Release(position);
                if (wasOver && position == start) return count;
            }
        });
        long added = (await Task.WhenAll(adding)).Sum();
        Volatile.Write(ref isOver, true);
        Assert.Equal(added, await taking);
        Assert.InRange(added, 1, (adders * perAdder) - 1);      // some found it full
        Assert.Equal(queue.Tail, queue.Head);
    }

    /// <summary>Promise: a queue takes what fits to the last byte, and then nothing, whatever the place it has come to.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_full_queue_refuses_and_takes_again_after_a_release(int taken)
    {
        var queue = new RingQueue(Bits);
        byte[] bytes = new byte[(queue.Capacity / 8) - RingRecord.HeaderBytes];
        for (int i = 0; i < taken; i++) Assert.True(queue.TryAdd(1, default, [], bytes) > 0);
        Assert.Equal(taken, Take(queue));

        for (int i = 0; i < 8; i++) Assert.Equal((i + 1) * queue.Capacity / 8, queue.TryAdd(1, default, [], bytes));
        Assert.Equal(0, queue.TryAdd(1, default, [], []));
        Assert.Equal(8, Take(queue));
        Assert.True(queue.TryAdd(1, default, [], bytes) > 0);
    }

    private static int Take(RingQueue queue)
    {
        long position = queue.Head;
        int count = 0;
        for (; queue.TryPeek(ref position, out Span<byte> record); position += record.Length) count++;
        queue.Release(position);
        return count;
    }
}
