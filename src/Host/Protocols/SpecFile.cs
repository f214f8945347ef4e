using Gateway.Codecs;
using Gateway.Codecs.Generator;
using Gateway.Host.Inspection;

namespace Gateway.Host.Protocols;

/// <summary>A spec file of a user's folder, compiled to C#; the codec is made when somebody asks for it, since that takes Roslyn and half a second.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Result">What the compiler of specs made of it.</param>
internal sealed record SpecFile(string Path, SpecResult Result)
{
    /// <summary>What spec files end in.</summary>
    public const string Extension = ".trk";

    /// <summary>Most spec files of one folder.</summary>
    public const int FilesMax = 1000;

    /// <summary>The protocol's name; the file's where the spec does not get as far as naming itself.</summary>
    public string Name => Result.Name.Length > 0 ? Result.Name : System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>What is wrong with it, as compilers print it; empty when nothing is as far as can be said without <see cref="TryLoad"/>.</summary>
    public IReadOnlyList<string> Errors => Format(Result.Diagnostics);

    /// <summary>The spec files of a folder, compiled, by file name. Folders inside it hold what specs import and are not read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="protocol">Only the files of this protocol; null for all.</param>
    /// <exception cref="Cli.FailureException">The folder or a file can't be read, or there are too many.</exception>
    public static IReadOnlyList<SpecFile> ReadFolder(string folder, string? protocol = null)
    {
        try
        {
            string[] paths = [.. Directory.EnumerateFiles(folder, "*" + Extension).Order(StringComparer.Ordinal).Take(FilesMax + 1)];
            if (paths.Length > FilesMax) throw new Cli.FailureException($"{folder} has more than {FilesMax} spec files (--specs).");
            return [.. paths.Where(path => protocol is null || string.Equals(NameIn(path), protocol, StringComparison.OrdinalIgnoreCase)).Select(path => new SpecFile(path, SpecLoader.Compile(path)))];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new Cli.FailureException($"can't read the specs in {folder}: {unreadable.Message} (--specs)", unreadable);
        }
    }

    /// <summary>Makes the codec.</summary>
    /// <param name="codec">The codec, in a load context of its own that goes with the last reference to it.</param>
    /// <param name="errors">Why there is none.</param>
    public bool TryLoad([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Codec? codec, out IReadOnlyList<string> errors)
    {
        codec = null;
        errors = Errors;
        if (Result.Source is null) return false;
        codec = SpecLoader.TryLoad(Result, out IReadOnlyList<SpecDiagnostic> faults);
        errors = Format(faults);
        return codec is not null;
    }

    /// <summary>The name on the protocol line, without compiling the rest; the file's where there is no such line.</summary>
    private static string NameIn(string path)
    {
        const string word = "protocol ";
        string? line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(word, StringComparison.Ordinal));
        return line?[word.Length..].TrimStart().Split(' ', '"', '#')[0] is { Length: > 0 } name ? name : System.IO.Path.GetFileNameWithoutExtension(path);
    }

    private string[] Format(IReadOnlyList<SpecDiagnostic> diagnostics) => [.. diagnostics.Where(diagnostic => diagnostic.IsError).Select(diagnostic => diagnostic.Format(System.IO.Path.GetFileName(Path)))];
}
