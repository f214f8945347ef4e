using Gateway.Host.Channels;
using Gateway.Storage.Inspection;
using Gateway.Storage.Repair;
using Gateway.Storage.Rings;

namespace Gateway.Host.Cli;

/// <summary><c>gateway storage check | repair</c>: looks whether everything in the buffers is as it was written, and puts right what is not.</summary>
internal static class StorageCommand
{
    private static readonly string[] Commands = ["check", "repair"];

    /// <summary>Runs a command of the group.</summary>
    /// <returns>0 when all is well, or is now; 1 when something is damaged; 2 usage.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        if (words.Length == 0) throw new UsageException("storage needs a command: check or repair; try 'gateway help storage'.");
        try
        {
            return words[0] switch
            {
                "check" => await CheckAsync(words[1..], terminal, stopping).ConfigureAwait(false),
                "repair" => await RepairAsync(words[1..], terminal, stopping).ConfigureAwait(false),
                _ => throw new UsageException($"there is no command 'storage {words[0]}'{Nearest.Suggest(words[0], Commands)}; try 'gateway help storage'."),
            };
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FailureException(refused.Message, refused);
        }
    }

    private static async Task<int> CheckAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, [], ["json"]);
        arguments.ExpectFree("DIR");
        string folder = FolderOf(arguments.Free[0], out string? ringsFolder);
        using ProgressLine progress = new(terminal);
        StorageReport report = StorageInspector.Inspect(folder, progress.Show, stopping);
        RingReport? rings = ringsFolder is null ? null : await RingInspector.CheckAsync(ringsFolder, stopping).ConfigureAwait(false);
        progress.Clear();

        if (arguments.Has("json")) await StorageJson.WriteAsync(report, rings, terminal.Output).ConfigureAwait(false);
        else await StorageText.WriteAsync(report, rings, terminal.Output).ConfigureAwait(false);
        return report.IsSound ? CommandLine.Done : CommandLine.Failed;
    }

    private static async Task<int> RepairAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, [], ["yes"]);
        arguments.ExpectFree("DIR");
        string folder = FolderOf(arguments.Free[0], out _);
        using ProgressLine progress = new(terminal);
        using StorageRepair repair = StorageRepair.Plan(folder, progress.Show, stopping);
        progress.Clear();
        if (repair.Report.IsSound)
        {
            await terminal.Output.WriteLineAsync($"{folder}: nothing is damaged").ConfigureAwait(false);
            return CommandLine.Done;
        }

        await StorageText.WriteAsync(repair.Steps, folder, terminal.Output).ConfigureAwait(false);
        if (repair.Obstacle is not null) throw new FailureException($"nothing was changed: {repair.Obstacle}");
        if (!arguments.Has("yes"))
        {
            await terminal.Output.WriteLineAsync($"Nothing was changed. 'gateway storage repair {arguments.Free[0]} --yes' does it; what it changes or moves is kept in {folder}/damaged-DATE-TIME.").ConfigureAwait(false);
            return CommandLine.Failed;
        }

        // From here on nothing is stopped half way; a repair that the power cuts can be done again.
        string? kept = await repair.ExecuteAsync().ConfigureAwait(false);
        if (kept is not null) await terminal.Output.WriteLineAsync($"What was changed or moved is kept in {kept}.").ConfigureAwait(false);
        StorageReport after = StorageInspector.Inspect(folder, progress.Show, stopping);
        progress.Clear();
        await StorageText.WriteAsync(after, rings: null, terminal.Output).ConfigureAwait(false);
        return after.IsSound ? CommandLine.Done : CommandLine.Failed;
    }

    /// <summary>Takes the gateway's data folder or the folder of the messages in it.</summary>
    /// <param name="given">What the user named.</param>
    /// <param name="ringsFolder">The folder of the rings beside the messages; null when there is none.</param>
    private static string FolderOf(string given, out string? ringsFolder)
    {
        string folder = Path.GetFullPath(given), messages = Path.Combine(folder, GatewayChannels.MessagesFolderName), rings = Path.Combine(folder, ChannelRings.FolderName);
        ringsFolder = Directory.Exists(rings) ? rings : null;
        if (StorageInspector.IsStorage(messages)) return messages;
        if (StorageInspector.IsStorage(folder)) return folder;
        throw new UsageException($"{folder} is neither a gateway's data folder nor the folder '{GatewayChannels.MessagesFolderName}' in it.");
    }
}
