using System.Globalization;
using Gateway.Codecs;
using Gateway.Perf.Scoreboard;

// Measures every built-in codec on the samples of its spec; with --conformance and --out writes the scoreboard of all protocols. See perf/README.md.
//   [--only NAME]... [--samples] [--conformance FILE] [--out FILE]
List<string> only = [];
bool bySample = false;
string? conformance = null, output = null;
for (int i = 0; i < args.Length; i++)
{
    if (args[i] == "--samples")
    {
        bySample = true;
        continue;
    }
    if (args[i] is not ("--only" or "--conformance" or "--out") || i + 1 == args.Length)
    {
        Console.Error.WriteLine("usage: [--only NAME]... [--samples] [--conformance FILE] [--out FILE]");
        return 2;
    }
    if (args[i] == "--only") only.Add(args[++i]);
    else if (args[i] == "--conformance") conformance = args[++i];
    else output = args[++i];
}

List<BoardRow> rows = [];
foreach (Codec codec in CodecRegistry.BuiltIn.Where(c => only.Count == 0 || only.Contains(c.Info.Name)).OrderBy(c => c.Info.Name, StringComparer.Ordinal))
{
    if (bySample)
    {
        foreach (SampleInfo sample in codec.Info.Samples)
            if (new CodecLoad(codec, sample.Name) is { Messages: > 0 } load) Print($"{codec.Info.Name} {sample.Name}", load.Measure());
        continue;
    }
    CodecSpeed speed = new CodecLoad(codec).Measure();
    rows.Add(new BoardRow(codec.Info, speed));
    Print(codec.Info.Name, speed);
}
if (output is not null) Board.Write(output, rows, conformance);
return 0;

static void Print(string name, CodecSpeed speed) =>
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-32} {speed.NsPerMessage,8:N0} ns/message {speed.MegabytesPerSecond,7:N0} MB/s {speed.AllocatedPerMessage,6:0.##} B"));
