using Gateway.Codecs;
using Gateway.Codecs.Generator;
using Gateway.Host.Inspection;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol check</c>: compiles spec files, says what is wrong with them, and runs their samples.</summary>
internal static class CheckCommand
{
    /// <summary>Checks one or more files.</summary>
    /// <returns>0 when all compile and their samples pass, else 1.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal)
    {
        Arguments arguments = Arguments.Parse(words, [], []);
        if (arguments.Free.Count == 0) throw new UsageException("FILE is missing.");
        bool isFine = true;
        foreach (string path in arguments.Free) isFine &= await CheckAsync(path, terminal.Output).ConfigureAwait(false);
        return isFine ? CommandLine.Done : CommandLine.Failed;
    }

    private static async Task<bool> CheckAsync(string path, TextWriter output)
    {
        SpecResult result = Compile(path);
        foreach (SpecDiagnostic diagnostic in result.Diagnostics) await output.WriteLineAsync(diagnostic.Format(path)).ConfigureAwait(false);
        int errors = result.Diagnostics.Count(diagnostic => diagnostic.IsError);
        int warnings = result.Diagnostics.Count - errors;
        if (result.Source is null)
        {
            await output.WriteLineAsync($"{path}: {errors} errors, {warnings} warnings").ConfigureAwait(false);
            return false;
        }

        if (SpecLoader.TryLoad(result, out IReadOnlyList<SpecDiagnostic> faults) is not { } codec)
        {
            foreach (SpecDiagnostic fault in faults) await output.WriteLineAsync(fault.Format(path)).ConfigureAwait(false);
            return false;
        }
        int failed = 0;
        foreach (SampleInfo sample in codec.Info.Samples)
        {
            IReadOnlyList<string> differences = SampleCheck.Run(codec, sample);
            if (differences.Count > 0) failed++;
            foreach (string difference in differences) await output.WriteLineAsync($"{path}: sample {sample.Name}: {difference}").ConfigureAwait(false);
        }
        await output.WriteLineAsync($"{path}: {result.Name}, {warnings} warnings, {codec.Info.Samples.Count - failed} of {codec.Info.Samples.Count} samples passed").ConfigureAwait(false);
        return failed == 0;
    }

    /// <summary>Compiles a file.</summary>
    /// <exception cref="FailureException">It can't be read.</exception>
    internal static SpecResult Compile(string path)
    {
        try
        {
            return SpecLoader.Compile(path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't read {path}: {unreadable.Message}", unreadable);
        }
    }
}
