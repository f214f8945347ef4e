using System.Globalization;
using Gateway.Perf.Shared;
using Gateway.Perf.Storage;

// The message store next to plain files, each pair in one run: what perf/storage.sh prints.
const string Usage = """
    flat-out [--channels 1] [--writers 64] [--packet 25] [--bytes 150] [--seconds 5]   appends that wait for their fsync, as fast as they go; beside: the same bytes, write + fsync
    paced    [--channels 1000] [--rate 1] [--bytes 150] [--seconds 30]                 each channel appends so many messages a second: time to acknowledge; beside: write + fsync alone
    scan     [--messages 3000000] [--bytes 150]                                        sequential reads; beside: a plain read of the same files
    start    [--channels 2000] [--gigabytes 0] [--bytes 150]                           opening many channels, with so much data in them: time and memory
    All take --folder DIR: an empty folder, removed afterwards.
    """;

if (args.Length == 0 || !Words.TryRead(args.AsSpan(1), out Words? words))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

string folder = words.Text("folder", Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"gateway-perf-storage-{Environment.ProcessId}")));
if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
{
    Console.Error.WriteLine($"{folder} is not empty.");
    return 2;
}

Directory.CreateDirectory(folder);
try
{
    int bytes = (int)words.Number("bytes", 150);
    switch (args[0])
    {
        case "flat-out":
            await FlatOut.RunAsync(folder, (int)words.Number("channels", 1), (int)words.Number("writers", 64), (int)words.Number("packet", 25), bytes, (int)words.Number("seconds", 5)).ConfigureAwait(false);
            return 0;
        case "paced":
            await Paced.RunAsync(folder, (int)words.Number("channels", 1_000), (int)words.Number("rate", 1), bytes, (int)words.Number("seconds", 30)).ConfigureAwait(false);
            return 0;
        case "scan":
            await Scan.RunAsync(folder, (int)words.Number("messages", 3_000_000), bytes).ConfigureAwait(false);
            return 0;
        case "start":
            await Start.RunAsync(folder, (int)words.Number("channels", 2_000), (int)words.Number("gigabytes", 0), bytes).ConfigureAwait(false);
            return 0;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}
