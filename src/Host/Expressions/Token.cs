namespace Gateway.Host.Expressions;

/// <summary>Kinds of tokens.</summary>
internal enum TokenKind : byte
{
    /// <summary>What can't be a token; its text says why.</summary>
    Bad,
    /// <summary>The end of the text.</summary>
    End,
    /// <summary>A number.</summary>
    Number,
    /// <summary>A quoted text, without its quotes.</summary>
    Text,
    /// <summary>A name, without its <c>$</c>.</summary>
    Name,
    /// <summary>An operator or a bracket.</summary>
    Symbol,
}

/// <summary>A token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Column">Where it starts, characters from 0.</param>
/// <param name="Text">The name, the text, the symbol, the number as written, or why it is bad.</param>
/// <param name="Number">The number.</param>
internal readonly record struct Token(TokenKind Kind, int Column, string Text, double Number = 0)
{
    /// <summary>Whether it is this operator or bracket.</summary>
    public bool Is(string symbol) => Kind is TokenKind.Symbol && Text == symbol;

    /// <summary>How errors speak of it.</summary>
    public string Named => Kind switch
    {
        TokenKind.End => "the end",
        TokenKind.Text => $"the text \"{Text}\"",
        TokenKind.Number => $"the number {Text}",
        TokenKind.Name => $"the name {Text}",
        _ => $"'{Text}'",
    };
}
