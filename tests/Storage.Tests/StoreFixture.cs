using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Tests;

/// <summary>A folder of a test's own and what tests do with stores.</summary>
public abstract class StoreFixture : IDisposable
{
    protected static CancellationToken None => TestContext.Current.CancellationToken;

    protected StoreFixture()
    {
        Folder = Path.Combine(Path.GetTempPath(), "gateway-storage-tests", Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(Folder);
    }

    protected string Folder { get; }

    /// <summary>Nothing happens by itself: the messages of most tests are from 1970, and a test that took longer than the interval of the expiry lost them.</summary>
    protected StoreOptions Options => new()
    {
        Folder = Path.Combine(Folder, "data"),
        JournalPageBits = 20,
        JournalSegmentBits = 21,
        CheckpointIntervalSeconds = 3600,
        ExpiryIntervalSeconds = 3600,
    };

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected MessageStore Open(StoreOptions? options = null) => new(options ?? Options);

    internal MessageStore Open(FileSystem files, StoreOptions? options = null) => new(options ?? Options, files);

    /// <summary>A packet whose messages hold a running number and then filling.</summary>
    protected static Packet Pack(long firstNumber, int count, int payloadBytes = 100, long serverTimeUs = 1_000_000)
    {
        var bytes = new byte[count * payloadBytes];
        var ends = new int[count];
        for (int i = 0; i < count; i++)
        {
            Span<byte> payload = bytes.AsSpan(i * payloadBytes, payloadBytes);
            payload.Fill((byte)(firstNumber + i));
            if (payloadBytes >= 8) BinaryPrimitives.WriteInt64LittleEndian(payload, firstNumber + i);
            ends[i] = (i + 1) * payloadBytes;
        }

        var packet = new Packet { ServerTimeUs = serverTimeUs };
        packet.Use(bytes, ends, count);
        return packet;
    }

    protected static long NumberOf(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadInt64LittleEndian(payload);

    protected static async Task<AppendResult> Append(IMessageLog log, Packet packet)
    {
        AppendResult result = await log.AppendAsync(packet, None);
        Assert.Equal(AppendStatus.Appended, result.Status);
        return result;
    }

    /// <summary>Everything in the log, oldest first: key and number.</summary>
    protected static async Task<List<(long Key, long Number)>> ReadAll(IMessageLog log, int countMax = 777)
    {
        var all = new List<(long, long)>();
        var page = new MessagePage();
        for (long key = 0; ; key = page.NextKey)
        {
            await log.ReadAsync(key, countMax, 1 << 20, page, None);
            if (page.Count == 0) return all;
            for (int i = 0; i < page.Count; i++) all.Add((page.Key(i), NumberOf(page.Payload(i))));
        }
    }

    protected static void AssertNumbers(IEnumerable<(long Key, long Number)> all, long first, long count)
    {
        Assert.Equal(Enumerable.Range(0, (int)count).Select(i => first + i), all.Select(message => message.Number));
        Assert.True(all.Zip(all.Skip(1)).All(pair => pair.First.Key < pair.Second.Key), "keys increase");
    }

    protected static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from).Order(StringComparer.Ordinal))
            if (Path.GetFileName(file) != "lock") File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        foreach (string folder in Directory.EnumerateDirectories(from)) CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }

    protected static async Task Until(Func<bool> condition, string what, int secondsMax = 20)
    {
        for (int i = 0; i < secondsMax * 100; i++)
        {
            if (condition()) return;
            await Task.Delay(10, None);
        }

        Assert.Fail($"{what} did not happen within {secondsMax} s");
    }
}
