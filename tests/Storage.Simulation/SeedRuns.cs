namespace Gateway.Storage.Simulation;

/// <summary>Runs many seeds, one after the other on each of some threads.</summary>
/// <param name="from">The first.</param>
/// <param name="seeds">How many.</param>
internal sealed class SeedRuns(int from, int seeds)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, string> _failures = [];
    private int _next;
    private int _done;

    /// <summary>Seeds run so far.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>What all runs did together.</summary>
    public RunResult Total { get; } = new();

    /// <summary>Seeds whose run broke a promise, and which.</summary>
    public IReadOnlyDictionary<int, string> Failures
    {
        get
        {
            lock (_gate) return new SortedDictionary<int, string>(_failures);
        }
    }

    /// <summary>What to type to see a seed again.</summary>
    public static string ReplayCommand(int seed) => FormattableString.Invariant($"dotnet run -c Release --project tests/Storage.Crash -- disk --seed {seed} --trace");

    /// <summary>Runs until all seeds are done or so many failed.</summary>
    public void Run(int threads, int failuresMax)
    {
        Thread[] all = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() => RunSome(failuresMax)))];
        foreach (Thread thread in all) thread.Start();
        foreach (Thread thread in all) thread.Join();
    }

    private void RunSome(int failuresMax)
    {
        int turn;
        while ((turn = Interlocked.Increment(ref _next) - 1) < seeds)
        {
            int seed = unchecked(from + turn);
            try
            {
                RunResult result = SimulationRun.Run(seed);
                lock (_gate) Total.Add(result);
            }
            catch (BrokenPromiseException e)
            {
                lock (_gate)
                {
                    _failures[seed] = e.Message;
                    if (_failures.Count >= failuresMax) Volatile.Write(ref _next, seeds);
                }
            }

            Interlocked.Increment(ref _done);
        }
    }
}
