using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Gateway.Codecs.Generator;

/// <summary>
/// The Roslyn shell around <see cref="SpecCompiler"/>: every <c>.trk</c> file becomes one source file, and all of them one list.
/// Each file is compiled on its own, so editing one spec re-emits one file. Files below a folder <c>shared</c> are libraries for <c>import</c>.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class CodecGenerator : IIncrementalGenerator
{
    /// <summary>Name of the step that compiles one spec, for tests of incrementality.</summary>
    public const string CompileStep = "CompileSpec";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<SpecText> files = context.AdditionalTextsProvider
            .Where(static f => f.Path.EndsWith(".trk", StringComparison.Ordinal))
            .Select(static (f, stop) => new SpecText(f.Path, f.GetText(stop)?.ToString() ?? ""));

        IncrementalValueProvider<string> dictionary = context.AdditionalTextsProvider
            .Where(static f => f.Path.EndsWith("parameters.tsv", StringComparison.Ordinal))
            .Select(static (f, stop) => f.GetText(stop)?.ToString() ?? "")
            .Collect()
            .Select(static (texts, _) => texts.Length > 0 ? texts[0] : "");

        IncrementalValueProvider<EquatableList<SpecText>> libraries = files
            .Where(static f => IsLibrary(f.Path))
            .Collect()
            .Select(static (list, _) => new EquatableList<SpecText>(list));

        IncrementalValuesProvider<CompiledSpec> compiled = files
            .Where(static f => !IsLibrary(f.Path))
            .Combine(dictionary.Combine(libraries))
            .Select(static (pair, _) => CompileOne(pair.Left, pair.Right.Left, pair.Right.Right))
            .WithTrackingName(CompileStep);

        IncrementalValueProvider<EquatableList<SpecIdentity>> identities = compiled
            .Where(static s => s.Source is not null)
            .Select(static (s, _) => new SpecIdentity(s.Path, s.ClassName, s.Id))
            .Collect()
            .Select(static (list, _) => new EquatableList<SpecIdentity>(list.OrderBy(i => i.Path, StringComparer.Ordinal)));

        context.RegisterSourceOutput(compiled.Combine(identities), static (output, pair) =>
        {
            CompiledSpec spec = pair.Left;
            foreach (SpecDiagnostic d in spec.Diagnostics) output.ReportDiagnostic(ToDiagnostic(spec.Path, d));
            if (spec.Source is null) return;
            if (Earlier(spec, pair.Right) is SpecDiagnostic duplicate) output.ReportDiagnostic(ToDiagnostic(spec.Path, duplicate));
            else output.AddSource($"{spec.ClassName}.g.cs", SourceText.From(spec.Source, Encoding.UTF8));
        });

        // The list depends on names only: editing a spec's body leaves it alone.
        IncrementalValueProvider<EquatableList<string>> names = compiled
            .Where(static s => s.Source is not null)
            .Select(static (s, _) => s.ClassName)
            .Collect()
            .Select(static (list, _) => new EquatableList<string>(list.OrderBy(n => n, StringComparer.Ordinal)));
        context.RegisterSourceOutput(names, static (output, list) => output.AddSource("GeneratedCodecs.g.cs", SourceText.From(Registry(list), Encoding.UTF8)));
    }

    private static bool IsLibrary(string path)
    {
        string[] parts = path.Split('/', '\\');
        return parts.Length > 1 && parts[parts.Length - 2] == "shared";
    }

    // Two specs can't be the same protocol: the first one by path is it.
    private static SpecDiagnostic? Earlier(CompiledSpec spec, EquatableList<SpecIdentity> all)
    {
        foreach (SpecIdentity other in all)
        {
            if (other.Path == spec.Path) return null;
            if (other.ClassName == spec.ClassName) return new SpecDiagnostic(Ids.Duplicate, 1, 1, 1, $"{SpecCompiler.FileName(other.Path)} is a protocol of this name already; give one of them another name");
            if (other.Id == spec.Id) return new SpecDiagnostic(Ids.Duplicate, 1, 1, 1, $"{SpecCompiler.FileName(other.Path)} has the number {spec.Id} already; write another one behind `id`");
        }
        return null;
    }

    private static CompiledSpec CompileOne(SpecText file, string dictionary, EquatableList<SpecText> libraries)
    {
        ParameterTable parameters;
        try
        {
            parameters = Cache.Get(dictionary);
        }
        catch (FormatException e)
        {
            return new CompiledSpec(file.Path, "", 0, null, new EquatableList<SpecDiagnostic>([new SpecDiagnostic(Ids.Missing, 1, 1, 1, e.Message)]));
        }
        SpecResult result = SpecCompiler.Compile(file.Path, file.Text, parameters, name => libraries.FirstOrDefault(l => l.Path.Replace('\\', '/').EndsWith("/" + name, StringComparison.Ordinal))?.Text);
        return new CompiledSpec(file.Path, result.ClassName, result.Id, result.Source, new EquatableList<SpecDiagnostic>(result.Diagnostics));
    }

    private static string Registry(IEnumerable<string> classes)
    {
        StringBuilder text = new("// <auto-generated/>\nnamespace Gateway.Codecs.Generated;\n\ninternal static partial class GeneratedCodecs\n{\n    static partial void Add(global::System.Collections.Generic.List<global::Gateway.Codecs.Codec> codecs)\n    {\n");
        foreach (string name in classes) text.Append("        codecs.Add(new ").Append(name).Append("());\n");
        return text.Append("    }\n}\n").ToString();
    }

    private static Diagnostic ToDiagnostic(string path, SpecDiagnostic d)
    {
        if (!Descriptors.TryGetValue(d.Id, out DiagnosticDescriptor? descriptor)) descriptor = Descriptors[Ids.Syntax];
        LinePosition start = new(d.Line - 1, d.Column - 1);
        LinePosition end = new(d.Line - 1, d.Column - 1 + d.Length);
        return Diagnostic.Create(descriptor, Location.Create(d.PathOf(path), new TextSpan(0, 0), new LinePositionSpan(start, end)), d.Message);
    }

    private static readonly Dictionary<string, DiagnosticDescriptor> Descriptors = Ids.All.ToDictionary(
        id => id.Key,
        id => new DiagnosticDescriptor(id.Key, id.Value, "{0}", "Spec", SpecDiagnostic.IsErrorId(id.Key) ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, isEnabledByDefault: true),
        StringComparer.Ordinal);

    private sealed record SpecText(string Path, string Text);

    private sealed record SpecIdentity(string Path, string ClassName, int Id);

    private sealed record CompiledSpec(string Path, string ClassName, int Id, string? Source, EquatableList<SpecDiagnostic> Diagnostics);

    // All files of a run share one dictionary; reading it once per file would cost more than compiling the file.
    private static class Cache
    {
        private static readonly object Gate = new();
        private static string? s_text;
        private static ParameterTable? s_table;

        internal static ParameterTable Get(string text)
        {
            lock (Gate)
            {
                if (s_table is null || s_text != text) (s_text, s_table) = (text, ParameterTable.Parse(text));
                return s_table;
            }
        }
    }
}

/// <summary>A list that is equal to another one when its elements are, as incremental steps need it.</summary>
internal sealed class EquatableList<T>(IEnumerable<T> items) : IEquatable<EquatableList<T>>, IEnumerable<T>
{
    private readonly ImmutableArray<T> _items = items.ToImmutableArray();

    public bool Equals(EquatableList<T>? other) => other is not null && _items.SequenceEqual(other._items);

    public override bool Equals(object? obj) => Equals(obj as EquatableList<T>);

    public override int GetHashCode() => _items.Length == 0 ? 0 : _items.Length * 397 ^ (_items[0]?.GetHashCode() ?? 0);

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
