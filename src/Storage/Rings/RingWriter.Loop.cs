using System.Collections.Concurrent;

namespace Gateway.Storage.Rings;

// When the writer works: it gathers for a while, is hurried by a queue that fills or by somebody who waits, and looks at a few rings now and then.
internal sealed partial class RingWriter
{
    /// <summary>Rings looked at in one go for old records.</summary>
    private const int RingsPerSweep = 32;

    /// <summary>Pause between two goes, ms.</summary>
    private const int SweepPauseMs = 10;

    private readonly Thread? _thread;
    private readonly Wake _wake = new();
    private readonly ConcurrentQueue<Work> _work = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isParked;
    private int _isUrgent;
    private bool _isStopping;
    private bool _isSweepWanted;
    private int _sweepAt = -1;

    /// <summary>A record was added; called by whoever added it.</summary>
    /// <param name="waiting">Bytes in the queue.</param>
    public void Added(int waiting)
    {
        if (Volatile.Read(ref _isParked) != 0 && Interlocked.Exchange(ref _isParked, 0) != 0) _wake.Set();
        else if (waiting > _queue.Capacity / 2 && Volatile.Read(ref _isUrgent) == 0) Hurry();
    }

    /// <summary>Looks at all rings soon, since the options of one have changed.</summary>
    public void SweepSoon()
    {
        Volatile.Write(ref _isSweepWanted, true);
        Hurry();
    }

    /// <summary>Does something on the writer's thread once all that is queued now is written.</summary>
    /// <returns>Completes when it is done; cancelled when the writer ends before.</returns>
    public Task DoAsync(Action action)
    {
        var work = new Work(_queue.Tail, action, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _work.Enqueue(work);
        if (Volatile.Read(ref _isStopping) && _stopped.Task.IsCompleted) EndWork();
        else Hurry();
        return work.Done.Task;
    }

    /// <summary>Writes what is queued, and ends the thread.</summary>
    /// <returns>False when it did not end in time.</returns>
    public async Task<bool> StopAsync(TimeSpan timeout)
    {
        Volatile.Write(ref _isStopping, true);
        if (_thread is null)
        {
            Step();
            _stopped.TrySetResult();
            return true;
        }

        Hurry();
        await Task.WhenAny(_stopped.Task, Task.Delay(timeout)).ConfigureAwait(false);
        return _stopped.Task.IsCompleted;
    }

    /// <summary>Looks at all rings for old records.</summary>
    public void SweepAll()
    {
        for (_sweepAt = 0; _sweepAt >= 0;) SweepSome();
    }

    private void Hurry()
    {
        Volatile.Write(ref _isUrgent, 1);
        _wake.Set();
    }

    private void Run()
    {
        long sweepMs = _options.SweepIntervalSeconds * 1000L;
        long sweepDue = Environment.TickCount64 + sweepMs;
        while (true)
        {
            bool isStopping = Volatile.Read(ref _isStopping);
            long untilSweep = _sweepAt >= 0 ? SweepPauseMs : Math.Max(0, sweepDue - Environment.TickCount64);
            Interlocked.Exchange(ref _isParked, 1);     // a fence: whoever adds after the next look sees it
            if (_queue.Tail == _queue.Head && Volatile.Read(ref _isUrgent) == 0 && !isStopping) _wake.Wait((int)untilSweep);
            Volatile.Write(ref _isParked, 0);
            if (_queue.Tail != _queue.Head && Volatile.Read(ref _isUrgent) == 0 && !isStopping) _wake.Wait(_options.LingerMs);
            Volatile.Write(ref _isUrgent, 0);

            Step();
            if (isStopping) break;
            if (Volatile.Read(ref _isSweepWanted) || (_sweepAt < 0 && Environment.TickCount64 >= sweepDue))
            {
                Volatile.Write(ref _isSweepWanted, false);
                sweepDue = Environment.TickCount64 + sweepMs;
                _sweepAt = 0;
            }

            if (_sweepAt >= 0) SweepSome();
        }

        _stopped.TrySetResult();
        EndWork();
    }

    private void SweepSome()
    {
        Ring?[] rings = Volatile.Read(ref _rings);
        long nowUs = _age.NowUs();
        int end = Math.Min(_sweepAt + RingsPerSweep, Volatile.Read(ref _ringCount));
        for (; _sweepAt < end; _sweepAt++)
        {
            if (rings[_sweepAt] is not { IsDeleted: false } ring) continue;
            try
            {
                ring.Files.Trim(ring.Options.QuotaBytes, ring.Options.CutoffUs(nowUs));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next record of the ring tells.
            }
        }

        if (_sweepAt >= Volatile.Read(ref _ringCount)) _sweepAt = -1;
    }

    private void DoWork()
    {
        while (_work.TryPeek(out Work work) && work.Position <= _queue.Head && _work.TryDequeue(out work))
        {
            try
            {
                work.Action();
                work.Done.TrySetResult();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                work.Done.TrySetException(e);
            }
        }
    }

    private void EndWork()
    {
        while (_work.TryDequeue(out Work work)) work.Done.TrySetCanceled();
    }

    /// <summary>Wakes the writer. Whoever wakes holds the lock for one assignment.</summary>
    private sealed class Wake
    {
        private readonly object _gate = new();
        private bool _isSet;

        public void Set()
        {
            lock (_gate)
            {
                _isSet = true;
                Monitor.Pulse(_gate);
            }
        }

        /// <summary>Returns when somebody has called <see cref="Set"/> since the wait before, or after the time.</summary>
        public void Wait(int milliseconds)
        {
            lock (_gate)
            {
                if (!_isSet) Monitor.Wait(_gate, milliseconds);
                _isSet = false;
            }
        }
    }

    private readonly record struct Work(long Position, Action Action, TaskCompletionSource Done);
}
