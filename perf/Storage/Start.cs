using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Gateway.Storage;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Perf.Storage;

/// <summary>Opening a store of many channels, after a clean close and after a crash of the process, with warm and with cold files.</summary>
internal static partial class Start
{
    private const int PacketMessages = 100;

    /// <summary>Fills the channels, closes, opens again; prints time and memory at each step.</summary>
    public static async Task RunAsync(string folder, int channels, int gigabytes, int messageBytes)
    {
        string path = Path.Combine(folder, "store");
        var options = new StoreOptions { Folder = path };
        int packets = Math.Max(1, (int)(gigabytes * 1e9 / channels / (PacketMessages * messageBytes)));
        await FillAsync(options, channels, packets, messageBytes).ConfigureAwait(false);

        foreach (bool isCold in new[] { false, true })
        {
            if (isCold) DropFromCache(path);
            long started = Stopwatch.GetTimestamp();
            var store = new MessageStore(options);
            await using (store.ConfigureAwait(false))
            {
                IMessageLog[] logs = await Messages.OpenAsync(store, channels).ConfigureAwait(false);
                double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                string idle = Memory();
                Packet packet = Messages.Pack(1, messageBytes);
                await Task.WhenAll(logs.Select(async log => await log.AppendAsync(packet, CancellationToken.None).ConfigureAwait(false))).ConfigureAwait(false);
                Console.WriteLine($"start, {channels:N0} channels, {logs.Sum(log => log.State.Bytes) / 1e9:0.0} GB, {(isCold ? "files not in memory" : "files in memory")}: open after {seconds:0.00} s, {idle}; after an append each {Memory()}");
            }
        }
    }

    private static async Task FillAsync(StoreOptions options, int channels, int packets, int messageBytes)
    {
        var store = new MessageStore(options);
        await using (store.ConfigureAwait(false))
        {
            LogOptions fast = Messages.Unlimited with { Durability = Durability.Os };
            for (int channel = 1; channel <= channels; channel++)
            {
                IMessageLog log = await store.OpenAsync(channel, fast, CancellationToken.None).ConfigureAwait(false);
                for (int i = 0; i < packets; i += 16)
                    await Task.WhenAll(Enumerable.Range(0, Math.Min(16, packets - i)).Select(async _ => await Messages.AppendAsync(log, Messages.Pack(PacketMessages, messageBytes)).ConfigureAwait(false))).ConfigureAwait(false);
                if (channel % 100 == 0) Console.Error.Write($"\r{channel:N0} of {channels:N0} channels filled");
            }
        }

        Console.Error.WriteLine();
    }

    private static string Memory()
    {
        GC.Collect();
        return string.Create(CultureInfo.InvariantCulture, $"heap {GC.GetTotalMemory(forceFullCollection: true) / 1e6:N0} MB, resident {Environment.WorkingSet / 1e6:N0} MB");
    }

    private const int DontNeed = 4;     // POSIX_FADV_DONTNEED

    private static void DropFromCache(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
            _ = Advise(file, 0, 0, DontNeed);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
