using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Expressions;
using Gateway.Host.Tests.Cli;
using Xunit;

namespace Gateway.Host.Tests.Expressions;

/// <summary>Promise: expressions mean what the documentation says, and what is none is refused at its place with what was expected.</summary>
public sealed class ExpressionTests
{
    private static readonly Dictionary<string, object?> s_subject = new()
    {
        ["ident"] = "352625333222111",
        ["name"] = "my tracker",
        ["number"] = "12345",
        ["position.speed"] = new Num(54),
        ["position.valid"] = true,
        ["din"] = new Num(9),
        ["position.latitude"] = new Num(50.0),
        ["position.longitude"] = new Num(10.0),
        ["custom.battery-2"] = new Num(4.1),
        ["iccid"] = "8934071179000123456",
        ["list"] = Opaque.Instance,
    };

    public static TheoryData<string> Functions => [.. FunctionTable.All.Where(function => function.Refusal is null).Select(function => function.Name)];

    [Theory, MemberData(nameof(Functions))]
    public void The_example_of_a_function_has_the_value_that_is_documented(string name)
    {
        Function function = FunctionTable.Find(name)!;
        Assert.Contains(name + "(", function.Example, StringComparison.Ordinal);
        Assert.Equal(function.Result, Evaluate(function.Example, []));
    }

    [Fact]
    public void The_documentation_has_every_function_as_it_is()
    {
        string page = File.ReadAllText(Path.Combine(TutorialPage.Root(), "docs", "expressions.md"));
        foreach (Function function in FunctionTable.All)
        {
            string row = function.Refusal is null ? $"| `{function.Usage}` | {function.Description} | `{function.Example}` → `{function.Result}` |" : $"`{function.Usage}`";
            Assert.Contains(row, page, StringComparison.Ordinal);
        }
        int rows = page.Split('\n').Count(line => line.Contains("` → `", StringComparison.Ordinal));
        Assert.Equal(FunctionTable.All.Count(function => function.Refusal is null), rows);
    }

    [Theory]
    // Arithmetic and its order
    [InlineData("1 + 2 * 3", "7")]
    [InlineData("(1 + 2) * 3", "9")]
    [InlineData("7 % 4 - -2", "5")]
    [InlineData("2 - 3 - 4", "-5")]
    [InlineData("1 / 0", "null")]
    [InlineData("missing + 1", "null")]
    [InlineData("number + 1", "12346")]
    [InlineData("ident * true", "352625333222111")]
    [InlineData("din & 0x1", "1")]
    [InlineData("din >> 3 | 1 << 4", "17")]
    [InlineData("1.5 & 1", "null")]
    // Comparisons
    [InlineData("position.speed > 50 && position.valid == true", "true")]
    [InlineData("$position.speed > 50 || missing", "true")]
    [InlineData("position.valid = 1", "true")]
    [InlineData("ident = 352625333222111", "true")]
    [InlineData("ident == \"352625333222111\"", "true")]
    [InlineData("iccid = 8934071179000123456", "true")]
    [InlineData("iccid = 8934071179000123457", "false")]
    [InlineData("number = 012345", "false")]
    [InlineData("number = 12345.0", "true")]
    [InlineData("number < 100000", "true")]
    [InlineData("\"b\" > \"abc\"", "true")]
    [InlineData("list == list", "false")]
    // Masks
    [InlineData("ident ~ \"3526*\"", "true")]
    [InlineData("ident ~ \"3526?\"", "false")]
    [InlineData("ident == \"35*11\"", "true")]
    [InlineData("ident != \"35*11\"", "false")]
    [InlineData("missing != \"35*\"", "true")]
    [InlineData("position.speed ~ \"5?\"", "true")]
    // What is not there
    [InlineData("missing", "null")]
    [InlineData("missing == null", "true")]
    [InlineData("missing != 5", "true")]
    [InlineData("missing < 5", "false")]
    [InlineData("missing >= 0", "false")]
    [InlineData("!missing", "true")]
    [InlineData("exists(\"position.speed\") && !exists(missing)", "true")]
    [InlineData("exists($list)", "true")]
    [InlineData("param('custom.battery-2') > 4", "true")]
    // Choices
    [InlineData("position.speed > 50 ? \"fast\" : \"slow\"", "\"fast\"")]
    [InlineData("missing ? 1 : din ? 2 : 3", "2")]
    [InlineData("if(missing, 1)", "null")]
    [InlineData("if(position.speed > 60, position.speed, error())", "null")]
    // Words behind a single =
    [InlineData("name = tracker", "false")]
    [InlineData("\"tracker\" = tracker", "true")]
    [InlineData("ident = 12AB34 || \"1.2.3\"=1.2.3", "true")]
    [InlineData("din = din", "true")]
    [InlineData("position.speed = custom.y", "false")]
    // Texts
    [InlineData("'it\\'s' == \"it's\"", "true")]
    [InlineData("concat(number, \"-\", din, \"-\", position.valid)", "\"12345-9-true\"")]
    [InlineData("substr(ident, -4)", "\"2111\"")]
    [InlineData("strlen(list)", "null")]
    // Where the message is
    [InlineData("round(distance_to(50, 11), 1)", "71.5")]
    public void An_expression_has_this_value(string source, string expected) => Assert.Equal(expected, Evaluate(source, s_subject));

    [Theory]
    [InlineData("position.latitude,ident", "exists(position.latitude) && exists(ident)")]
    [InlineData("din", "exists(din)")]
    [InlineData("din, missing", "false")]
    [InlineData("!din", "!din")]
    public void A_filter_of_names_asks_whether_all_are_there(string filter, string meaning)
    {
        Assert.True(Expression.TryCompile(filter, ExpressionOptions.Filter, out Expression? expression, out _));
        var run = new ExpressionRun(expression, FixedClock.Instance);
        byte[] bytes = RandomExpression.Fill(expression, new Dictionary<string, object?> { ["din"] = new Num(0), ["ident"] = "", ["position.latitude"] = new Num(0) }, run.Values);
        Assert.Equal(Evaluate(meaning, new() { ["din"] = new Num(0), ["ident"] = "", ["position.latitude"] = new Num(0) }), run.IsTrue(bytes) ? "true" : "false");
    }

    [Theory]
    [InlineData("", 0, "expected a name, a number, a text, a function or '(', found the end")]
    [InlineData("a >", 3, "found the end")]
    [InlineData("a > > 3", 4, "expected a name, a number, a text, a function or '(', found '>'")]
    [InlineData("a b", 2, "expected an operator or the end, found the name b")]
    [InlineData("(a > 3", 6, "expected ')', found the end")]
    [InlineData("a > 3)", 5, "expected an operator or the end, found ')'")]
    [InlineData("a ? 1", 5, "expected ':', found the end")]
    [InlineData("a == \"open", 5, "a text without its closing \"")]
    [InlineData("a == 'x\\q'", 7, "an unknown escape")]
    [InlineData("a > 1.2.3", 4, "'1.2.3' is no number")]
    [InlineData("a > 0xZZ", 4, "'0xZZ' is no number")]
    [InlineData("a > 1e999", 4, "is no number")]
    [InlineData("a..b", 0, "'a..b' is no name")]
    [InlineData("$ > 1", 0, "'$' without a name")]
    [InlineData("a # b", 2, "'#' has no meaning")]
    [InlineData("tonumbr(a)", 0, "there is no function tonumbr, did you mean 'tonumber'?")]
    [InlineData("1 + abs()", 4, "expected abs(x), found 0 arguments")]
    [InlineData("if(1,2,3,4)", 0, "expected if(condition, then[, else]), found 4 arguments")]
    [InlineData("exists(1)", 0, "expected a name in quotes")]
    [InlineData("a > 1 && mileage() > 3", 9, "mileage() can't be used here: It needs messages before this one")]
    [InlineData("previous('din')", 0, "previous() can't be used here")]
    [InlineData("geofence('home')", 0, "geofence() can't be used here: There are no geofences")]
    [InlineData("a, b > 3", 3, "a list may have names only")]
    [InlineData("a, b c", 5, "expected ',' or the end, found the name c")]
    public void What_is_no_expression_is_refused_at_its_column(string source, int column, string reason)
    {
        Assert.False(Expression.TryCompile(source, ExpressionOptions.Filter, out _, out ExpressionError error));
        Assert.Equal(column, error.Column);
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_of_length_depth_operations_and_names_are_refused_by_name()
    {
        Assert.Contains("4096 characters", ErrorOf(new string('1', Expression.LengthMax + 1)), StringComparison.Ordinal);
        Assert.Contains("64 levels", ErrorOf(new string('(', 65) + "1" + new string(')', 65)), StringComparison.Ordinal);
        Assert.Contains("64 levels", ErrorOf(new string('-', 65) + "1"), StringComparison.Ordinal);
        Assert.Contains("512 operations", ErrorOf(string.Join('+', Enumerable.Repeat("1", 300))), StringComparison.Ordinal);
        Assert.Contains("64 names", ErrorOf(string.Join(',', Enumerable.Range(0, 65).Select(i => $"n{i}"))), StringComparison.Ordinal);
        Assert.Contains("32 arguments", ErrorOf($"min({string.Join(',', Enumerable.Repeat("1", 33))})"), StringComparison.Ordinal);
        Assert.True(Expression.TryCompile(string.Join('+', Enumerable.Repeat("1", 250)), ExpressionOptions.Filter, out _, out _));

        // A text that grows beyond its limit is null, and so is everything made of it.
        string tens = $"concat({string.Join(',', Enumerable.Repeat("a", 32))})";
        Assert.Equal("null", Evaluate($"strlen({tens})", new() { ["a"] = new string('x', 200) }));
        Assert.Equal("3200", Evaluate($"strlen({tens})", new() { ["a"] = new string('x', 100) }));

        static string ErrorOf(string source) => Expression.TryCompile(source, ExpressionOptions.Filter, out _, out ExpressionError error) ? "" : error.Reason;
    }

    private static string Evaluate(string source, Dictionary<string, object?> subject)
    {
        Assert.True(Expression.TryCompile(source, ExpressionOptions.Condition, out Expression? expression, out ExpressionError error), $"{source}: {error}");
        var run = new ExpressionRun(expression, FixedClock.Instance);
        byte[] bytes = RandomExpression.Fill(expression, subject, run.Values);
        Value value = run.Evaluate(bytes, out ReadOnlySpan<byte> text);
        return value.Kind switch
        {
            ValueKind.Null => "null",
            ValueKind.Boolean => value.Number != 0 ? "true" : "false",
            ValueKind.Number => JsonSerializer.Serialize(value.Number),
            ValueKind.Text => $"\"{Encoding.UTF8.GetString(text)}\"",
            _ => "json",
        };
    }
}
