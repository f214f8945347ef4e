namespace Gateway.Codecs;

/// <summary>What kind of value a name has.</summary>
public enum ValueKind : byte
{
    /// <summary>No value: the name is not there, or there is nil.</summary>
    Null,
    /// <summary>true or false.</summary>
    Boolean,
    /// <summary>A finite number.</summary>
    Number,
    /// <summary>A text.</summary>
    Text,
    /// <summary>A list, a map or bytes: it is there, and has no value to compute with.</summary>
    Other,
}

/// <summary>A value found in the bytes of a subject; texts are pointed at, not copied.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Number">The number; times as seconds since 1970; 1 and 0 for true and false.</param>
/// <param name="Start">Where the UTF-8 of a text starts.</param>
/// <param name="Length">Its length in bytes.</param>
public readonly record struct StoredValue(ValueKind Kind, double Number, int Start, int Length)
{
    /// <summary>A truth value.</summary>
    public static StoredValue Of(bool value) => new(ValueKind.Boolean, value ? 1 : 0, 0, 0);

    /// <summary>A number; what is not finite is no value, as in JSON.</summary>
    public static StoredValue Of(double value) => double.IsFinite(value) ? new(ValueKind.Number, value, 0, 0) : default;

    /// <summary>A text at a place.</summary>
    public static StoredValue OfText(int start, int length) => new(ValueKind.Text, 0, start, length);

    /// <summary>A list, a map or bytes.</summary>
    public static StoredValue Other => new(ValueKind.Other, 0, 0, 0);
}
