using BenchmarkDotNet.Attributes;
using Gateway.Codecs;
using Gateway.Host.Expressions;
using Gateway.Perf.Benchmarks.HandWritten;

namespace Gateway.Perf.Benchmarks;

/// <summary>A condition of a stored message of 18 values, next to the same condition in C# over the same payload.</summary>
[BenchmarkCategory("filter of a message")]
public class FilterBenchmarks
{
    private const int Messages = 100;
    private readonly byte[] _payload = PlainJson.Payload();
    private readonly MessageMatcher _filter;

    /// <summary>Compiles the condition.</summary>
    public FilterBenchmarks()
    {
        if (!Expression.TryCompile("position.speed > 50 && engine.ignition.status == true", ExpressionOptions.Filter, out Expression? expression, out ExpressionError error))
            throw new InvalidOperationException(error.ToString());
        _filter = new MessageMatcher(expression, TimeProvider.System);
    }

    /// <summary>Each value looked up by its key.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Messages)]
    public int InCSharp()
    {
        int count = 0;
        for (int i = 0; i < Messages; i++)
            if (MessageReader.TryGetNumber(_payload, Keys.PositionSpeed, out double speed) && speed > 50 && MessageReader.TryGetBoolean(_payload, Keys.EngineIgnitionStatus, out bool isOn) && isOn) count++;
        return count;
    }

    /// <summary>What REST calls for <c>filter</c>.</summary>
    [Benchmark(OperationsPerInvoke = Messages), Goal(ratio: 2, nanoseconds: 300)]
    public int Compiled()
    {
        int count = 0;
        for (int i = 0; i < Messages; i++)
            if (_filter.IsMatch(_payload, PlainJson.Envelope)) count++;
        return count;
    }
}

/// <summary>A condition alone, its values at hand, next to the usual way to compile one: a delegate for each operator.</summary>
[BenchmarkCategory("expression on values at hand")]
public class ExpressionBenchmarks
{
    private const int Evaluations = 100;
    private readonly ExpressionRun _run;
    private readonly double[] _values = [54, 9, 12.65, 4.012];
    private readonly Func<double[], bool> _delegates;

    /// <summary>Compiles the condition.</summary>
    public ExpressionBenchmarks()
    {
        if (!Expression.TryCompile("a > 50 && (b & 0x1) == 1 && c + d * 2 < 30 && !(c > 14 || d > 5)", ExpressionOptions.Condition, out Expression? expression, out ExpressionError error))
            throw new InvalidOperationException(error.ToString());
        _run = new ExpressionRun(expression, TimeProvider.System);
        Func<double[], bool> either = Or(Greater(Name(2), Number(14)), Greater(Name(3), Number(5)));
        Func<double[], bool> left = And(Greater(Name(0), Number(50)), Equal(BitAnd(Name(1), Number(1)), Number(1)));
        _delegates = And(And(left, Less(Add(Name(2), Multiply(Name(3), Number(2))), Number(30))), values => !either(values));
    }

    /// <summary>Twenty delegates that know their values to be numbers.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Evaluations)]
    public int Delegates()
    {
        int count = 0;
        for (int i = 0; i < Evaluations; i++)
            if (_delegates(_values)) count++;
        return count;
    }

    /// <summary>The flat program, its values of any kind.</summary>
    [Benchmark(OperationsPerInvoke = Evaluations), Goal(nanoseconds: 200)]
    public int Compiled()
    {
        int count = 0;
        StoredValue[] values = _run.Values;
        for (int i = 0; i < Evaluations; i++)
        {
            for (int slot = 0; slot < values.Length; slot++) values[slot] = StoredValue.Of(_values[slot]);
            if (_run.IsTrue([])) count++;
        }
        return count;
    }

    private static Func<double[], double> Name(int slot) => values => values[slot];

    private static Func<double[], double> Number(double number) => _ => number;

    private static Func<double[], double> Add(Func<double[], double> left, Func<double[], double> right) => values => left(values) + right(values);

    private static Func<double[], double> Multiply(Func<double[], double> left, Func<double[], double> right) => values => left(values) * right(values);

    private static Func<double[], double> BitAnd(Func<double[], double> left, Func<double[], double> right) => values => (long)left(values) & (long)right(values);

    private static Func<double[], bool> Greater(Func<double[], double> left, Func<double[], double> right) => values => left(values) > right(values);

    private static Func<double[], bool> Less(Func<double[], double> left, Func<double[], double> right) => values => left(values) < right(values);

    private static Func<double[], bool> Equal(Func<double[], double> left, Func<double[], double> right) => values => left(values) == right(values);

    private static Func<double[], bool> And(Func<double[], bool> left, Func<double[], bool> right) => values => left(values) && right(values);

    private static Func<double[], bool> Or(Func<double[], bool> left, Func<double[], bool> right) => values => left(values) || right(values);
}
