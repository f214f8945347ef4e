using Gateway.Codecs;
using Gateway.Codecs.Generator;
using Gateway.Host.Cli;
using Gateway.Host.Configuration;
using Gateway.Host.Inspection;

namespace Gateway.Host.Protocols;

/// <summary>Where commands find protocols: spec files by path, a folder of the user's own specs, and what is built in; the first that has the name counts.</summary>
internal sealed class ProtocolSource
{
    /// <summary>Name of the option, without dashes.</summary>
    public const string FolderOption = "specs";

    private readonly Lazy<IReadOnlyList<SpecFile>> _files;
    private readonly CodecRegistry _builtIn = new();

    /// <summary>With a folder, or without one.</summary>
    public ProtocolSource(string? folder) => _files = new(() => folder is null ? [] : SpecFile.ReadFolder(folder));

    /// <summary>With the folder of <c>--specs</c> or <c>GATEWAY_SPECS</c>, if one is given.</summary>
    public static ProtocolSource Of(Arguments arguments)
    {
        string? folder = arguments.Text(FolderOption) ?? (Environment.GetEnvironmentVariable(SettingsReader.EnvironmentNameOf(FolderOption)) is { Length: > 0 } named ? named : null);
        return new ProtocolSource(folder);
    }

    /// <summary>The protocol of a name, an alias or a spec file (<c>my.trk</c>), compiled now.</summary>
    /// <exception cref="FailureException">There is none, or its spec does not compile.</exception>
    public Codec Find(string name)
    {
        if (name.EndsWith(SpecFile.Extension, StringComparison.Ordinal)) return Load(name, CheckCommand.Compile(name));
        if (_files.Value.FirstOrDefault(file => string.Equals(file.Name, name, StringComparison.OrdinalIgnoreCase)) is { } own) return Load(own.Path, own.Result);
        if (_builtIn.Find(name) is { } builtIn) return builtIn;

        // Aliases are known only once a spec is loaded; this is the rare way.
        foreach (SpecFile file in _files.Value)
            if (file.TryLoad(out Codec? codec, out _) && codec.Info.Aliases.Contains(name, StringComparer.OrdinalIgnoreCase)) return codec;
        IEnumerable<string> known = _builtIn.All.SelectMany(codec => codec.Info.Aliases.Prepend(codec.Info.Name)).Concat(_files.Value.Select(file => file.Name));
        throw new FailureException($"there is no protocol '{name}'{Nearest.Suggest(name, known)}; see 'gateway protocol list'.");
    }

    /// <summary>As <see cref="Find"/>, with the text of the spec.</summary>
    /// <exception cref="FailureException">There is none, it does not compile, or its file can't be read.</exception>
    public (Codec Codec, string Spec) FindWithText(string name)
    {
        Codec codec = Find(name);
        string? path = name.EndsWith(SpecFile.Extension, StringComparison.Ordinal) ? name
            : _files.Value.FirstOrDefault(file => Path.GetFileName(file.Path) == codec.Info.SpecFile)?.Path;
        try
        {
            string? spec = path is null ? SpecLoader.ReadBuiltIn(codec.Info.SpecFile) : File.ReadAllText(path);
            return (codec, spec ?? throw new FailureException($"the text of {codec.Info.SpecFile} is not there."));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"can't read {path}: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>All protocols by name, a user's own in the place of the built-in one; specs that do not compile are told as complaints.</summary>
    public async Task<IReadOnlyList<Codec>> AllAsync(TextWriter error)
    {
        Dictionary<string, Codec> all = _builtIn.All.ToDictionary(codec => codec.Info.Name, StringComparer.OrdinalIgnoreCase);
        foreach (SpecFile file in _files.Value)
        {
            if (file.TryLoad(out Codec? codec, out IReadOnlyList<string> errors)) all[codec.Info.Name] = codec;
            else await error.WriteLineAsync($"gateway: {file.Path} is left out: {errors[0]}").ConfigureAwait(false);
        }
        return [.. all.Values.OrderBy(codec => codec.Info.Name, StringComparer.Ordinal)];
    }

    private static Codec Load(string path, SpecResult result)
    {
        IReadOnlyList<SpecDiagnostic> errors = result.Diagnostics;
        if (result.Source is not null && SpecLoader.TryLoad(result, out errors) is { } codec) return codec;
        throw new FailureException(errors.First(diagnostic => diagnostic.IsError).Format(path));
    }
}
