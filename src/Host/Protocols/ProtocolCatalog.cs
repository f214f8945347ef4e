using Gateway.Codecs;

namespace Gateway.Host.Protocols;

/// <summary>The protocols of a running gateway: the built-in ones, and those of the operator's folder of specs (<c>--specs</c>), which take the place of built-in ones of the same name.</summary>
/// <remarks>A spec with errors costs its own protocol and nothing else: its channels are shown blocked with the reason. Safe for use by many threads.</remarks>
internal sealed class ProtocolCatalog(string? folder, CodecRegistry registry, ILogger<ProtocolCatalog> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ProtocolFault> _faults = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Compiles all specs of the folder and registers their codecs. Call once, before channels open.</summary>
    /// <exception cref="Cli.FailureException">The folder can't be read.</exception>
    public void Load()
    {
        if (folder is null) return;
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach (SpecFile file in SpecFile.ReadFolder(folder))
        {
            if (!names.Add(file.Name)) CatalogLog.Refused(logger, file.Name, $"{Path.GetFileName(file.Path)}: another file of the folder has the protocol {file.Name} already");
            else if (TryMake(file, out Codec? codec, out IReadOnlyList<string> errors)) Accept(file, codec);
            else Refuse(file, errors);
        }
    }

    /// <summary>Why a protocol can't be used: the first error of its spec. Null when it can, or when nobody knows it.</summary>
    public string? FaultOf(int id)
    {
        lock (_gate) return _faults.Values.FirstOrDefault(fault => fault.Id == id)?.Text;
    }

    /// <inheritdoc cref="FaultOf(int)"/>
    public string? FaultOf(string name)
    {
        lock (_gate) return _faults.GetValueOrDefault(name)?.Text;
    }

    /// <summary>Whether there is a folder of specs.</summary>
    public bool HasFolder => folder is not null;

    /// <summary>Compiles the spec of a protocol anew, as the folder has it now; nothing is changed yet.</summary>
    /// <param name="name">Name of the protocol.</param>
    /// <returns>The codec, or why there is none. Without a file in the folder it is the built-in one, and null when there is none of the name either.</returns>
    /// <exception cref="Cli.FailureException">The folder can't be read.</exception>
    public ProtocolDraft? Compile(string name)
    {
        SpecFile? file = folder is not null && SpecFile.ReadFolder(folder, name) is [{ } found, ..] ? found : null;
        if (file is null)
        {
            return CodecRegistry.BuiltIn.FirstOrDefault(codec => string.Equals(codec.Info.Name, name, StringComparison.OrdinalIgnoreCase)) is { } builtIn
                ? new ProtocolDraft(null, builtIn, [])
                : null;
        }
        return TryMake(file, out Codec? codec, out IReadOnlyList<string> errors) ? new ProtocolDraft(file, codec, []) : new ProtocolDraft(file, null, errors);
    }

    /// <summary>Registers what <see cref="Compile"/> made.</summary>
    public void Accept(ProtocolDraft draft)
    {
        if (draft.File is { } file) Accept(file, draft.Codec!);
        else registry.Put(draft.Codec!);
    }

    /// <summary>Makes the codec of a file, and looks whether it goes with the others.</summary>
    private bool TryMake(SpecFile file, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Codec? codec, out IReadOnlyList<string> errors)
    {
        if (!file.TryLoad(out codec, out errors)) return false;
        int id = codec.Info.Id;
        string name = codec.Info.Name;
        // Channels know their protocol by its number; under another one they would lose it.
        Codec? present = registry.All.Concat(CodecRegistry.BuiltIn).FirstOrDefault(other => string.Equals(other.Info.Name, name, StringComparison.OrdinalIgnoreCase));
        if (present is not null && present.Info.Id != id)
            errors = [$"{Path.GetFileName(file.Path)}: the protocol {name} that is there already has the number {present.Info.Id}; write 'id {present.Info.Id}', or give yours another name"];
        else if (Conflict(codec) is { } conflict) errors = [$"{Path.GetFileName(file.Path)}: {conflict}"];
        if (errors.Count == 0) return true;
        codec = null;
        return false;
    }

    private string? Conflict(Codec codec)
    {
        foreach (Codec other in registry.All.Where(other => !string.Equals(other.Info.Name, codec.Info.Name, StringComparison.OrdinalIgnoreCase)))
        {
            if (other.Info.Id == codec.Info.Id) return $"the number {codec.Info.Id} belongs to {other.Info.Name}; write another after 'id'";
            foreach (string name in codec.Info.Aliases.Prepend(codec.Info.Name))
                if (other.Info.Aliases.Prepend(other.Info.Name).Contains(name, StringComparer.OrdinalIgnoreCase)) return $"the name {name} belongs to {other.Info.Name}; write another";
        }
        return null;
    }

    private void Accept(SpecFile file, Codec codec)
    {
        bool isReplacement = registry.Put(codec) is not null;
        lock (_gate) _faults.Remove(codec.Info.Name);
        CatalogLog.Loaded(logger, codec.Info.Name, Path.GetFileName(file.Path), codec.Info.SpecHash[..12], isReplacement ? " in the place of the built-in one" : "");
    }

    private void Refuse(SpecFile file, IReadOnlyList<string> errors)
    {
        // The built-in protocol of the same name does not come back by itself: it may decode what the operator's own spec was written to mend.
        int id = file.Result.Id;
        if (registry.Find(file.Name) is { } present && string.Equals(present.Info.Name, file.Name, StringComparison.OrdinalIgnoreCase))
        {
            id = present.Info.Id;
            registry.Remove(present.Info.Name);
        }
        lock (_gate) _faults[file.Name] = new ProtocolFault(id, $"The spec of {file.Name} has errors: {errors[0]}");
        foreach (string error in errors) CatalogLog.Refused(logger, file.Name, error);
    }

    private sealed record ProtocolFault(int Id, string Text);
}

/// <summary>A codec that could take the place of another one.</summary>
/// <param name="File">Its spec in the folder; null for a built-in protocol.</param>
/// <param name="Codec">Null when there are errors.</param>
/// <param name="Errors">What is wrong with the spec, as compilers print it.</param>
internal sealed record ProtocolDraft(SpecFile? File, Codec? Codec, IReadOnlyList<string> Errors);

/// <summary>Log lines of the catalog.</summary>
internal static partial class CatalogLog
{
    [LoggerMessage(2201, LogLevel.Information, "Protocol {Name} comes from {File} ({Hash}){Replacement}.")]
    internal static partial void Loaded(ILogger logger, string name, string file, string hash, string replacement);

    [LoggerMessage(2202, LogLevel.Error, "Protocol {Name} is left out: {Error}")]
    internal static partial void Refused(ILogger logger, string name, string error);
}
