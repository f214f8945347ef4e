using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>What was found in a folder of rings.</summary>
/// <param name="Rings">Rings that have files.</param>
/// <param name="Files">Their files.</param>
/// <param name="Bytes">Bytes of the files.</param>
/// <param name="Records">Records that are whole and right.</param>
/// <param name="Dropped">Records that were dropped when they came, as the rings tell.</param>
/// <param name="GapCount">Places that can't be read.</param>
/// <param name="Gaps">The first <see cref="RingReader.GapsMax"/> of them of each ring.</param>
public sealed record RingReport(int Rings, int Files, long Bytes, long Records, long Dropped, long GapCount, IReadOnlyList<RingGap> Gaps);

/// <summary>Verifies rings without changing anything, also while a gateway writes to them (then a record that is being written may show as a gap at the end of a file).</summary>
public static class RingInspector
{
    private const int PageRecords = 10_000;
    private const int PageBytes = 1 << 20;

    /// <summary>Reads every record of every ring.</summary>
    /// <param name="folder">As <see cref="RingStoreOptions.Folder"/>; a missing one has no rings.</param>
    /// <param name="cancellationToken">Stops between two pages.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    public static ValueTask<RingReport> CheckAsync(string folder, CancellationToken cancellationToken) => CheckAsync(FileSystem.Real, Path.GetFullPath(folder), cancellationToken);

    internal static async ValueTask<RingReport> CheckAsync(FileSystem files, string folder, CancellationToken cancellationToken)
    {
        var report = new RingReport(0, 0, 0, 0, 0, 0, []);
        var gaps = new List<RingGap>();
        var page = new RingPage();
        foreach (RingKind kind in Enum.GetValues<RingKind>())
        {
            foreach (long owner in RingFolder.OwnersIn(files, folder, kind))
            {
                string ring = RingFolder.PathOf(folder, kind, owner);
                long[] numbers = RingFolder.NumbersIn(files, ring);
                if (numbers.Length == 0) continue;
                long bytes = numbers.Sum(number => LengthOf(files, RingFolder.FileOf(ring, number)));

                var reader = new RingReader(files, folder, kind, owner, new RingQuery());
                long records = 0;
                do
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await reader.ReadAsync(page, PageRecords, PageBytes, cancellationToken).ConfigureAwait(false);
                    records += page.Count;
                }
                while (page.Count > 0);

                gaps.AddRange(reader.Gaps);
                report = report with
                {
                    Rings = report.Rings + 1,
                    Files = report.Files + numbers.Length,
                    Bytes = report.Bytes + bytes,
                    Records = report.Records + records,
                    Dropped = report.Dropped + reader.Dropped,
                    GapCount = report.GapCount + reader.GapCount,
                };
            }
        }

        return report with { Gaps = gaps };
    }

    private static long LengthOf(FileSystem files, string path)
    {
        try
        {
            return files.LengthOf(path);
        }
        catch (FileNotFoundException)
        {
            return 0;       // it gave way meanwhile
        }
    }
}
