using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Perf.Load;
using Gateway.Perf.Shared;

// Drives a gateway over sockets from a process of its own. See perf/README.md.
const string Usage = """
    serve  --port P                                                  the raw server: cuts frames and replies, nothing else
    drive  --to HOST:PORT [--connections 100] [--records 1] [--depth 16] [--warm-up 1] [--seconds 5] [--json FILE]
    versus [--gateway FILE] [--shapes 1x16,25x16] [--connections 100] [--seconds 4] [--json FILE]
           both servers, each alone on core 0, the generator on core 1; a shape is RECORDSxDEPTH
    soak   [--gateway FILE] [--minutes 30] [--load 0.7]              that share of what the gateway can do, with deletes and expiry: memory, handles, threads and disk over time
    reads  [--gateway FILE] [--messages 1000000] [--polls 1000]      paging and a filter over REST next to a server that copies as many bytes; long polls
    mqtt   [--gateway FILE] [--mosquitto /usr/sbin/mosquitto] [--rate 20000] [--seconds 8] [--fan-out 1]
           fan-out, hanging subscribers and the way from a device to a subscriber; the first two also against mosquitto where it is installed; --fan-out 0: the way alone
    start  [--gateway FILE] [--channels 1000]                        time from an empty folder to the first connection; memory with so many channels
    """;

if (args.Length == 0 || !Words.TryRead(args.AsSpan(1), out Words? words))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

try
{
    switch (args[0])
    {
        case "serve":
            using (Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
            {
                listener.Bind(new IPEndPoint(IPAddress.Loopback, (int)words.Number("port", 0)));
                listener.Listen(1024);
                Console.WriteLine($"listening on {listener.LocalEndPoint}");
                await RawServer.RunAsync(listener, CancellationToken.None).ConfigureAwait(false);
            }
            return 0;

        case "drive":
            LoadShape shape = new((int)words.Number("connections", 100), (int)words.Number("records", 1), (int)words.Number("depth", 16));
            LoadResult result = Driver.Run(IPEndPoint.Parse(words.Text("to")), shape, words.Number("warm-up", 1), Math.Min(words.Number("seconds", 5), 600));
            Console.WriteLine(
                $"{shape}: {result.PacketsPerSecond:N0} packets/s, {result.PacketsPerSecond * shape.RecordsPerPacket:N0} messages/s, "
                + $"p50 {result.P50Us:N0} µs, p99 {result.P99Us:N0} µs, p99.9 {result.P999Us:N0} µs, generator busy {result.GeneratorBusy:P0}");
            if (words.Text("json", "") is { Length: > 0 } json) File.WriteAllText(json, JsonSerializer.Serialize(result));
            return 0;

        case "versus":
            LoadShape[] shapes =
            [
                .. words.Text("shapes", "1x16,25x16").Split(',')
                    .Select(text => text.Split('x').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray())
                    .Select(parts => new LoadShape((int)words.Number("connections", 100), parts[0], parts[1])),
            ];
            MeasurementFile file = await Versus.RunAsync(words.Text("gateway", BuiltGateway()), shapes, Math.Min(words.Number("seconds", 4), 60)).ConfigureAwait(false);
            if (words.Text("json", "") is { Length: > 0 } output) file.Write(output);
            return 0;

        case "serve-bytes":
            ByteServer.Run((int)words.Number("port", 0), (int)words.Number("bytes", 1));
            return 0;

        case "fetch":
            RestReads.RunClient(IPEndPoint.Parse(words.Text("to")), words.Text("token"), words.Text("what"), (int)words.Number("number", 1), words.Text("json"));
            return 0;

        case "reads":
            await RestReads.RunAsync(words.Text("gateway", BuiltGateway()), (int)words.Number("messages", 1_000_000), (int)words.Number("polls", 1000)).ConfigureAwait(false);
            return 0;

        case "mqtt":
            await MqttLoads.RunAsync(words.Text("gateway", BuiltGateway()), words.Text("mosquitto", "/usr/sbin/mosquitto"), words.Number("rate", 20_000), Math.Min(words.Number("seconds", 8), 120), words.Number("fan-out", 1) != 0).ConfigureAwait(false);
            return 0;

        case "start":
            await StartUp.RunAsync(words.Text("gateway", BuiltGateway()), (int)words.Number("channels", 1000)).ConfigureAwait(false);
            return 0;

        case "soak":
            return await Soak.RunAsync(words.Text("gateway", BuiltGateway()), Math.Min(words.Number("minutes", 30), 1440), words.Number("load", 0.7)).ConfigureAwait(false) ? 0 : 1;

        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (Exception e) when (e is IOException or SocketException or KeyNotFoundException or FormatException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

// The build puts every project's output at the same place below its folder.
static string BuiltGateway() => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../src/Host", Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "../../.."), AppContext.BaseDirectory), "gateway.dll"));
