using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Codecs.Generator;

/// <summary>
/// Compiles a spec file to the source of a codec. The source generator and the host run the same compiler.
/// </summary>
public static class SpecCompiler
{
    /// <summary>Compiles one spec.</summary>
    /// <param name="path">Path or name of the file; its last part stands in messages and in the source.</param>
    /// <param name="text">The spec's text.</param>
    /// <param name="parameters">The parameter dictionary.</param>
    /// <param name="import">Gives the text of an imported file by the name in the spec, or null when there is none. May be left out.</param>
    /// <returns>The source, and what was found. With an error the source is null.</returns>
    public static SpecResult Compile(string path, string text, ParameterTable parameters, Func<string, string?>? import = null)
    {
        List<SpecDiagnostic> diagnostics = [];
        string file = FileName(path);
        SpecNode spec = new SpecParser(text, diagnostics).Parse(library: false);
        SpecEmitter emitter = new(spec, parameters, file, diagnostics);
        Import(spec, emitter, diagnostics, import);

        string? source = null;
        try
        {
            source = emitter.EmitSource(Hash(text), text.Split('\n').Length);
        }
        catch (SpecSyntaxException e)
        {
            diagnostics.Add(new SpecDiagnostic(e.Id, Math.Max(1, e.At.Line), Math.Max(1, e.At.Column), Math.Max(1, e.At.Length), e.Message));
        }
        List<SpecDiagnostic> ordered = [.. OnePerLine(diagnostics).Select(d => InItsFile(d, spec.Imports))];
        bool failed = ordered.Exists(d => d.IsError);
        return new SpecResult(spec.Name, spec.Name.Length == 0 ? "" : SpecEmitter.ClassName(spec.Name), spec.Id, failed ? null : source, ordered);
    }

    /// <summary>Checks one spec without using its source.</summary>
    public static IReadOnlyList<SpecDiagnostic> Check(string path, string text, ParameterTable parameters, Func<string, string?>? import = null) =>
        Compile(path, text, parameters, import).Diagnostics;

    /// <summary>
    /// Lines of the n-th imported file are counted from n times this on, so that a place says which file it is in.
    /// </summary>
    internal const int LinesPerFile = 1_000_000;

    private static void Import(SpecNode spec, SpecEmitter emitter, List<SpecDiagnostic> diagnostics, Func<string, string?>? import)
    {
        for (int i = 0; i < spec.Imports.Count; i++)
        {
            (string name, Place at) = spec.Imports[i];
            string? imported = import?.Invoke(name);
            if (spec.Imports.FindIndex(other => other.Path == name) < i) diagnostics.Add(new SpecDiagnostic(Ids.Duplicate, at.Line, at.Column, at.Length, $"'{name}' is imported above already; delete this line"));
            else if (imported is null) diagnostics.Add(new SpecDiagnostic(Ids.Import, at.Line, at.Column, at.Length, $"there is no file '{name}' in the folder shared beside the spec"));
            else emitter.Import(new SpecParser(imported, diagnostics, (i + 1) * LinesPerFile).Parse(library: true), i + 1);
        }
    }

    // Weak points of an imported file are the business of those who keep it, not of each spec that takes something from it.
    private static SpecDiagnostic InItsFile(SpecDiagnostic d, List<(string Path, Place At)> imports) =>
        d.Line <= LinesPerFile ? d : d with { Line = d.Line % LinesPerFile, File = imports[d.Line / LinesPerFile - 1].Path };

    // The first error of a line is the true one; later ones are mostly its echo. Warnings stay.
    private static IEnumerable<SpecDiagnostic> OnePerLine(List<SpecDiagnostic> diagnostics)
    {
        HashSet<int> lines = [];
        foreach (SpecDiagnostic d in diagnostics.OrderBy(d => d.Line).ThenBy(d => d.Column))
            if (!d.IsError || lines.Add(d.Line)) yield return d;
    }

    internal static string FileName(string path) => path.Substring(path.LastIndexOfAny(['/', '\\']) + 1);

    private static string Hash(string text)
    {
        using SHA256 sha = SHA256.Create();
        return string.Concat(sha.ComputeHash(Encoding.UTF8.GetBytes(text)).Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }
}

/// <summary>The result of a compilation.</summary>
/// <param name="Name">The protocol's name, empty when the spec has none.</param>
/// <param name="ClassName">The codec class, in namespace <c>Gateway.Codecs.Generated</c>.</param>
/// <param name="Id">The protocol's number.</param>
/// <param name="Source">C# source; null when there are errors.</param>
/// <param name="Diagnostics">What was found, by line.</param>
public sealed record SpecResult(string Name, string ClassName, int Id, string? Source, IReadOnlyList<SpecDiagnostic> Diagnostics);
