using Gateway.Host.Protocols;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol new</c>: a first spec that compiles and whose samples pass, to be changed line by line into one's own.</summary>
internal static class NewCommand
{
    private const int NameLengthMax = 40;

    // Numbers from here on are nobody else's; the name decides which, so that two protocols rarely meet.
    private const int IdFirst = 60_000;
    private const int IdCount = 4_000;

    /// <summary>Writes <c>NAME.trk</c>.</summary>
    /// <returns>0 when the file was written.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal)
    {
        Arguments arguments = Arguments.Parse(words, [], ["text", "binary"]);
        arguments.ExpectFree("NAME");
        if (arguments.Has("text") && arguments.Has("binary")) throw new UsageException("--text or --binary, not both.");
        string path = arguments.Free[0].EndsWith(SpecFile.Extension, StringComparison.Ordinal) ? arguments.Free[0] : arguments.Free[0] + SpecFile.Extension;
        string name = Path.GetFileNameWithoutExtension(path);
        if (!IsName(name)) throw new UsageException($"NAME must be a letter and then letters, digits and dashes, lower-case, {NameLengthMax} at most, not '{name}'.");

        string text = (arguments.Has("text") ? SpecSkeleton.Text : SpecSkeleton.Binary).Replace("{name}", name, StringComparison.Ordinal).Replace("{id}", $"{IdOf(name)}", StringComparison.Ordinal);
        try
        {
            // CreateNew: what somebody wrote is never lost to a command that was typed twice.
            StreamWriter file = new(new FileStream(path, FileMode.CreateNew, FileAccess.Write));
            await using (file.ConfigureAwait(false)) await file.WriteAsync(text).ConfigureAwait(false);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new FailureException($"{path} is there already; nothing was written.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't write {path}: {refused.Message}", refused);
        }
        await terminal.Output.WriteLineAsync($"{path} is written; next: gateway protocol check {path}").ConfigureAwait(false);
        return CommandLine.Done;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= NameLengthMax && char.IsAsciiLetterLower(name[0]) && name[^1] != '-' && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static int IdOf(string name)
    {
        int hash = 0;
        foreach (char c in name) hash = (hash * 31 + c) % IdCount;
        return IdFirst + hash;
    }
}
