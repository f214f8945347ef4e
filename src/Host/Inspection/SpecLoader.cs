using System.Reflection;
using System.Reflection.Metadata;
using System.Runtime.Loader;
using Gateway.Codecs;
using Gateway.Codecs.Generator;
using Gateway.Host.Cli;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Gateway.Host.Inspection;

/// <summary>Compiles a spec file into a codec while the process runs: the same compiler that made the built-in ones, then Roslyn, then a load context of its own.</summary>
internal static class SpecLoader
{
    /// <summary>Longest spec file in bytes.</summary>
    public const int FileBytesMax = 4 * 1024 * 1024;

    private const string GeneratedNamespace = "Gateway.Codecs.Generated.";
    private const string ParametersResource = "parameters.tsv";
    private const string LibraryFolder = "shared";

    // What generated code may call. Bundled assemblies have no file, so references are made of what is loaded.
    private static readonly string[] ReferencedAssemblies = ["System.Runtime", "System.Private.CoreLib", "System.Collections", "System.Memory", "System.Linq", "System.Runtime.InteropServices"];

    private static readonly Lazy<ParameterTable> Parameters = new(ReadParameters);

    /// <summary>Compiles a spec file to C#, with what was found on the way.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SpecResult Compile(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > FileBytesMax }) throw new IOException($"{path} is larger than {FileBytesMax} bytes.");
        return SpecCompiler.Compile(path, File.ReadAllText(path), Parameters.Value, name => Import(path, name));
    }

    /// <summary>Makes a codec of a compiled spec.</summary>
    /// <param name="result">Without errors.</param>
    /// <exception cref="FailureException">The C# does not compile: a fault of the compiler of specs.</exception>
    public static Codec Load(SpecResult result)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            $"spec-{result.Name}-{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(result.Source!, new CSharpParseOptions(LanguageVersion.Latest))],
            References(),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));

        using MemoryStream assembly = new();
        Microsoft.CodeAnalysis.Emit.EmitResult emitted = compilation.Emit(assembly);
        if (!emitted.Success)
        {
            Diagnostic first = emitted.Diagnostics.First(diagnostic => diagnostic.Severity is DiagnosticSeverity.Error);
            throw new FailureException($"a fault of the spec compiler: its C# does not compile: {first}");
        }

        assembly.Position = 0;
        AssemblyLoadContext context = new(result.Name, isCollectible: true);
        Type type = context.LoadFromStream(assembly).GetType(GeneratedNamespace + result.ClassName, throwOnError: true)!;
        return (Codec)Activator.CreateInstance(type)!;
    }

    private static string? Import(string specPath, string name)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(specPath))!;
        string path = Path.Combine(folder, LibraryFolder, name);
        // Only what lies beside the spec: a name is no path.
        return name == Path.GetFileName(name) && File.Exists(path) ? File.ReadAllText(path) : null;
    }

    private static ParameterTable ReadParameters()
    {
        using Stream stream = typeof(Codec).Assembly.GetManifestResourceStream(ParametersResource)!;
        using StreamReader reader = new(stream);
        return ParameterTable.Parse(reader.ReadToEnd());
    }

    private static unsafe MetadataReference[] References()
    {
        List<MetadataReference> references = [];
        foreach (Assembly assembly in ReferencedAssemblies.Select(Assembly.Load).Append(typeof(Codec).Assembly))
        {
            if (!assembly.TryGetRawMetadata(out byte* metadata, out int length)) continue;
            references.Add(AssemblyMetadata.Create(ModuleMetadata.CreateFromMetadata((nint)metadata, length)).GetReference());
        }
        return [.. references];
    }
}
