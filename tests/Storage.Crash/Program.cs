using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Gateway.Storage;

// A process of its own that writes until it is killed, and the measurements behind docs/decisions/003-channel-buffer.md.
//   write FOLDER CHANNELS WRITERS      prints "channel writer count" for every acknowledged packet
//   append FOLDER CHANNELS WRITERS PACKET BYTES SECONDS
//   scan FOLDER RECORDS BYTES
//   start FOLDER CHANNELS
return args switch
{
    ["write", var folder, var channels, var writers] => await Writing.RunAsync(folder, Number(channels), Number(writers)),
    ["append", var folder, var channels, var writers, var packet, var bytes, var seconds] =>
        await Measuring.AppendAsync(folder, Number(channels), Number(writers), Number(packet), Number(bytes), Number(seconds)),
    ["scan", var folder, var records, var bytes] => await Measuring.ScanAsync(folder, Number(records), Number(bytes)),
    ["start", var folder, var channels] => await Measuring.StartAsync(folder, Number(channels)),
    _ => 2,
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

/// <summary>Writes until killed.</summary>
internal static class Writing
{
    private const int PacketMessages = 3;

    /// <summary>Message numbers go up by one per writer, from what the log holds already; each acknowledged packet is told on standard output.</summary>
    public static async Task<int> RunAsync(string folder, int channels, int writers)
    {
        await using var store = new MessageStore(new StoreOptions
        {
            Folder = folder, CheckpointIntervalSeconds = 1, JournalPageBits = 20, JournalSegmentBits = 21, ChannelSegmentBits = 18,
        });
        var output = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
        var starts = new List<Func<Task>>();
        for (int channel = 1; channel <= channels; channel++)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), CancellationToken.None);
            long[] next = await NextNumbersAsync(log, writers);
            for (int writer = 0; writer < writers; writer++) starts.Add(WriterOf(log, writer, next[writer], output));
        }

        await output.WriteLineAsync("ready");
        await Task.WhenAll(starts.Select(start => Task.Run(start)));
        return 0;
    }

    private static Func<Task> WriterOf(IMessageLog log, int writer, long next, TextWriter output) => async () =>
    {
        var packet = new Packet();
        byte[] bytes = new byte[PacketMessages * 200];
        int[] ends = new int[PacketMessages];
        while (true)
        {
            int length = 16 + (int)(next % 180);
            for (int i = 0; i < PacketMessages; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * length), writer);
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan((i * length) + 8), next + i);
                ends[i] = (i + 1) * length;
            }

            packet.Use(bytes, ends, PacketMessages);
            packet.ServerTimeUs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;
            AppendResult result = await log.AppendAsync(packet, CancellationToken.None);
            if (result.Status != AppendStatus.Appended) throw new InvalidOperationException(result.Status.ToString());
            next += PacketMessages;
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{log.ChannelId} {writer} {next}"));
        }
    };

    private static async Task<long[]> NextNumbersAsync(IMessageLog log, int writers)
    {
        var next = new long[writers];
        var page = new MessagePage();
        for (long key = 0; ; key = page.NextKey)
        {
            await log.ReadAsync(key, 10_000, 1 << 20, page, CancellationToken.None);
            if (page.Count == 0) return next;
            for (int i = 0; i < page.Count; i++)
            {
                ReadOnlySpan<byte> payload = page.Payload(i);
                next[BinaryPrimitives.ReadInt64LittleEndian(payload)] = BinaryPrimitives.ReadInt64LittleEndian(payload[8..]) + 1;
            }
        }
    }
}

/// <summary>Figures, one line each.</summary>
internal static class Measuring
{
    /// <summary>Appends of many writers for some seconds: packets and records per s, time to acknowledge, bytes allocated.</summary>
    public static async Task<int> AppendAsync(string folder, int channels, int writers, int packetMessages, int payloadBytes, int seconds)
    {
        await using var store = new MessageStore(new StoreOptions { Folder = folder });
        var logs = new IMessageLog[channels];
        for (int i = 0; i < channels; i++) logs[i] = await store.OpenAsync(i + 1, new LogOptions { QuotaBytes = 50_000_000_000 }, CancellationToken.None);

        var latencies = new List<long>[writers];
        long packets = 0, measuredFrom = 0, allocatedFrom = 0;
        int phase = 0;      // 0 warming up, 1 measuring, 2 stopping
        Task[] tasks = [.. Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            var packet = new Packet { ServerTimeUs = 1_700_000_000_000_000 };
            var ends = new int[packetMessages];
            for (int i = 0; i < packetMessages; i++) ends[i] = (i + 1) * payloadBytes;
            packet.Use(new byte[packetMessages * payloadBytes], ends, packetMessages);
            List<long> mine = latencies[writer] = new List<long>(1_000_000 / writers * 4);
            while (Volatile.Read(ref phase) < 2)
            {
                long started = Stopwatch.GetTimestamp();
                AppendResult result = await logs[writer % channels].AppendAsync(packet, CancellationToken.None);
                if (result.Status != AppendStatus.Appended) throw new InvalidOperationException(result.Status.ToString());
                if (Volatile.Read(ref phase) != 1) continue;
                if (mine.Count < mine.Capacity) mine.Add(Stopwatch.GetTimestamp() - started);
                Interlocked.Increment(ref packets);
            }
        }))];
        await Task.Delay(2_000);
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        allocatedFrom = GC.GetTotalAllocatedBytes(precise: true);
        measuredFrom = Stopwatch.GetTimestamp();
        Volatile.Write(ref phase, 1);
        await Task.Delay(seconds * 1000);
        double elapsed = Stopwatch.GetElapsedTime(measuredFrom).TotalSeconds;
        Volatile.Write(ref phase, 2);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedFrom;
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        await Task.WhenAll(tasks);
        long[] sorted = [.. latencies.SelectMany(one => one).Order()];
        Print($"{channels} channels, {writers} writers, {packetMessages} x {payloadBytes} B: {packets / elapsed:n0} packets/s, {packets * packetMessages / elapsed:n0} records/s, " +
            $"ack p50 {Ms(sorted, 0.5):n2} p99 {Ms(sorted, 0.99):n2} p99.9 {Ms(sorted, 0.999):n2} ms, {allocated / (double)packets:n2} B allocated per packet, {cpu.TotalSeconds / elapsed:n2} cores");
        return 0;
    }

    /// <summary>Reading all records of a log, forward in pages of 1000 and backward.</summary>
    public static async Task<int> ScanAsync(string folder, int records, int payloadBytes)
    {
        await using var store = new MessageStore(new StoreOptions { Folder = folder });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { QuotaBytes = 50_000_000_000, Durability = Durability.Memory }, CancellationToken.None);
        var packet = new Packet();
        packet.Use(new byte[1_000 * payloadBytes], [.. Enumerable.Range(1, 1_000).Select(i => i * payloadBytes)], 1_000);
        for (int i = 0; i < records; i += 1_000)
        {
            packet.ServerTimeUs = i;
            await log.AppendAsync(packet, CancellationToken.None);
        }

        var page = new MessagePage();
        foreach (int countMax in new[] { 1_000, 1_000, 1 })
        {
            long started = Stopwatch.GetTimestamp(), read = 0;
            for (long key = countMax == 1 ? log.State.NextKey - 2_000 : 0; ; key = page.NextKey)
            {
                await log.ReadAsync(key, countMax, int.MaxValue, page, CancellationToken.None);
                if (page.Count == 0) break;
                read += page.Count;
            }

            Print($"forward, {countMax} at a time: {read / Stopwatch.GetElapsedTime(started).TotalSeconds:n0} records/s of {payloadBytes} B");
        }

        long begun = Stopwatch.GetTimestamp(), back = 0;
        for (long key = long.MaxValue; back < records; key = page.NextKey)
        {
            await log.ReadBackwardAsync(key, 1_000, int.MaxValue, page, CancellationToken.None);
            back += page.Count;
        }

        Print($"backward: {back / Stopwatch.GetElapsedTime(begun).TotalSeconds:n0} records/s");
        begun = Stopwatch.GetTimestamp();
        for (int i = 0; i < 1_000; i++) await log.FindAsync(records / 1_000L * i, CancellationToken.None);
        Print($"find by time: {Stopwatch.GetElapsedTime(begun).TotalMicroseconds / 1_000:n1} us");
        return 0;
    }

    /// <summary>Opening many channels: first time, with an append each, and again.</summary>
    public static async Task<int> StartAsync(string folder, int channels)
    {
        var packet = new Packet { ServerTimeUs = 1 };
        packet.Use(new byte[1_000], [.. Enumerable.Range(1, 10).Select(i => i * 100)], 10);
        for (int round = 0; round < 2; round++)
        {
            long started = Stopwatch.GetTimestamp();
            await using var store = new MessageStore(new StoreOptions { Folder = folder, IdleCloseSeconds = 3600 });
            IMessageLog[] logs = await Task.WhenAll(Enumerable.Range(1, channels).Select(async id => await store.OpenAsync(id, new LogOptions(), CancellationToken.None)));
            double opened = Stopwatch.GetElapsedTime(started).TotalSeconds;
            string idle = Memory();
            await Task.WhenAll(logs.Select(async log => await log.AppendAsync(packet, CancellationToken.None)));
            Print($"{channels} channels: open {opened:n2} s, {idle}; after an append each {Memory()}");
        }

        return 0;
    }

    private static string Memory()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return string.Create(CultureInfo.InvariantCulture, $"heap {GC.GetTotalMemory(true) / 1e6:n0} MB, resident {process.WorkingSet64 / 1e6:n0} MB");
    }

    private static double Ms(long[] sorted, double quantile) => sorted.Length == 0 ? 0 : sorted[(int)(quantile * (sorted.Length - 1))] * 1000.0 / Stopwatch.Frequency;

    private static void Print(string line) => Console.WriteLine(line);
}
