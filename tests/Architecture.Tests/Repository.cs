using System.Xml.Linq;

namespace Gateway.Architecture.Tests;

/// <summary>The checked-out repository that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>Folder that holds <c>Gateway.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Source files below a folder of the repository, without build output; with <c>/</c> and relative to the root.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    /// <summary>The text of a file of the repository.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Projects that a project needs at run time; analyzers and build-order references do not count.</summary>
    public static IReadOnlyList<string> RuntimeReferences(string project) =>
        [
            .. XDocument.Parse(Read(project)).Descendants("ProjectReference")
                .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false" && (string?)reference.Attribute("OutputItemType") != "Analyzer")
                .Select(reference => Path.GetFileNameWithoutExtension(((string?)reference.Attribute("Include") ?? "").Replace('\\', '/'))),
        ];

    /// <summary>Packages that a project names.</summary>
    public static IReadOnlyList<string> Packages(string project) =>
        [.. XDocument.Parse(Read(project)).Descendants("PackageReference").Select(reference => (string?)reference.Attribute("Include") ?? "")];

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"No Gateway.sln above {AppContext.BaseDirectory}.");
    }
}
