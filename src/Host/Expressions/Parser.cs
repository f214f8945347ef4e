using Gateway.Host.Cli;

namespace Gateway.Host.Expressions;

/// <summary>Reads an expression into a tree. Never throws: the first fault is kept and everything ends.</summary>
/// <remarks>
/// Operators bind as in C: <c>?:</c>, <c>||</c>, <c>&amp;&amp;</c>, <c>|</c>, <c>^</c>, <c>&amp;</c>, <c>== = != ~</c>, <c>&lt; &gt; &lt;= &gt;=</c>, <c>&lt;&lt; &gt;&gt;</c>, <c>+ -</c>, <c>* / %</c>, <c>! -</c>.
/// </remarks>
internal sealed class Parser
{
    private static readonly Dictionary<string, (int Rank, Op Op)> s_operators = new(StringComparer.Ordinal)
    {
        ["||"] = (1, Op.Or), ["&&"] = (2, Op.And), ["|"] = (3, Op.BitOr), ["^"] = (4, Op.BitXor), ["&"] = (5, Op.BitAnd),
        ["=="] = (6, Op.Equal), ["="] = (6, Op.Equal), ["!="] = (6, Op.NotEqual), ["~"] = (6, Op.Match),
        ["<"] = (7, Op.Less), ["<="] = (7, Op.LessOrEqual), [">"] = (7, Op.Greater), [">="] = (7, Op.GreaterOrEqual),
        ["<<"] = (8, Op.ShiftLeft), [">>"] = (8, Op.ShiftRight),
        ["+"] = (9, Op.Add), ["-"] = (9, Op.Subtract), ["*"] = (10, Op.Multiply), ["/"] = (10, Op.Divide), ["%"] = (10, Op.Remainder),
    };

    private readonly Lexer _lexer;
    private readonly ExpressionOptions _options;
    private Token _token;
    private int _depth;
    private int _nodes;
    private ExpressionError? _error;

    private Parser(string source, ExpressionOptions options)
    {
        _lexer = new Lexer(source);
        _options = options;
        _token = _lexer.Next();
    }

    /// <summary>Reads a whole expression.</summary>
    /// <returns>The tree, or null with the first fault.</returns>
    public static Node? Parse(string source, ExpressionOptions options, out ExpressionError error)
    {
        error = default;
        var parser = new Parser(source, options);
        Node? node = parser.ParseWhole();
        if (parser._error is not { } fault) return node;
        error = fault;
        return null;
    }

    private Node? ParseWhole()
    {
        int column = _token.Column;
        if (ParseConditional() is not { } node) return null;
        if (_token.Is(",")) return ParseNameList(node, column);
        if (_token.Kind is not TokenKind.End) return Fail($"expected an operator or the end, found {_token.Named}");
        return _options.IsFilter && node is NameNode name ? new ExistsNode(name.Name) : node;
    }

    /// <summary>A list of names at the top asks whether all of them are there.</summary>
    private Node? ParseNameList(Node first, int column)
    {
        Node? all = AskFor(first, column);
        while (all is not null && _token.Is(","))
        {
            Advance();
            column = _token.Column;
            if (ParseConditional() is not { } next || AskFor(next, column) is not { } asked) return null;
            all = Count(new BinaryNode(Op.And, all, asked));
        }
        return all is null || _token.Kind is TokenKind.End ? all : Fail($"expected ',' or the end, found {_token.Named}");
    }

    private Node? AskFor(Node node, int column) =>
        node is NameNode name ? new ExistsNode(name.Name) : Fail("a list may have names only: those that must be there; join conditions with &&", column);

    private Node? ParseConditional()
    {
        if (++_depth > Expression.DepthMax) return Fail($"more than {Expression.DepthMax} levels of brackets and signs");
        Node? node = ParseBinary(1);
        if (node is not null && _token.Is("?"))
        {
            Advance();
            Node? then = ParseConditional();
            if (then is null || !Expect(":")) return null;
            node = ParseConditional() is { } otherwise ? Count(new ConditionalNode(node, then, otherwise)) : null;
        }
        _depth--;
        return node;
    }

    private Node? ParseBinary(int rankMin)
    {
        Node? left = ParseUnary();
        while (left is not null && _token.Kind is TokenKind.Symbol && s_operators.TryGetValue(_token.Text, out (int Rank, Op Op) found) && found.Rank >= rankMin)
        {
            AdvanceFrom(_token);
            left = ParseBinary(found.Rank + 1) is { } right ? Count(new BinaryNode(found.Op, left, right)) : null;
        }
        return left;
    }

    private Node? ParseUnary()
    {
        if (!_token.Is("!") && !_token.Is("-") && !_token.Is("+")) return ParsePrimary();
        if (++_depth > Expression.DepthMax) return Fail($"more than {Expression.DepthMax} levels of brackets and signs");
        string sign = _token.Text;
        Advance();
        Node? operand = ParseUnary();
        _depth--;
        return operand is null || sign == "+" ? operand : Count(new UnaryNode(sign == "!" ? Op.Not : Op.Negate, operand));
    }

    private Node? ParsePrimary()
    {
        Token token = _token;
        switch (token.Kind)
        {
            case TokenKind.Number:
                Advance();
                return Count(new NumberNode(token.Number, token.Text));
            case TokenKind.Text:
                Advance();
                return Count(new TextNode(token.Text));
            case TokenKind.Name:
                Advance();
                return _token.Is("(") ? ParseCall(token) : Count(NodeOf(token.Text));
            case TokenKind.Symbol when token.Text == "(":
                Advance();
                Node? inner = ParseConditional();
                return inner is not null && Expect(")") ? inner : null;
            default:
                return Fail($"expected a name, a number, a text, a function or '(', found {token.Named}");
        }
    }

    private static Node NodeOf(string name) => name switch
    {
        "true" => new ConstantNode(true),
        "false" => new ConstantNode(false),
        "null" => new ConstantNode(null),
        _ => new NameNode(name),
    };

    private Node? ParseCall(Token name)
    {
        Advance();
        List<Node> arguments = [];
        while (!_token.Is(")"))
        {
            if (arguments.Count > 0 && !Expect(",")) return null;
            if (arguments.Count == FunctionTable.ArgumentsMax) return Fail($"more than {FunctionTable.ArgumentsMax} arguments");
            if (ParseConditional() is not { } argument) return null;
            arguments.Add(argument);
        }
        Advance();

        if (FunctionTable.Find(name.Text) is not { } function)
            return Fail($"there is no function {name.Text}{Nearest.Suggest(name.Text, FunctionTable.All.Select(known => known.Name))}", name.Column);
        if (function.Refusal is { } refusal) return Fail($"{function.Name}() can't be used here: {refusal}", name.Column);
        if (arguments.Count < function.ArgumentsMin || arguments.Count > function.ArgumentsMax) return Fail($"expected {function.Usage}, found {arguments.Count} arguments", name.Column);
        return Count(NodeOf(function, arguments), name.Column);
    }

    /// <summary>A call, or the simpler part of a tree that it stands for; null when a name is needed and there is none.</summary>
    private static Node? NodeOf(Function function, List<Node> arguments) => function.Name switch
    {
        "if" => new ConditionalNode(arguments[0], arguments[1], arguments.Count > 2 ? arguments[2] : new ConstantNode(null)),
        "not" => new UnaryNode(Op.Not, arguments[0]),
        "match" => new BinaryNode(Op.Match, arguments[0], arguments[1]),
        "toboolean" => new UnaryNode(Op.ToBoolean, arguments[0]),
        "exists" => NameOf(arguments[0]) is { } name ? new ExistsNode(name) : null,
        "param" => NameOf(arguments[0]) is { } name ? new NameNode(name) : null,
        _ => new CallNode(function, arguments),
    };

    private static string? NameOf(Node argument) => argument switch
    {
        TextNode { Value.Length: > 0 } text => text.Value,
        NameNode name => name.Name,
        _ => null,
    };

    private Node? Count(Node? node, int column)
    {
        if (node is null && _error is null) return Fail("expected a name in quotes between the brackets", column);
        return node is null ? null : Count(node);
    }

    private Node? Count(Node node) => ++_nodes <= Expression.OperationsMax ? node : Fail($"more than {Expression.OperationsMax} operations");

    private bool Expect(string symbol)
    {
        if (!_token.Is(symbol))
        {
            Fail($"expected '{symbol}', found {_token.Named}");
            return false;
        }
        Advance();
        return true;
    }

    private void Advance() => _token = _lexer.Next();

    /// <summary>Moves over an operator; behind a single <c>=</c> a word can be a text.</summary>
    private void AdvanceFrom(Token found)
    {
        if (found.Text == "=" && _lexer.TryReadWord(_options.IsName, out Token word)) _token = word;
        else Advance();
    }

    private Node? Fail(string reason, int? column = null)
    {
        // What can't be a token says itself what is wrong.
        _error ??= _token.Kind is TokenKind.Bad ? new ExpressionError(_token.Column, _token.Text) : new ExpressionError(column ?? _token.Column, reason);
        return null;
    }
}
