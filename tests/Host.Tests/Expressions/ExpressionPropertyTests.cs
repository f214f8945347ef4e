using System.Text;
using Gateway.Codecs;
using Gateway.Host.Expressions;
using Xunit;

namespace Gateway.Host.Tests.Expressions;

/// <summary>Promise: whatever is written, the compiled program says what the tree means; and nothing that is written or stored makes it throw.</summary>
public sealed class ExpressionPropertyTests
{
    private static readonly TimeSpan s_offset = new(3, 30, 0);
    private static readonly TimeZoneInfo s_zone = TimeZoneInfo.CreateCustomTimeZone("test", s_offset, "test", "test");

    [Fact]
    public void Compiled_programs_agree_with_a_naive_interpreter_of_the_tree()
    {
        var options = new ExpressionOptions { Zone = s_zone };
        var kinds = new int[5];
        for (int seed = 0; seed < 200_000; seed++)
        {
            var maker = new RandomExpression(new Random(seed));
            string source = maker.Text(4);
            if (!Expression.TryCompile(source, options, out Expression? expression, out ExpressionError error))
            {
                Assert.True(error.Reason.StartsWith("more than", StringComparison.Ordinal) || error.Reason.Contains("may have at most", StringComparison.Ordinal), $"seed {seed}: {source}\n{error}");
                continue;
            }
            Node tree = Parser.Parse(source, options, out _)!;
            var run = new ExpressionRun(expression, FixedClock.Instance);
            for (int i = 0; i < 2; i++)
            {
                Dictionary<string, object?> subject = maker.Subject();
                byte[] bytes = RandomExpression.Fill(expression, subject, run.Values);
                object? expected = new NaiveInterpreter(subject, s_offset, FixedClock.Seconds).Evaluate(tree);
                Value actual = run.Evaluate(bytes, out ReadOnlySpan<byte> text);
                Assert.True(IsSame(expected, actual, text), $"seed {seed}: {source}\nexpected {expected}, got {actual.Kind} {actual.Number} '{Encoding.UTF8.GetString(text)}'\n{string.Join(", ", subject)}");
                Assert.True(NaiveInterpreter.IsTrue(expected) == run.IsTrue(bytes), $"seed {seed}: {source}");
                kinds[(int)actual.Kind]++;
            }
        }
        Assert.All(kinds, count => Assert.True(count > 1_000, string.Join(", ", kinds)));      // or the comparison would compare nothing
    }

    [Fact]
    public void A_million_random_texts_never_throw()
    {
        int compiled = 0, refused = 0;
        var random = new Random(20260930);
        var maker = new RandomExpression(random);
        for (int i = 0; i < 1_000_000; i++)
        {
            string source = maker.Soup();
            try
            {
                if (!Expression.TryCompile(source, i % 2 == 0 ? ExpressionOptions.Filter : ExpressionOptions.Condition, out Expression? expression, out ExpressionError error))
                {
                    refused++;
                    Assert.InRange(error.Column, 0, source.Length);
                    Assert.NotEmpty(error.Reason);
                    continue;
                }
                compiled++;
                var run = new ExpressionRun(expression, FixedClock.Instance);
                byte[] bytes = RandomExpression.Fill(expression, maker.Subject(), run.Values);
                random.NextBytes(bytes);        // texts that are no UTF-8
                run.Evaluate(bytes, out _);
            }
            catch (Exception failure) when (failure is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{i}: {source}\n{failure}");
            }
        }
        Assert.True(compiled > 50_000 && refused > 50_000, $"{compiled} compiled, {refused} refused");
    }

    [Fact]
    public void Conditions_on_numbers_and_texts_allocate_nothing()
    {
        Assert.True(Expression.TryCompile("""position.speed > 50 && (din & 0x1) == 1 && ident ~ "86*" && a + 2 * b < c || lower(custom.x) == "abc" """, ExpressionOptions.Condition, out Expression? expression, out _));
        var run = new ExpressionRun(expression, FixedClock.Instance);
        byte[] bytes = "860000000000001ABC"u8.ToArray();
        for (int i = 0; i < run.Values.Length; i++)
            run.Values[i] = expression.Names[i] switch { "ident" => StoredValue.OfText(0, 15), "custom.x" => StoredValue.OfText(15, 3), var name => StoredValue.Of(name == "position.speed" ? 60.0 : 1.0) };
        Assert.True(run.IsTrue(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++) run.IsTrue(bytes);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static bool IsSame(object? expected, Value actual, ReadOnlySpan<byte> text) => expected switch
    {
        null => actual.Kind is ValueKind.Null,
        bool truth => actual.Kind is ValueKind.Boolean && actual.Number == (truth ? 1 : 0),
        Num number => actual.Kind is ValueKind.Number && actual.Number.Equals(number.Value + 0.0),
        string expectedText => actual.Kind is ValueKind.Text && text.SequenceEqual(Encoding.UTF8.GetBytes(expectedText)),
        _ => actual.Kind is ValueKind.Other,
    };
}

/// <summary>A clock that stands still.</summary>
internal sealed class FixedClock : TimeProvider
{
    public const double Seconds = 1_700_000_000.25;

    public static readonly FixedClock Instance = new();

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Seconds);
}
