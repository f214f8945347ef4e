using System.Globalization;
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

    private const string CompilerFault = "GW1099";
    private const int ErrorsMax = 20;
    private const string GeneratedNamespace = "Gateway.Codecs.Generated.";
    private const string ParametersResource = "parameters.tsv";
    private const string LibraryFolder = "shared";

    // What generated code may call. Bundled assemblies have no file, so references are made of what is loaded.
    private static readonly string[] ReferencedAssemblies = ["System.Runtime", "System.Private.CoreLib", "System.Collections", "System.Memory", "System.Linq", "System.Runtime.InteropServices"];

    private static readonly Lazy<ParameterTable> Parameters = new(ReadParameters);
    private static readonly Lazy<MetadataReference[]> SharedReferences = new(References);

    /// <summary>Compiles a spec file to C#, with what was found on the way.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static SpecResult Compile(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > FileBytesMax }) throw new IOException($"{path} is larger than {FileBytesMax} bytes.");
        string text = File.ReadAllText(path);
        try
        {
            return SpecCompiler.Compile(path, text, Parameters.Value, name => Import(path, name));
        }
        catch (Exception fault) when (fault is not (IOException or UnauthorizedAccessException))
        {
            // A running gateway compiles what users write: a fault of ours costs their spec and nothing else.
            SpecDiagnostic told = new(CompilerFault, 1, 1, 1, $"a fault of the spec compiler, please report it with the spec: {fault.GetType().Name}: {fault.Message.ReplaceLineEndings(" ")}");
            return new SpecResult("", "", 0, null, [told]);
        }
    }

    /// <summary>Makes a codec of a compiled spec.</summary>
    /// <param name="result">Without errors.</param>
    /// <exception cref="FailureException">The C# does not compile: a fault of the compiler of specs.</exception>
    public static Codec Load(SpecResult result) =>
        TryLoad(result, out IReadOnlyList<SpecDiagnostic> errors) ?? throw new FailureException(errors[0].Format(result.Name));

    /// <summary>Makes a codec of a compiled spec, in a load context of its own, which goes with the last reference to the codec and its sessions.</summary>
    /// <param name="result">Without errors.</param>
    /// <param name="errors">Faults of the compiler of specs, at the lines of the spec that show them: C# that does not compile. Empty when there is a codec.</param>
    public static Codec? TryLoad(SpecResult result, out IReadOnlyList<SpecDiagnostic> errors)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            $"spec-{result.Name}-{Guid.NewGuid():N}",
            [CSharpSyntaxTree.ParseText(result.Source!, new CSharpParseOptions(LanguageVersion.Latest))],
            SharedReferences.Value,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));

        using MemoryStream assembly = new();
        Microsoft.CodeAnalysis.Emit.EmitResult emitted = compilation.Emit(assembly);
        errors = [.. emitted.Diagnostics.Where(diagnostic => diagnostic.Severity is DiagnosticSeverity.Error).Take(ErrorsMax).Select(Translate)];
        if (!emitted.Success) return null;

        assembly.Position = 0;
        // Never unloaded by hand: while a connection still holds a session, the code must live; the context goes with the last reference.
        AssemblyLoadContext context = new(result.Name, isCollectible: true);
        Type type = context.LoadFromStream(assembly).GetType(GeneratedNamespace + result.ClassName, throwOnError: true)!;
        return (Codec)Activator.CreateInstance(type)!;
    }

    private static SpecDiagnostic Translate(Diagnostic fault)
    {
        FileLinePositionSpan place = fault.Location.GetMappedLineSpan();
        // The #line directives lead back to the spec; what stands before the first of them is at its head.
        int line = place.HasMappedPath ? place.StartLinePosition.Line + 1 : 1;
        return new SpecDiagnostic(CompilerFault, line, 1, 1, $"a fault of the spec compiler, please report it with the spec: {fault.GetMessage(CultureInfo.InvariantCulture)}");
    }

    /// <summary>The text of a built-in spec.</summary>
    /// <param name="name">Name of its file, e.g. of <see cref="ProtocolInfo.SpecFile"/>.</param>
    /// <returns>Null when there is none.</returns>
    public static string? ReadBuiltIn(string name)
    {
        using Stream? stream = typeof(Codec).Assembly.GetManifestResourceStream(name);
        if (stream is null) return null;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    private static string? Import(string specPath, string name)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(specPath))!;
        string path = Path.Combine(folder, LibraryFolder, name);
        // Only what lies beside the spec, or is built in: a name is no path.
        if (name != Path.GetFileName(name)) return null;
        return File.Exists(path) ? File.ReadAllText(path) : ReadBuiltIn($"{LibraryFolder}/{name}");
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
