using System.Text;
using Gateway.Codecs;
using Gateway.Host.Documentation;
using Gateway.Host.Protocols;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol doc</c>: the page of a protocol in Markdown.</summary>
internal static class DocCommand
{
    /// <summary>Writes the page to a file or to the screen.</summary>
    public static async Task<int> RunAsync(string[] words, Terminal terminal)
    {
        Arguments arguments = Arguments.Parse(words, ["out", ProtocolSource.FolderOption], []);
        arguments.ExpectFree("NAME");
        (Codec codec, string spec) = ProtocolSource.Of(arguments).FindWithText(arguments.Free[0]);
        string page = ProtocolPage.Of(codec, spec);
        if (arguments.Text("out") is not { } path)
        {
            await terminal.Output.WriteAsync(page).ConfigureAwait(false);
            return CommandLine.Done;
        }
        try
        {
            await File.WriteAllTextAsync(path, page, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't write {path}: {refused.Message} (--out)", refused);
        }
        await terminal.Output.WriteLineAsync($"{path} written").ConfigureAwait(false);
        return CommandLine.Done;
    }
}
