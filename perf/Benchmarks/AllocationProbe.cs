using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Gateway.Perf.Benchmarks;

/// <summary>Counts the managed bytes that a benchmark allocates, exactly.</summary>
/// <remarks>BenchmarkDotNet counts the whole process during one iteration, its own work included, and a byte per message is lost in that. Here the
/// round with the fewest bytes counts: what the code itself allocates is in every round, what somebody else allocates is not.</remarks>
internal static class AllocationProbe
{
    private const int WarmUpCalls = 200;
    private const int Rounds = 10;
    private const int CallsPerRound = 20;

    /// <summary>Managed bytes per operation, rounded up: one byte in a hundred operations is not nothing.</summary>
    /// <param name="type">The benchmark's class; made, set up and cleaned up anew.</param>
    /// <param name="benchmark">A benchmark method of it.</param>
    public static long BytesPerOperation(Type type, MethodInfo benchmark)
    {
        bool callerOnly = type.GetCustomAttribute<WaitsForDiskAttribute>() is { CountsCallerOnly: true };
        object instance = Activator.CreateInstance(type)!;
        try
        {
            Invoke<GlobalSetupAttribute>(instance);
            Action call = CallTo(benchmark, instance);
            for (int i = 0; i < WarmUpCalls; i++) call();
            long fewest = long.MaxValue;
            for (int round = 0; round < Rounds; round++)
            {
                long before = Allocated(callerOnly);
                for (int i = 0; i < CallsPerRound; i++) call();
                fewest = Math.Min(fewest, Allocated(callerOnly) - before);
            }
            int operations = CallsPerRound * benchmark.GetCustomAttribute<BenchmarkAttribute>()!.OperationsPerInvoke;
            return (fewest + operations - 1) / operations;
        }
        finally
        {
            Invoke<GlobalCleanupAttribute>(instance);
            (instance as IDisposable)?.Dispose();
        }
    }

    private static long Allocated(bool callerOnly) => callerOnly ? GC.GetAllocatedBytesForCurrentThread() : GC.GetTotalAllocatedBytes(precise: true);

    private static Action CallTo(MethodInfo benchmark, object instance)
    {
        if (benchmark.ReturnType == typeof(void)) return benchmark.CreateDelegate<Action>(instance);
        return (Action)typeof(AllocationProbe).GetMethod(nameof(Discarding), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(benchmark.ReturnType).Invoke(null, [benchmark, instance])!;
    }

    private static Action Discarding<TResult>(MethodInfo benchmark, object instance)
    {
        Func<TResult> function = benchmark.CreateDelegate<Func<TResult>>(instance);
        return () => function();
    }

    private static void Invoke<TAttribute>(object instance) where TAttribute : Attribute
    {
        foreach (MethodInfo method in instance.GetType().GetMethods().Where(method => method.GetCustomAttribute<TAttribute>() is not null)) method.Invoke(instance, null);
    }
}
