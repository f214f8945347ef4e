namespace Gateway.Codecs;

/// <summary>A row of the parameter dictionary.</summary>
/// <param name="Number">Its stable number, from 1.</param>
/// <param name="Key">The key under which its values are stored: the number, or base number | index &lt;&lt; 16 for a numbered form that has a row of its own.</param>
/// <param name="Name">Its name, e.g. <c>position.latitude</c>.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="Unit">Unit of its values, empty for none.</param>
/// <param name="IsIndexed">Whether the name can be followed by <c>.1</c>, <c>.2</c> and so on.</param>
/// <param name="Description">What it means, for people.</param>
public sealed record Parameter(int Number, int Key, string Name, ParameterType Type, string Unit, bool IsIndexed, string Description);

/// <summary>Type of a parameter's values in JSON.</summary>
public enum ParameterType : byte
{
    /// <summary>Integer or real.</summary>
    Number,
    /// <summary>true or false.</summary>
    Boolean,
    /// <summary>A text.</summary>
    Text,
    /// <summary>A list.</summary>
    Array,
    /// <summary>A map.</summary>
    Object,
}
