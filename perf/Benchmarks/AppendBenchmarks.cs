using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;
using Gateway.Perf.Benchmarks.HandWritten;
using Gateway.Storage;

namespace Gateway.Perf.Benchmarks;

/// <summary>What a channel's log costs, next to a file that is appended to the plain way.</summary>
/// <remarks>The log writes every message twice, to the channel's file and to the journal that all channels share; the plain file has it once.</remarks>
public abstract class AppendBenchmarks : IDisposable
{
    private const int DeleteEvery = 4_096;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-benchmarks-");
    private readonly Packet _packet = new();
    private readonly AutoResetEvent _completed = new(initialState: false);
    private readonly Action _complete;
    private MessageStore? _store;
    private IMessageLog? _log;
    private PlainLog? _plain;
    private int _appends;

    /// <summary>Folders and logs are made by <see cref="SetUp"/>.</summary>
    protected AppendBenchmarks() => _complete = () => _completed.Set();

    /// <summary>Messages of a packet.</summary>
    protected abstract int MessagesPerPacket { get; }

    /// <summary>What the log waits for.</summary>
    protected abstract Durability Durability { get; }

    /// <summary>Opens both logs.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        byte[] payload = PlainJson.Payload();
        byte[] bytes = [.. Enumerable.Repeat(payload, MessagesPerPacket).SelectMany(copy => copy)];
        _packet.Use(bytes, [.. Enumerable.Range(1, MessagesPerPacket).Select(i => i * payload.Length)], MessagesPerPacket);
        _packet.ServerTimeUs = 1_700_000_000_000_000;
        _plain = new PlainLog(_folder.FullName);
        _store = new MessageStore(new StoreOptions { Folder = Path.Combine(_folder.FullName, "store") });
        LogOptions options = new() { Durability = Durability, AgeMax = TimeSpan.FromDays(30), QuotaBytes = 4_000_000_000 };
        _log = _store.OpenAsync(1, options, CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Closes both and deletes their files.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _store?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _plain?.Dispose();
        _store = null;
        _plain = null;
        if (_folder.Exists) _folder.Delete(recursive: true);
        _folder.Refresh();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CleanUp();
        _completed.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Appends to the log, and waits as a connection does, without allocating.</summary>
    protected long AppendToLog()
    {
        if (++_appends % DeleteEvery == 0) _log!.DeleteBelowAsync(long.MaxValue, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        AppendResult result = Wait(_log!.AppendAsync(_packet, CancellationToken.None));
        return result.Status is AppendStatus.Appended ? result.LastKey : throw new InvalidOperationException($"The append ended as {result.Status}.");
    }

    private AppendResult Wait(ValueTask<AppendResult> append)
    {
        ValueTaskAwaiter<AppendResult> awaiter = append.GetAwaiter();
        if (!awaiter.IsCompleted)
        {
            awaiter.UnsafeOnCompleted(_complete);
            _completed.WaitOne();
        }
        return awaiter.GetResult();
    }

    /// <summary>Appends to the plain file; durable or not as the log is.</summary>
    protected void AppendToPlainFile()
    {
        _plain!.Append(_packet);
        if (Durability is Durability.Commit) _plain.Commit();
    }
}

/// <summary>The work of an append without the wait for the disk.</summary>
/// <remarks>Few and fixed invocations: as fast as it is, it would fill the page cache and then measure how fast the disk empties it.</remarks>
[WarmupCount(10), IterationCount(30), InvocationCount(32)]
[WaitsForDisk(CountsCallerOnly = true), BenchmarkCategory("append without sync, 25 messages")]
public class MemoryAppendBenchmarks : AppendBenchmarks
{
    private const int Packets = 16;

    /// <inheritdoc/>
    protected override int MessagesPerPacket => 25;

    /// <inheritdoc/>
    protected override Durability Durability => Durability.Memory;

    /// <summary>The plain file.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Packets * 25)]
    public void Plain()
    {
        for (int i = 0; i < Packets; i++) AppendToPlainFile();
    }

    /// <summary>The channel's log.</summary>
    [Benchmark(OperationsPerInvoke = Packets * 25)]
    public long Log()
    {
        long key = 0;
        for (int i = 0; i < Packets; i++) key = AppendToLog();
        return key;
    }
}

/// <summary>One message until it is durable: what a lone device waits for.</summary>
[WaitsForDisk, BenchmarkCategory("append until durable, 1 message")]
public class DurableAppendBenchmarks : AppendBenchmarks
{
    /// <inheritdoc/>
    protected override int MessagesPerPacket => 1;

    /// <inheritdoc/>
    protected override Durability Durability => Durability.Commit;

    /// <summary>The plain file.</summary>
    [Benchmark(Baseline = true)]
    public void Plain() => AppendToPlainFile();

    /// <summary>The channel's log.</summary>
    [Benchmark]
    public long Log() => AppendToLog();
}
