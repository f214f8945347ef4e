namespace Gateway.Codecs.Generated;

/// <summary>The codecs that the generator makes from the spec files of this assembly.</summary>
internal static partial class GeneratedCodecs
{
    /// <summary>One instance of each codec, by name.</summary>
    public static Codec[] Create()
    {
        List<Codec> codecs = [];
        Add(codecs);
        codecs.Sort((left, right) => string.CompareOrdinal(left.Info.Name, right.Info.Name));
        return [.. codecs];
    }

    /// <summary>Implemented by the generator.</summary>
    static partial void Add(List<Codec> codecs);
}
