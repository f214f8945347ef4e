using FASTER.core;

namespace Gateway.Storage.Journal;

/// <summary>Waits inside FASTER that are short because the device writes in the caller's thread and never fails; bounded all the same.</summary>
internal static class EnqueueLoop
{
    private const int WaitMsMax = 30_000;

    /// <summary>Adds an entry; waits while the page it needs is on its way to the device.</summary>
    /// <returns>The entry's address.</returns>
    public static long Enqueue<T>(FasterLog log, in T entry) where T : struct, ILogEnqueueEntry
    {
        if (log.TryEnqueue(entry, out long address)) return address;

        long started = Environment.TickCount64;
        while (!log.TryEnqueue(entry, out address))
        {
            Thread.Yield();
            if (Environment.TickCount64 - started > WaitMsMax) throw new InvalidOperationException("A page of the log was not written in time.");
        }

        return address;
    }

    /// <summary>Waits until everything below the address was handed to the device.</summary>
    public static void WaitFlushed(FasterLog log, long address)
    {
        if (log.FlushedUntilAddress >= address) return;

        long started = Environment.TickCount64;
        var spin = new SpinWait();
        while (log.FlushedUntilAddress < address)
        {
            spin.SpinOnce(sleep1Threshold: -1);
            if (Environment.TickCount64 - started > WaitMsMax) throw new InvalidOperationException("A log was not flushed in time.");
        }
    }
}
