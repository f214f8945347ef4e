using Gateway.Codecs;
using Gateway.Host.Configuration;
using Gateway.Host.Protocols;
using Gateway.Host.Trials;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol try</c>: what a new spec would make of recorded traffic, compared with the protocol that is there.</summary>
internal static class TryCommand
{
    private const int DifferencesShownMax = 1000;

    /// <summary>Compares.</summary>
    /// <returns>0 when both make the same of every frame, 1 when they differ.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, ["capture", "data", "channel", "ident", "against", ProtocolSource.FolderOption], []);
        arguments.ExpectFree("SPEC");
        if (arguments.Has("capture") == arguments.Has("channel")) throw new UsageException("say what to replay: --capture FILE, or --channel N for what a channel has recorded.");
        if (arguments.Has("capture") && (arguments.Has("data") || arguments.Has("ident"))) throw new UsageException("--data and --ident go with --channel.");
        ProtocolSource protocols = ProtocolSource.Of(arguments);
        Codec after = protocols.Find(arguments.Free[0]);
        Codec before = protocols.Find(arguments.Text("against") ?? after.Info.Name);
        RecordedTraffic traffic = arguments.Text("capture") is { } capture
            ? new RecordedTraffic(CaptureFile.Read(capture))
            : await ChannelTraffic.ReadAsync(
                arguments.Text("data") ?? new GatewayOptions().DataFolder, arguments.Integer("channel", 1, long.MaxValue, 0), arguments.Text("ident"), stopping).ConfigureAwait(false);
        await TellAsync(traffic, terminal.Error).ConfigureAwait(false);

        long nowUs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        int frames = 0, different = 0, shown = 0;
        for (int i = 0; i < traffic.Connections.Count; i++)
        {
            RecordedConnection connection = traffic.Connections[i];
            string name = connection.Number > 0 ? $"connection {connection.Number}" : $"connection {i + 1}";
            ConnectionTrial trial = Trial.Run(before, after, connection, connection.BeganUs > 0 ? connection.BeganUs : nowUs);
            foreach (FrameTrial frame in trial.Frames)
            {
                frames++;
                if (frame.Differences.Count == 0) continue;
                different++;
                string place = frame.Frame.Chunk.Line > 0 ? $"line {frame.Frame.Chunk.Line}" : $"byte {frame.Frame.End}";
                await WriteAsync($"{name}, {place}, frame of {frame.Frame.Frame.Bytes.Length} bytes:").ConfigureAwait(false);
                foreach (string difference in frame.Differences) await WriteAsync($"  {difference}").ConfigureAwait(false);
            }
            if (trial.EndDifference is not { } end) continue;
            different++;
            await WriteAsync($"{name} {end}").ConfigureAwait(false);
        }
        if (shown > DifferencesShownMax) await terminal.Output.WriteLineAsync($"... and {shown - DifferencesShownMax} lines more").ConfigureAwait(false);
        await terminal.Output.WriteLineAsync($"{before.Info.SpecFile} -> {after.Info.SpecFile}: {traffic.Connections.Count} connections, {frames} frames, {different} differences").ConfigureAwait(false);
        return different == 0 ? CommandLine.Done : CommandLine.Failed;

        Task WriteAsync(string line) => ++shown <= DifferencesShownMax ? terminal.Output.WriteLineAsync(line) : Task.CompletedTask;
    }

    /// <summary>Says what a recording lacks, so that nobody takes a part for the whole.</summary>
    private static async Task TellAsync(RecordedTraffic traffic, TextWriter error)
    {
        if (traffic.Parts > 0) await error.WriteLineAsync($"{traffic.Parts} of {traffic.Connections.Count} connections begin in the middle: what came before was not kept.").ConfigureAwait(false);
        if (traffic.Dropped > 0) await error.WriteLineAsync($"{traffic.Dropped} records were dropped when they came.").ConfigureAwait(false);
        if (traffic.Gaps > 0) await error.WriteLineAsync($"{traffic.Gaps} places of the recording can't be read.").ConfigureAwait(false);
    }
}
