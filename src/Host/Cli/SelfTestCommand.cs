using Gateway.Codecs;
using Gateway.Host.Inspection;
using Gateway.Host.Protocols;

namespace Gateway.Host.Cli;

/// <summary><c>gateway selftest</c>: all samples of all protocols.</summary>
internal static class SelfTestCommand
{
    /// <summary>Runs the samples; one line per protocol, and what differs.</summary>
    /// <returns>0 when all passed and there was at least one, else 1.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal)
    {
        Arguments arguments = Arguments.Parse(words, [ProtocolSource.FolderOption], []);
        arguments.ExpectFree();
        int passed = 0;
        int failed = 0;
        foreach (Codec codec in await ProtocolSource.Of(arguments).AllAsync(terminal.Error).ConfigureAwait(false))
        {
            int passedBefore = passed;
            foreach (SampleInfo sample in codec.Info.Samples)
            {
                IReadOnlyList<string> differences = SampleCheck.Run(codec, sample);
                if (differences.Count == 0)
                {
                    passed++;
                    continue;
                }
                failed++;
                foreach (string difference in differences)
                    await terminal.Output.WriteLineAsync($"{codec.Info.SpecFile} sample {sample.Name}: {difference}").ConfigureAwait(false);
            }
            await terminal.Output.WriteLineAsync($"{codec.Info.Name,-16} {passed - passedBefore} of {codec.Info.Samples.Count} samples").ConfigureAwait(false);
        }
        await terminal.Output.WriteLineAsync($"{passed} passed, {failed} failed").ConfigureAwait(false);
        return failed == 0 && passed > 0 ? CommandLine.Done : CommandLine.Failed;
    }
}
