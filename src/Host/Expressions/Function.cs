namespace Gateway.Host.Expressions;

/// <summary>A function of the language, as users read about it.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Name">Its name.</param>
/// <param name="ArgumentsMin">Fewest arguments.</param>
/// <param name="ArgumentsMax">Most arguments.</param>
/// <param name="Usage">How it is called.</param>
/// <param name="Description">What it gives, and when it gives null.</param>
internal sealed record Function(FunctionId Id, string Name, int ArgumentsMin, int ArgumentsMax, string Usage, string Description)
{
    /// <summary>An expression that uses it.</summary>
    public string Example { get; init; } = "";

    /// <summary>The value of the example, as JSON.</summary>
    public string Result { get; init; } = "";

    /// <summary>Why it can't be used here; null when it can.</summary>
    public string? Refusal { get; init; }
}

/// <summary>Names the work of a function.</summary>
internal enum FunctionId : byte
{
    /// <summary>Has no code of its own: refused, or compiled to other steps.</summary>
    None,
    /// <summary>Null.</summary>
    Error,
    /// <summary>Equal to one of several.</summary>
    In,
    /// <summary>Asks for the kind.</summary>
    IsNull,
    /// <summary>Asks for the kind.</summary>
    IsNumber,
    /// <summary>Asks for the kind.</summary>
    IsString,
    /// <summary>Asks for the kind.</summary>
    IsBoolean,
    /// <summary>Asks for the kind.</summary>
    IsJson,
    /// <summary>Converts.</summary>
    ToNumber,
    /// <summary>Converts.</summary>
    ToText,

    /// <summary>Magnitude.</summary>
    Abs,
    /// <summary>Up to an integer.</summary>
    Ceil,
    /// <summary>Down to an integer.</summary>
    Floor,
    /// <summary>Towards zero.</summary>
    Trunc,
    /// <summary>-1, 0 or 1.</summary>
    Sign,
    /// <summary>Square root.</summary>
    Sqrt,
    /// <summary>e to a power.</summary>
    Exp,
    /// <summary>Natural logarithm.</summary>
    Log,
    /// <summary>Decimal logarithm.</summary>
    Log10,
    /// <summary>Power.</summary>
    Pow,
    /// <summary>To decimals.</summary>
    Round,
    /// <summary>Least.</summary>
    Min,
    /// <summary>Greatest.</summary>
    Max,

    /// <summary>Characters.</summary>
    StrLen,
    /// <summary>Small letters.</summary>
    Lower,
    /// <summary>Capital letters.</summary>
    Upper,
    /// <summary>Without spaces around.</summary>
    Trim,
    /// <summary>A part.</summary>
    SubStr,
    /// <summary>Place of a part.</summary>
    StrPos,
    /// <summary>Has a part.</summary>
    Contains,
    /// <summary>Begins with.</summary>
    StartsWith,
    /// <summary>Ends with.</summary>
    EndsWith,
    /// <summary>One part for another.</summary>
    Replace,
    /// <summary>One behind the other.</summary>
    Concat,

    /// <summary>The clock.</summary>
    Now,
    /// <summary>Part of a time.</summary>
    Year,
    /// <summary>Part of a time.</summary>
    Month,
    /// <summary>Part of a time.</summary>
    Day,
    /// <summary>Part of a time.</summary>
    WeekDay,
    /// <summary>Part of a time.</summary>
    Hour,
    /// <summary>Part of a time.</summary>
    Minute,
    /// <summary>Part of a time.</summary>
    Second,
    /// <summary>A time in words.</summary>
    DateTime,

    /// <summary>Kilometres between two points.</summary>
    Distance,
}
