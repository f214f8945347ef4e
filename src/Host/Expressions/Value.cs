using Gateway.Codecs;

namespace Gateway.Host.Expressions;

/// <summary>Where the bytes of a text are.</summary>
internal enum TextSource : byte
{
    /// <summary>In the message or item.</summary>
    Subject,
    /// <summary>In the program.</summary>
    Program,
    /// <summary>Put together by a step before.</summary>
    Scratch,
}

/// <summary>A value on the stack. Texts are pointed at.</summary>
internal readonly struct Value
{
    private Value(ValueKind kind, double number, TextSource source = default, int start = 0, int length = 0)
    {
        Number = number;
        Start = start;
        Length = length;
        Kind = kind;
        Source = source;
    }

    /// <summary>The number; 1 and 0 for true and false.</summary>
    public double Number { get; }

    /// <summary>Where the text starts; of a number, how it was written, when that counts.</summary>
    public int Start { get; }

    /// <summary>Bytes of the text.</summary>
    public int Length { get; }

    /// <summary>Its kind.</summary>
    public ValueKind Kind { get; }

    /// <summary>Where the text is.</summary>
    public TextSource Source { get; }

    /// <summary>No value.</summary>
    public static Value Null => default;

    /// <summary>Whether a condition is met by it.</summary>
    public bool IsTrue => Kind switch
    {
        ValueKind.Boolean or ValueKind.Number => Number != 0,
        ValueKind.Text => Length > 0,
        ValueKind.Other => true,
        _ => false,
    };

    /// <summary>true or false.</summary>
    public static Value Of(bool value) => new(ValueKind.Boolean, value ? 1 : 0);

    /// <summary>A number; null when it is not finite.</summary>
    public static Value Of(double value) => double.IsFinite(value) ? new(ValueKind.Number, value) : default;

    /// <summary>A text.</summary>
    public static Value OfText(TextSource source, int start, int length) => new(ValueKind.Text, 0, source, start, length);

    /// <summary>A number of the program with the text that it was written as.</summary>
    public static Value OfWritten(double value, int start, int length) => new(ValueKind.Number, value, TextSource.Program, start, length);

    /// <summary>A value of the subject.</summary>
    public static Value Of(in StoredValue stored) => new(stored.Kind, stored.Number, TextSource.Subject, stored.Start, stored.Length);
}
