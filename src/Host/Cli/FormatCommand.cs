using System.Text;
using Gateway.Codecs.Generator;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol fmt</c>: puts spec files into the canonical layout, or says which are not in it.</summary>
internal static class FormatCommand
{
    /// <summary>Formats files in place.</summary>
    /// <returns>0 when all are in the canonical layout now; 1 when <c>--check</c> found one that is not, or one can't be formatted.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal)
    {
        Arguments arguments = Arguments.Parse(words, [], ["check"]);
        if (arguments.Free.Count == 0) throw new UsageException("FILE is missing.");
        bool isFine = true;
        foreach (string path in arguments.Free) isFine &= await FormatAsync(path, arguments.Has("check"), terminal).ConfigureAwait(false);
        return isFine ? CommandLine.Done : CommandLine.Failed;
    }

    private static async Task<bool> FormatAsync(string path, bool isCheck, Terminal terminal)
    {
        try
        {
            string text = await File.ReadAllTextAsync(path).ConfigureAwait(false);
            if (SpecFormatter.Format(text) is not { } formatted)
            {
                await terminal.Error.WriteLineAsync($"gateway: {path} is left as it is: it can't be read line by line; see 'gateway protocol check {path}'.").ConfigureAwait(false);
                return false;
            }
            if (formatted == text) return true;
            if (!isCheck)
            {
                // Beside it and then in its place, so that a full disk does not cost the spec.
                string beside = path + ".new";
                await File.WriteAllTextAsync(beside, formatted, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)).ConfigureAwait(false);
                File.Move(beside, path, overwrite: true);
            }
            await terminal.Output.WriteLineAsync(isCheck ? $"{path} is not in the canonical layout" : $"{path} formatted").ConfigureAwait(false);
            return !isCheck;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't read or write {path}: {refused.Message}", refused);
        }
    }
}
