using System.Globalization;

namespace Gateway.Storage.Crash.Kills;

/// <summary>The process that is killed. It tells on standard output what the store told it, a line each:
/// <c>a CHANNEL WRITER NEXT LASTKEY</c> all numbers below NEXT are stored; <c>b CHANNEL KEY</c> a delete begins; <c>d CHANNEL KEY</c> it is done; <c>f CHANNEL</c> full.</summary>
internal static class KillWriter
{
    /// <summary>Runs one life.</summary>
    public static async Task<int> RunAsync(string folder, int seed, int round)
    {
        KillPlan plan = KillPlan.Of(seed, round);
        var output = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
        await using var store = new MessageStore(plan.Options(folder), new KilledFiles(plan.KillAtCall));
        var tasks = new List<Task>();
        if (plan.CheckpointMs > 0) tasks.Add(Task.Run(() => CheckpointAsync(store, plan.CheckpointMs)));
        for (int channel = 1; channel <= plan.Channels; channel++)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions { QuotaBytes = plan.QuotaBytes }, CancellationToken.None);
            for (int writer = 0; writer < plan.Writers; writer++) tasks.Add(StartWriter(log, writer, round, plan, output));
            if (plan.DeleteMs > 0) tasks.Add(Task.Run(() => DeleteAsync(log, plan.DeleteMs, output)));
        }

        // Without a kill of its own it lives until its parent ends it; a call that never came is a clean end.
        Task life = Task.Delay(plan.KillAtCall > 0 ? plan.LiveMs : Timeout.Infinite);
        await await Task.WhenAny(Task.WhenAll(tasks), life);
        return 0;
    }

    private static Task StartWriter(IMessageLog log, int writer, int round, KillPlan plan, TextWriter output) => Task.Run(() => WriteAsync(log, writer, round, plan, output));

    private static async Task WriteAsync(IMessageLog log, int writer, int round, KillPlan plan, TextWriter output)
    {
        var packet = new Packet();
        byte[] bytes = new byte[plan.PacketMessagesMax * (KillMessage.HeaderBytes + plan.FillerBytesMax)];
        int[] ends = new int[plan.PacketMessagesMax];
        for (long number = round * KillMessage.NumbersPerRound; ;)
        {
            int count = 1 + (int)((number ^ writer) % plan.PacketMessagesMax), end = 0;
            for (int i = 0; i < count; i++)
            {
                int length = KillMessage.LengthOf(writer, number + i, plan.FillerBytesMax);
                KillMessage.Write(bytes.AsSpan(end, length), log.ChannelId, writer, number + i);
                ends[i] = end += length;
            }

            packet.Use(bytes, ends, count);
            packet.ServerTimeUs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000;
            AppendResult result = await log.AppendAsync(packet, CancellationToken.None);
            if (result.Status == AppendStatus.Full)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"f {log.ChannelId}"));
                await log.WaitForSpaceAsync(CancellationToken.None);
                continue;
            }

            if (result.Status != AppendStatus.Appended) throw new InvalidOperationException(result.Status.ToString());
            number += count;
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"a {log.ChannelId} {writer} {number} {result.LastKey}"));
        }
    }

    private static async Task DeleteAsync(IMessageLog log, int pauseMs, TextWriter output)
    {
        for (int turn = 1; ; turn++)
        {
            await Task.Delay(pauseMs);
            LogState state = log.State;
            long key = turn % 7 == 0 ? state.NextKey : state.HeadKey + ((state.NextKey - state.HeadKey) / 2);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"b {log.ChannelId} {key}"));
            DeleteResult result = await log.DeleteBelowAsync(key, CancellationToken.None);
            if (result.Status != DeleteStatus.Deleted) throw new InvalidOperationException(result.Status.ToString());
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"d {log.ChannelId} {key}"));
        }
    }

    private static async Task CheckpointAsync(MessageStore store, int pauseMs)
    {
        for (; ; await Task.Delay(pauseMs)) await store.CheckpointAsync(CancellationToken.None);
    }
}
