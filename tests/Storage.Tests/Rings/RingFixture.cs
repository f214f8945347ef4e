using System.Buffers.Binary;
using System.Text;
using Gateway.Storage.Disk;
using Gateway.Storage.Rings;

namespace Gateway.Storage.Tests.Rings;

/// <summary>A record as tests see it.</summary>
internal sealed record Seen(RingEntry Entry, string Ident, string Text)
{
    public long Number => long.Parse(Text.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A folder of a test's own and what tests do with rings.</summary>
public abstract class RingFixture : IDisposable
{
    protected const int Received = 2;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "gateway-ring-tests", Guid.NewGuid().ToString("n"));

    protected static CancellationToken None => TestContext.Current.CancellationToken;

    internal ManualTime Time { get; } = new();

    protected string Folder => Path.Combine(_folder, "rings");

    /// <summary>A store that does nothing by itself.</summary>
    private protected RingStoreOptions Stepped => new() { Folder = Folder, Time = Time, IsStepped = true };

    /// <summary>A store with its thread and the real clock.</summary>
    protected RingStoreOptions Threaded => new() { Folder = Folder, LingerMs = 5 };

    protected static RingOptions Quota(long bytes = RingOptions.QuotaBytesMin, int days = 7) => new() { QuotaBytes = bytes, AgeMax = TimeSpan.FromDays(days) };

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal RingStore OpenStepped(FileSystem? files = null) => new(Stepped, files ?? FileSystem.Real);

    /// <summary>A record whose text begins with a number; filled up to a length.</summary>
    protected static byte[] Text(long number, int bytes = 0) => Encoding.ASCII.GetBytes($"{number} ".PadRight(bytes, 'x'));

    protected void Add(Ring ring, long number, long connection = 1, string ident = "", int type = Received, int bytes = 0, long? timeUs = null) =>
        Assert.True(ring.TryAdd(new RingEntry(timeUs ?? Time.NowUs, connection, (int)number, type), Encoding.UTF8.GetBytes(ident), Text(number, bytes)));

    private protected static async Task<List<Seen>> Read(RingReader reader, int countMax = 777, int bytesMax = 1 << 20)
    {
        var page = new RingPage();
        var all = new List<Seen>();
        while (true)
        {
            await reader.ReadAsync(page, countMax, bytesMax, None);
            if (page.Count == 0) return all;
            for (int i = 0; i < page.Count; i++) all.Add(new Seen(page.Entry(i), Encoding.UTF8.GetString(page.Ident(i)), Encoding.ASCII.GetString(page.Bytes(i))));
        }
    }

    private protected static Task<List<Seen>> Read(Ring ring, RingQuery? query = null, int countMax = 777) => Read(ring.Read(query ?? new RingQuery()), countMax);

    private protected static IEnumerable<long> Numbers(IEnumerable<Seen> all) => all.Select(record => record.Number);

    protected static RingIdentMatch Only(string ident) => bytes => bytes.SequenceEqual(Encoding.UTF8.GetBytes(ident));

    protected string[] FilesOf(RingKind kind, long owner)
    {
        string folder = RingFolder.PathOf(Folder, kind, owner);
        return Directory.Exists(folder) ? [.. RingFolder.NumbersIn(FileSystem.Real, folder).Select(number => RingFolder.FileOf(folder, number))] : [];
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

    /// <summary>Where the records of a file begin, by their lengths.</summary>
    protected static List<int> OffsetsIn(byte[] file)
    {
        var offsets = new List<int>();
        for (int at = SegmentHeader.Bytes; at < file.Length; at += BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at))) offsets.Add(at);
        return offsets;
    }
}
