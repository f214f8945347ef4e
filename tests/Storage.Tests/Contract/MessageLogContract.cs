using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace Gateway.Storage.Tests.Contract;

/// <summary>What every engine behind <see cref="IMessageStore"/> must do, as tests. An engine's tests derive from this class and say how it is opened and killed.</summary>
/// <remarks>
/// An engine in another project: reference or link this folder, derive a public class, and implement
/// <see cref="OpenStoreAsync"/> (the store of this test, empty the first time, afterwards with what was in it),
/// <see cref="KillStoreAsync"/> (end it as the death of its process would; what was not acknowledged may be lost),
/// <see cref="NowUs"/> and <see cref="AdvanceAsync"/> (the engine's clock; an engine whose clock can't be moved overrides <see cref="CanAdvance"/>).
/// An engine that fails now and then is welcome: the suite appends as the gateway does, again with the same id until the outcome is known. To see one's own suite work,
/// wrap an engine in <see cref="UnreliableMessageStore"/>. Files: `.Append`, `.Retry`, `.Read`, `.Tail`, `.Delete`, `.Drop`, `.Kill`.
/// </remarks>
public abstract partial class MessageLogContract : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static long s_lastId = Environment.TickCount64 << 20;

    private IMessageStore? _store;

    protected static CancellationToken None => TestContext.Current.CancellationToken;

    /// <summary>The time of the engine, µs since 1970.</summary>
    protected abstract long NowUs { get; }

    /// <summary>False skips the tests of ages.</summary>
    protected virtual bool CanAdvance => true;

    /// <summary>Opens the engine's data of this test: none the first time, later what a store before has left.</summary>
    protected abstract ValueTask<IMessageStore> OpenStoreAsync();

    /// <summary>Ends a store as the death of its process would, while calls are under way. They may end in any way or not at all.</summary>
    protected abstract ValueTask KillStoreAsync(IMessageStore store);

    /// <summary>Lets the engine's time pass, and gives it the occasion to delete what is too old by then.</summary>
    protected abstract ValueTask AdvanceAsync(TimeSpan by);

    public async ValueTask InitializeAsync() => _store = await OpenStoreAsync();

    public virtual async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private Task<IMessageLog> OpenAsync(long channelId = 1, LogOptions? options = null) =>
        PatientlyAsync(() => _store!.OpenAsync(channelId, options ?? new LogOptions(), None));

    /// <summary>Closes the store in order and opens it again.</summary>
    private async Task ReopenStoreAsync()
    {
        await _store!.DisposeAsync();
        _store = await OpenStoreAsync();
    }

    /// <summary>Kills the store and opens what it left.</summary>
    private async Task KillAndReopenStoreAsync()
    {
        await KillStoreAsync(_store!);
        _store = await OpenStoreAsync();
    }

    /// <summary>Appends as the gateway does: again with the same id, until the outcome is known.</summary>
    private static async Task<AppendResult> AppendKnownAsync(IMessageLog log, Packet packet)
    {
        if (packet.DeduplicationId == 0) packet.DeduplicationId = Interlocked.Increment(ref s_lastId);
        for (long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds; ; await Task.Delay(5, None))
        {
            AppendResult result = await log.AppendAsync(packet, None);
            if (result.Status != AppendStatus.Unavailable) return result;
            Assert.True(Environment.TickCount64 < until, "The log is unavailable for too long.");
        }
    }

    /// <summary>Appends what must fit.</summary>
    private static async Task<AppendResult> AppendAsync(IMessageLog log, Packet packet)
    {
        AppendResult result = await AppendKnownAsync(log, packet);
        Assert.Equal(AppendStatus.Appended, result.Status);
        return result;
    }

    /// <summary>Messages that hold a running number and then filling.</summary>
    private Packet Pack(long firstNumber, int count, int payloadBytes = 100)
    {
        var bytes = new byte[count * payloadBytes];
        var ends = new int[count];
        for (int i = 0; i < count; i++)
        {
            Span<byte> payload = bytes.AsSpan(i * payloadBytes, payloadBytes);
            payload.Fill((byte)(firstNumber + i));
            if (payloadBytes >= sizeof(long)) BinaryPrimitives.WriteInt64LittleEndian(payload, firstNumber + i);
            ends[i] = (i + 1) * payloadBytes;
        }

        var packet = new Packet { ServerTimeUs = NowUs };
        packet.Use(bytes, ends, count);
        return packet;
    }

    private static long NumberOf(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadInt64LittleEndian(payload);

    private static Task<MessagePage> ReadAsync(IMessageLog log, long fromKey, int countMax, int bytesMax, MessagePage page) =>
        PatientlyAsync(async () =>
        {
            await log.ReadAsync(fromKey, countMax, bytesMax, page, None);
            return page;
        });

    private static Task<MessagePage> ReadBackwardAsync(IMessageLog log, long belowKey, int countMax, int bytesMax, MessagePage page) =>
        PatientlyAsync(async () =>
        {
            await log.ReadBackwardAsync(belowKey, countMax, bytesMax, page, None);
            return page;
        });

    /// <summary>Deletes as the gateway does: again until the deletion is on the disk.</summary>
    private Task<bool> DeleteChannelAsync(long channelId) =>
        PatientlyAsync(async () =>
        {
            await _store!.DeleteAsync(channelId, None);
            return true;
        });

    private static Task<long> FindAsync(IMessageLog log, long serverTimeUs) => PatientlyAsync(() => log.FindAsync(serverTimeUs, None));

    /// <summary>Asks as the gateway does: again while the disk refuses.</summary>
    private static async Task<T> PatientlyAsync<T>(Func<ValueTask<T>> ask)
    {
        for (long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds; ; await Task.Delay(5, None))
        {
            try
            {
                return await ask();
            }
            catch (IOException) when (Environment.TickCount64 < until)
            {
                // Not before the files are repaired.
            }
        }
    }

    /// <summary>All that is in the log, oldest first.</summary>
    private static async Task<List<(long Key, long Number)>> ReadAllAsync(IMessageLog log, int countMax = 777)
    {
        var all = new List<(long Key, long Number)>();
        var page = new MessagePage();
        for (long key = 0; ; key = page.NextKey)
        {
            await ReadAsync(log, key, countMax, 1 << 20, page);
            if (page.Count == 0) return all;
            for (int i = 0; i < page.Count; i++) all.Add((page.Key(i), NumberOf(page.Payload(i))));
        }
    }

    private static async Task AssertHoldsAsync(IMessageLog log, params IEnumerable<long>[] numbers)
    {
        List<(long Key, long Number)> all = await ReadAllAsync(log);
        Assert.Equal(numbers.SelectMany(some => some), all.Select(message => message.Number));
        Assert.True(all.Zip(all.Skip(1)).All(pair => pair.First.Key < pair.Second.Key), "keys increase");
        Assert.Equal(all.Count, log.State.Count);
    }

    private static IEnumerable<long> Numbers(long first, int count) => Enumerable.Range(0, count).Select(i => first + i);

    private static Task[] Start(int count, Func<int, Task> work) => [.. Enumerable.Range(0, count).Select(i => Task.Run(() => work(i), None))];

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds; !condition(); await Task.Delay(5, None))
            Assert.True(Environment.TickCount64 < until, $"{what} did not happen within {Patience.TotalSeconds} s");
    }

    private static async Task FillAsync(IMessageLog log, Func<int, Packet> packet, ConcurrentBag<int>? appended = null)
    {
        for (int i = 0; (await AppendKnownAsync(log, packet(i))).Status == AppendStatus.Appended; i++) appended?.Add(i);
    }
}
