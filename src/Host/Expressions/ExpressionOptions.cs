using Gateway.Codecs;

namespace Gateway.Host.Expressions;

/// <summary>What an expression is for, which decides how the few ambiguous spellings are read.</summary>
internal sealed record ExpressionOptions
{
    /// <summary>A name alone, or a list of names, asks whether they are there. Otherwise a name alone is its value.</summary>
    public bool IsFilter { get; init; }

    /// <summary>Whether a bare word behind a single <c>=</c> is a name; other words are texts there, as clients write <c>ident=tracker1</c>.</summary>
    public Func<string, bool> IsName { get; init; } = IsParameter;

    /// <summary>The zone of <c>hour()</c> and its like.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>For conditions and values.</summary>
    public static ExpressionOptions Condition { get; } = new();

    /// <summary>For the <c>filter</c> of requests.</summary>
    public static ExpressionOptions Filter { get; } = new() { IsFilter = true };

    private static bool IsParameter(string name) => name.StartsWith("custom.", StringComparison.Ordinal) || ParameterDictionary.TryGetKey(name, out _);
}

/// <summary>Why a text is no expression.</summary>
/// <param name="Column">The character at which it was noticed, from 0.</param>
/// <param name="Reason">What was found there and what was expected.</param>
internal readonly record struct ExpressionError(int Column, string Reason)
{
    /// <summary>One sentence with the place.</summary>
    public override string ToString() => $"at column {Column}: {Reason}";
}
