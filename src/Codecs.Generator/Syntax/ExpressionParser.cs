using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>Parses expressions by precedence: <c>?:</c>, or, and, not, comparison, <c>| ^ &amp;</c>, shifts, sums, products, unary, postfix.</summary>
internal static class ExpressionParser
{
    private static readonly string[][] Levels =
    [
        ["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "%"],
    ];

    internal static Expr Parse(LineReader r)
    {
        Expr condition = Or(r);
        if (!r.IsSymbol("?")) return condition;
        Place at = r.Here;
        r.Take();
        Expr then = Parse(r);
        r.ExpectSymbol(":");
        return new ConditionalExpr { At = at, Condition = condition, Then = then, Else = Parse(r) };
    }

    private static Expr Or(LineReader r)
    {
        Expr left = And(r);
        while (r.IsName("or"))
        {
            Place at = r.Here;
            r.Take();
            left = new BinaryExpr { At = at, Op = "or", Left = left, Right = And(r) };
        }
        return left;
    }

    private static Expr And(LineReader r)
    {
        Expr left = Not(r);
        while (r.IsName("and"))
        {
            Place at = r.Here;
            r.Take();
            left = new BinaryExpr { At = at, Op = "and", Left = left, Right = Not(r) };
        }
        return left;
    }

    private static Expr Not(LineReader r)
    {
        Place at = r.Here;
        if (r.IsName("not") && r.Peek(1) is not { Kind: TokenKind.Name, Text: "in" })
        {
            r.Take();
            return new UnaryExpr { At = at, Op = "not", Operand = Not(r) };
        }
        return Comparison(r);
    }

    private static Expr Comparison(LineReader r)
    {
        Expr left = Level(r, 0);
        Place at = r.Here;
        Token next = r.Next;
        if (next.Kind == TokenKind.Symbol && next.Text is "==" or "!=" or "<" or "<=" or ">" or ">=" or "~")
        {
            r.Take();
            return new BinaryExpr { At = at, Op = next.Text, Left = left, Right = Level(r, 0) };
        }
        if (next.Kind == TokenKind.Name && next.Text is "starts" or "ends" or "contains")
        {
            r.Take();
            return new BinaryExpr { At = at, Op = next.Text, Left = left, Right = Level(r, 0) };
        }
        // `val is string`: the kind of a JSON value.
        if (next is { Kind: TokenKind.Name, Text: "is" } && r.Peek(1) is { Kind: TokenKind.Name, Text: "string" or "number" or "bool" or "object" or "array" } kind)
        {
            r.Take();
            r.Take();
            return new CallExpr { At = at, Function = "kind " + kind.Text, Arguments = [left] };
        }
        bool negated = next is { Kind: TokenKind.Name, Text: "not" };
        if (negated) r.Take();
        if (r.TakeName("in"))
        {
            InExpr result = new() { At = at, Operand = left, Choices = Choices(r) };
            return negated ? new UnaryExpr { At = at, Op = "not", Operand = result } : result;
        }
        return left;
    }

    /// <summary><c>1, 4, 0x10..0x1F</c>.</summary>
    internal static List<(Expr From, Expr? To)> Choices(LineReader r)
    {
        List<(Expr, Expr?)> choices = [];
        do
        {
            Expr from = Level(r, 0);
            choices.Add((from, r.TakeSymbol("..") ? Level(r, 0) : null));
        }
        while (r.TakeSymbol(","));
        return choices;
    }

    private static Expr Level(LineReader r, int level)
    {
        if (level == Levels.Length) return Unary(r);
        Expr left = Level(r, level + 1);
        while (r.Next.Kind == TokenKind.Symbol && System.Array.IndexOf(Levels[level], r.Next.Text) >= 0)
        {
            Place at = r.Here;
            string op = r.Take().Text;
            left = new BinaryExpr { At = at, Op = op, Left = left, Right = Level(r, level + 1) };
        }
        return left;
    }

    private static Expr Unary(LineReader r)
    {
        Place at = r.Here;
        if (r.TakeSymbol("-")) return new UnaryExpr { At = at, Op = "-", Operand = Unary(r) };
        if (r.TakeSymbol("~")) return new UnaryExpr { At = at, Op = "~", Operand = Unary(r) };
        return Postfix(r);
    }

    /// <summary>A constant, a name, a call or parentheses, with slices and bits behind it.</summary>
    internal static Expr Postfix(LineReader r)
    {
        Expr operand = Primary(r);
        while (true)
        {
            Place at = r.Here;
            if (r.IsSymbol("["))
            {
                r.Take();
                Expr? from = r.IsSymbol("..") ? null : Level(r, 0);
                Expr? to = null;
                if (r.TakeSymbol("..")) to = r.IsSymbol("]") ? null : Level(r, 0);
                else to = new BinaryExpr { At = at, Op = "+", Left = from!, Right = new NumberExpr { At = at, Integer = 1, Real = 1 } };
                r.ExpectSymbol("]");
                operand = new SliceExpr { At = at, Operand = operand, From = from, To = to };
                continue;
            }
            // `flags.0..9`: the name ends in a number and a range follows directly.
            if (r.IsSymbol("..") && operand is NameExpr name && EndsInNumber(name.Name, out string prefix, out int first)
                && r.Peek(1) is { Kind: TokenKind.Integer } last && last.Column == r.Next.Column + 2)
            {
                r.Take();
                r.Take();
                operand = new BitRangeExpr { At = name.At, Operand = new NameExpr { At = name.At, Name = prefix }, From = first, To = (int)last.Integer };
                continue;
            }
            return operand;
        }
    }

    internal static bool EndsInNumber(string name, out string prefix, out int number)
    {
        int dot = name.LastIndexOf('.');
        number = 0;
        prefix = dot > 0 ? name.Substring(0, dot) : "";
        return dot > 0 && int.TryParse(name.Substring(dot + 1), out number);
    }

    private static Expr Primary(LineReader r)
    {
        Place at = r.Here;
        Token token = r.Next;
        switch (token.Kind)
        {
            case TokenKind.Integer:
                r.Take();
                return new NumberExpr { At = at, Integer = token.Integer, Real = token.Integer };
            case TokenKind.Real:
                r.Take();
                return new NumberExpr { At = at, IsReal = true, Integer = token.Integer, Real = token.Real };
            case TokenKind.Text or TokenKind.Bytes:
                r.Take();
                return new BytesExpr { At = at, Bytes = token.Bytes };
            case TokenKind.Symbol when token.Text == "(":
                r.Take();
                Expr inner = Parse(r);
                r.ExpectSymbol(")");
                return inner;
            case TokenKind.Name:
                r.Take();
                return Named(r, token, at);
            default:
                throw r.Expected("a value");
        }
    }

    private static Expr Named(LineReader r, Token token, Place at)
    {
        if (r.IsSymbol("@"))
        {
            r.Take();
            return new PeekExpr { At = at, Type = token.Text, Offset = r.IsSymbol("(") ? Primary(r) : Sum(r) };
        }
        if (token.Text == "is" && r.Next.Kind == TokenKind.Name)
        {
            string kind = r.Take().Text;
            return new CallExpr { At = at, Function = "is " + kind, Arguments = [Postfix(r)] };
        }
        if (token.Text == "has") return new CallExpr { At = at, Function = "has", Arguments = [Postfix(r)] };
        if (token.Text == "length" && r.TakeName("of")) return new LengthOfExpr { At = at, Part = r.ExpectName("the name of a part").Text };
        if (r.IsName("of") && ChecksumNames.Contains(token.Text)) return Checksum(r, token.Text, at);
        if (r.IsSymbol("("))
        {
            r.Take();
            CallExpr call = new() { At = at, Function = token.Text };
            if (!r.IsSymbol(")"))
            {
                do call.Arguments.Add(Parse(r));
                while (r.TakeSymbol(","));
            }
            r.ExpectSymbol(")");
            return call;
        }
        return new NameExpr { At = at, Name = token.Text };
    }

    private static ChecksumExpr Checksum(LineReader r, string algorithm, Place at)
    {
        r.Take();
        ChecksumExpr sum = new() { At = at, Algorithm = algorithm };
        if (r.Next.Kind == TokenKind.Name && r.Peek(1) is not { Kind: TokenKind.Symbol, Text: ".." or "+" or "-" or "@" })
        {
            sum.Part = r.Take().Text;
            return sum;
        }
        sum.From = Sum(r);
        r.ExpectSymbol("..");
        sum.To = Sum(r);
        return sum;
    }

    // The offset of a peek: a sum written without blanks, so that `u16@end-6` and `u16@2 + 4` read as they look.
    private static Expr Sum(LineReader r)
    {
        Expr left = Postfix(r);
        while ((r.IsSymbol("+") || r.IsSymbol("-")) && r.Peek(-1) is Token before && before.Column + before.Length == r.Next.Column)
        {
            Place at = r.Here;
            string op = r.Take().Text;
            left = new BinaryExpr { At = at, Op = op, Left = left, Right = Postfix(r) };
        }
        return left;
    }
}
