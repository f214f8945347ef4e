using Gateway.Host.Channels;
using Gateway.Host.Listeners;

namespace Gateway.Host.Devices.Commands;

/// <summary>The commands of one device: which goes next, which is on its way, and what became of each. Any number of threads.</summary>
/// <remarks>
/// One command at a time is on its way, the most urgent first, then the oldest. An attempt is noted on disk before its bytes are sent, so a command is never sent more often than it
/// may be, whatever happens to the gateway; and the clock is looked at after that, so it is never sent after its time.
/// </remarks>
internal sealed class CommandQueue(Device device, ICommandSink sink, TimeProvider clock)
{
    /// <summary>Most commands that wait for one device.</summary>
    internal const int CountMax = 100;

    /// <summary>Commands that were sent whose numbers are remembered, for answers that come late.</summary>
    internal const int SentMax = 16;

    private readonly Lock _gate = new();
    private readonly List<DeviceCommand> _commands = [];
    private long[] _sent = [];      // numbers, the next one in the place of the oldest
    private int _sentCount;
    private DeviceCommand? _current;
    private int _reserved;
    private long _deadlineUs = long.MaxValue;

    /// <summary>Commands that have not ended, oldest first.</summary>
    internal IReadOnlyList<DeviceCommand> All
    {
        get
        {
            lock (_gate) return [.. _commands];
        }
    }

    /// <summary>Whether there are none.</summary>
    internal bool IsEmpty
    {
        get
        {
            lock (_gate) return _commands.Count == 0;
        }
    }

    private long NowUs => clock.GetUtcNow().ToUnixTimeUs();

    /// <summary>Keeps places for commands that are being stored; <see cref="Add"/> takes them, <see cref="Unreserve"/> gives them back.</summary>
    /// <returns>False when more would wait than may.</returns>
    internal bool TryReserve(int count)
    {
        lock (_gate)
        {
            if (_commands.Count + _reserved + count > CountMax) return false;
            _reserved += count;
            return true;
        }
    }

    /// <summary>Gives reserved places back.</summary>
    internal void Unreserve(int count)
    {
        lock (_gate) _reserved -= count;
    }

    /// <summary>Takes commands for which places were reserved.</summary>
    internal void Add(IReadOnlyList<DeviceCommand> commands)
    {
        lock (_gate)
        {
            _reserved -= commands.Count;
            _commands.AddRange(commands);
            Update();
        }
    }

    /// <summary>Gives the next command to a connection of the device.</summary>
    /// <returns>Null when none is due.</returns>
    internal DeviceCommand? TryTake(DeviceConnection connection)
    {
        lock (_gate)
        {
            Expire();
            if (_current is not null) return null;
            DeviceCommand? next = null;
            foreach (DeviceCommand command in _commands)
                if (next is null || Rank(command).CompareTo(Rank(next)) > 0) next = command;
            if (next is null) return null;
            _current = next;
            next.State = CommandState.Sending;
            next.Connection = connection;
            next.HasBegun = false;
            next.Attempts++;
            Update();
            return next;
        }

        static (bool, int, long) Rank(DeviceCommand command) => (command.Order.IsImmediate, command.Order.Priority, -command.Order.Id);
    }

    /// <summary>Looks once more, right before the bytes are written.</summary>
    /// <returns>False when it may not be sent: then it has ended.</returns>
    internal bool MaySend(DeviceCommand command)
    {
        lock (_gate)
        {
            if (_current != command) return false;
            if (NowUs >= command.Order.ExpiresUs) End(command, CommandOutcome.Expired, "Its time was over before it was sent.");
            else command.HasBegun = command.MayHaveArrived = true;
            return command.HasBegun;
        }
    }

    /// <summary>Its bytes were written.</summary>
    /// <param name="command">The command.</param>
    /// <param name="hasAnswer">Whether the protocol knows answers; without, there is nothing to wait for.</param>
    internal void Sent(DeviceCommand command, bool hasAnswer)
    {
        lock (_gate)
        {
            if (_current != command) return;
            command.SentUs = NowUs;
            command.State = CommandState.Sent;
            if (_sent.Length == 0) _sent = new long[SentMax];
            _sent[_sentCount++ % SentMax] = command.Order.Number;
            sink.Note(device, command, DeviceEventCode.CommandSent, null);
            if (hasAnswer) Update();
            else End(command, CommandOutcome.Sent, "It was sent; the protocol's spec knows no answers to commands.");
        }
    }

    /// <summary>Whether one of the last commands that were sent has this number.</summary>
    internal bool WasSent(long number)
    {
        lock (_gate) return number != 0 && Array.IndexOf(_sent, number) >= 0;
    }

    /// <summary>It was not sent, for a reason that has nothing to do with it: the attempt does not count.</summary>
    internal void NotSent(DeviceCommand command, string reason)
    {
        lock (_gate)
        {
            if (_current != command) return;
            command.Attempts--;
            command.HasBegun = false;
            Retry(command, reason);
        }
    }

    /// <summary>It can't be sent as it is.</summary>
    internal void Failed(DeviceCommand command, string reason)
    {
        lock (_gate)
        {
            if (_current == command) End(command, CommandOutcome.Failed, reason);
        }
    }

    /// <summary>Its answer came, maybe so late that it waits to be sent again: it need not be any more.</summary>
    internal void Answered(DeviceCommand command, CommandAnswer answer)
    {
        lock (_gate)
        {
            if (command.MayHaveArrived && command.State is not CommandState.Ended) End(command, CommandOutcome.Processed, null, answer);
        }
    }

    /// <summary>A connection of the device ended: what was on its way on it may not have come.</summary>
    internal void ConnectionEnded(DeviceConnection connection)
    {
        lock (_gate)
        {
            if (_current is not { } command || command.Connection != connection) return;
            if (!command.HasBegun) command.Attempts--;
            Retry(command, command.HasBegun ? "The connection ended before an answer came." : "The connection ended before it was sent.");
        }
    }

    /// <summary>Looks at the clock; quick when there is nothing to do yet.</summary>
    internal void Sweep()
    {
        if (NowUs < Volatile.Read(ref _deadlineUs)) return;
        lock (_gate)
        {
            Expire();
            if (_current is { State: CommandState.Sent } command && NowUs >= AnswerDeadlineUs(command)) Retry(command, $"No answer came within {command.Order.TimeoutSeconds} s.");
        }
    }

    /// <summary>Takes commands back. One that was not sent yet is not sent any more; of one that was, the device may know.</summary>
    /// <param name="isWanted">Which.</param>
    /// <param name="reason">Why.</param>
    /// <returns>The commands that were taken back.</returns>
    internal IReadOnlyList<DeviceCommand> Cancel(Func<DeviceCommand, bool> isWanted, string reason)
    {
        lock (_gate)
        {
            List<DeviceCommand> cancelled = [.. _commands.Where(isWanted)];
            foreach (DeviceCommand command in cancelled) End(command, CommandOutcome.Cancelled, command.MayHaveArrived ? $"{reason} It had been sent; the device may have obeyed." : reason);
            return cancelled;
        }
    }

    // Who waits for an answer waits from when he asked, not from when the device could be reached.
    private static long AnswerDeadlineUs(DeviceCommand command) => command.Order.IsImmediate ? command.Order.ExpiresUs : command.SentUs + (command.Order.TimeoutSeconds * 1_000_000L);

    private void Retry(DeviceCommand command, string reason)
    {
        command.LastReason = reason;
        if (command.Attempts >= command.Order.AttemptsMax) End(command, CommandOutcome.Failed, reason);
        else if (NowUs >= command.Order.ExpiresUs) End(command, CommandOutcome.Expired, $"{reason} Its time is over.");
        else
        {
            command.State = CommandState.Queued;
            _current = null;
            Update();
        }
    }

    private void Expire()
    {
        long nowUs = NowUs;
        for (int i = _commands.Count - 1; i >= 0; i--)
        {
            DeviceCommand command = _commands[i];
            if (command.State is CommandState.Queued && nowUs >= command.Order.ExpiresUs) End(command, CommandOutcome.Expired, command.LastReason ?? "The device could not be reached in time.");
        }
    }

    private void End(DeviceCommand command, CommandOutcome outcome, string? reason, CommandAnswer? answer = null)
    {
        command.State = CommandState.Ended;
        _commands.Remove(command);
        if (_current == command) _current = null;
        Update();
        var result = new CommandResult(command, outcome, NowUs, reason, answer);
        command.Written = sink.EndedAsync(device, result);
        command.Ending.TrySetResult(result);
    }

    /// <summary>Tells the pumps whether something waits, and the sweep when to look again.</summary>
    private void Update()
    {
        device.IsCommandDue = _current is null && _commands.Count > 0;
        long deadlineUs = long.MaxValue;
        foreach (DeviceCommand command in _commands)
        {
            if (command.State is CommandState.Queued) deadlineUs = Math.Min(deadlineUs, command.Order.ExpiresUs);
            else if (command.State is CommandState.Sent) deadlineUs = Math.Min(deadlineUs, AnswerDeadlineUs(command));
        }
        Volatile.Write(ref _deadlineUs, deadlineUs);
    }
}

/// <summary>Is told what happens to commands, under the gate of their queue: must be short and not throw.</summary>
internal interface ICommandSink
{
    /// <summary>Something happened to a command.</summary>
    void Note(Device device, DeviceCommand command, DeviceEventCode code, string? text);

    /// <summary>A command ended.</summary>
    /// <returns>Whether the disk has the result; completes when that is known.</returns>
    Task<bool> EndedAsync(Device device, CommandResult result);
}
