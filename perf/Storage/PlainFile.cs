using System.Diagnostics;
using Gateway.Perf.Shared;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Perf.Storage;

/// <summary>What the disk does for somebody who keeps no promises: the reference in every run.</summary>
internal static class PlainFile
{
    /// <summary>Writes blocks one behind the other, each with its own fsync.</summary>
    /// <returns>Bytes per second.</returns>
    public static double WriteAndSync(string path, int blockBytes, double seconds)
    {
        byte[] block = new byte[blockBytes];
        Random.Shared.NextBytes(block);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        long started = Stopwatch.GetTimestamp(), length = 0;
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            RandomAccess.Write(file, block, length);
            RandomAccess.FlushToDisk(file);
            length += blockBytes;
        }

        double elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        file.Dispose();
        File.Delete(path);
        return length / elapsed;
    }

    /// <summary>Times of a block's write and fsync, one each so many ms.</summary>
    public static LatencyHistogram WriteAndSyncPaced(string path, int blockBytes, double intervalMs, double seconds)
    {
        byte[] block = new byte[blockBytes];
        var latencies = new LatencyHistogram();
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        long started = Stopwatch.GetTimestamp(), length = 0;
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            long before = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, block, length);
            RandomAccess.FlushToDisk(file);
            latencies.Add(Stopwatch.GetElapsedTime(before));
            length += blockBytes;
            Thread.Sleep(TimeSpan.FromMilliseconds(intervalMs));
        }

        file.Dispose();
        File.Delete(path);
        return latencies;
    }

    /// <summary>Reads all bytes of the files below a folder in blocks.</summary>
    /// <returns>Bytes read and the seconds it took.</returns>
    public static (long Bytes, double Seconds) Read(string folder, string pattern, int blockBytes)
    {
        byte[] block = new byte[blockBytes];
        long started = Stopwatch.GetTimestamp(), total = 0;
        foreach (string path in Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Order())
        {
            using SafeFileHandle file = File.OpenHandle(path);
            int got;
            for (long offset = 0; (got = RandomAccess.Read(file, block, offset)) > 0; offset += got) total += got;
        }

        return (total, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }
}
