using System.Collections.Concurrent;
using System.Data.Common;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;

namespace Gateway.Host.Devices.Commands;

/// <summary>Commands to devices: takes them, keeps them until they are delivered or their time is over, and keeps what became of them.</summary>
internal sealed class DeviceCommands(DeviceDirectory devices, CodecRegistry protocols, CommandStore store, TimeProvider clock, ILogger<DeviceCommands> logger) : BackgroundService, ICommandSink
{
    /// <summary>Time for which a command waits in the queue unless its user says otherwise, s.</summary>
    internal const int TtlSecondsDefault = 3_600;

    /// <summary>Most seconds in the queue.</summary>
    internal const int TtlSecondsMax = 30 * 86_400;

    /// <summary>Least and most seconds for which an answer is awaited.</summary>
    internal const int TimeoutSecondsMin = 5;

    /// <inheritdoc cref="TimeoutSecondsMin"/>
    internal const int TimeoutSecondsMax = 60;

    /// <summary>Most attempts.</summary>
    internal const int AttemptsMax = 100;

    /// <summary>How often the clock is looked at.</summary>
    internal static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<long, Device> _active = new();
    private readonly ConcurrentQueue<(Device Device, CommandResult Result)> _unwritten = new();

    private long NowUs => clock.GetUtcNow().ToUnixTimeUs();

    /// <summary>Reads the commands that had not ended when the gateway stopped. One whose attempts are used up has been sent, and nobody knows what became of it: that is its result.</summary>
    /// <exception cref="InvalidDataException">One is damaged.</exception>
    internal async Task LoadAsync()
    {
        devices.Removed += Drop;
        store.Trouble += failure => CommandLog.StoreFailure(logger, failure);
        var loaded = new List<(long Id, long Device, string Json, int Attempts)>();
        store.Read((id, device, json, attempts) => loaded.Add((id, device, json, attempts)));
        foreach (IGrouping<long, (long Id, long Device, string Json, int Attempts)> rows in loaded.GroupBy(row => row.Device))
        {
            if (!devices.TryFind(rows.Key, out Device? device)) continue;
            CommandQueue queue = Open(device);
            foreach ((long id, long deviceId, string json, int attempts) in rows)
            {
                CommandOrder order = CommandOrder.FromJson(id, deviceId, json);
                var command = new DeviceCommand(order) { Attempts = attempts, MayHaveArrived = attempts > 0, LastReason = attempts > 0 ? "The gateway stopped before an answer came." : null };
                if (attempts >= order.AttemptsMax) command.Written = EndedAsync(device, new CommandResult(command, CommandOutcome.Failed, NowUs, command.LastReason, null));
                else if (queue.TryReserve(1)) queue.Add([command]);
            }
        }
        // Of devices that were removed shortly before the gateway was killed.
        foreach (long id in store.ReadDevices().Where(id => !devices.TryFind(id, out _))) await ForgetAsync(id).ConfigureAwait(false);
    }

    /// <summary>What is wrong with a command for a device; null when nothing is.</summary>
    internal string? ProblemOf(Device device, string name, JsonElement properties)
    {
        if (device.Definition.DeviceTypeId == 0) return $"device {device.Id} has no device type, and so no commands.";
        if (!device.Definition.Enabled) return $"device {device.Id} is disabled.";
        return protocols.Find(device.Definition.ProtocolId) is { } codec ? CommandCatalog.Of(codec).ProblemOf(name, properties) : $"the protocol of device {device.Id} is not there.";
    }

    /// <summary>A number that no command had.</summary>
    internal long NextId() => store.NextId();

    /// <summary>Puts commands into the queue of a device; durable when it completes.</summary>
    /// <returns>The commands, or why none of them was taken, and whether that is a limit.</returns>
    internal async Task<(IReadOnlyList<DeviceCommand> Commands, string? Problem, bool IsLimit)> QueueAsync(Device device, IReadOnlyList<CommandOrder> orders)
    {
        CommandQueue queue = Open(device);
        if (!queue.TryReserve(orders.Count)) return ([], $"at most {CommandQueue.CountMax} commands may wait for device {device.Id}.", true);
        DeviceCommand[] commands = [.. orders.Select(order => new DeviceCommand(order))];
        try
        {
            // On disk first: what can be delivered must be known to a start after a crash.
            await store.AddAsync(orders).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsOfStore(failure))
        {
            queue.Unreserve(orders.Count);
            return ([], "the disk did not take the commands; none of them is sent.", false);
        }
        foreach (DeviceCommand command in commands) Note(device, command, DeviceEventCode.CommandQueued, null);
        Deliver(device, queue, commands);
        return (commands, null, false);
    }

    /// <summary>Sends a command to a device that is connected, and waits for its result.</summary>
    /// <returns>The result, or why the command could not be given to the device.</returns>
    internal async Task<(CommandResult? Result, string? Problem)> ExecuteAsync(Device device, CommandOrder order, CancellationToken cancellationToken)
    {
        if (!device.IsConnected) return (null, $"failed to deliver command {order.Name}, device with id {device.Id} is not connected");
        var command = new DeviceCommand(order);
        CommandQueue queue = Open(device);
        if (!queue.TryReserve(1)) return (null, $"at most {CommandQueue.CountMax} commands may wait for device {device.Id}.");
        Note(device, command, DeviceEventCode.CommandQueued, null);
        Deliver(device, queue, [command]);
        try
        {
            return (await command.Ending.Task.WaitAsync(cancellationToken).ConfigureAwait(false), null);
        }
        catch (OperationCanceledException)
        {
            // Who asked is gone: what was not sent yet is not sent any more.
            queue.Cancel(one => one == command && one.State is not CommandState.Sent, "Who asked for it is gone.");
            throw;
        }
    }

    /// <summary>Takes commands back; durable when it completes.</summary>
    /// <returns>The commands that were taken back, and whether the disk knows of each: if not, it is told again until it does.</returns>
    internal static async Task<IReadOnlyList<(DeviceCommand Command, bool IsWritten)>> CancelAsync(Device device, IReadOnlyCollection<DeviceCommand> wanted)
    {
        if (device.Commands is not { } queue) return [];
        var cancelled = new List<(DeviceCommand, bool)>();
        foreach (DeviceCommand command in queue.Cancel(wanted.Contains, "It was taken back.")) cancelled.Add((command, await command.Written.ConfigureAwait(false)));
        return cancelled;
    }

    /// <inheritdoc />
    public void Note(Device device, DeviceCommand command, DeviceEventCode code, string? text) =>
        device.Note(new DeviceEvent(NowUs, code)
        {
            ChannelId = command.Connection?.Channel.Id ?? 0,
            ConnectionId = command.Connection?.Id ?? 0,
            CommandId = command.Order.Id,
            CommandName = command.Order.Name,
            Text = text,
        });

    /// <inheritdoc />
    public Task<bool> EndedAsync(Device device, CommandResult result)
    {
        DeviceEventCode code = result.Outcome switch
        {
            CommandOutcome.Cancelled => DeviceEventCode.CommandCancelled,
            CommandOutcome.Expired => DeviceEventCode.CommandExpired,
            _ => DeviceEventCode.CommandProcessed,
        };
        Note(device, result.Command, code, result.Reason);
        return WriteAsync(device, result);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SweepInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) await SweepAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Who waits for an answer now would wait for nothing.
            foreach (Device device in _active.Values) device.Commands?.Cancel(static command => command.Order.IsImmediate, "The gateway stops.");
        }
    }

    private async Task SweepAsync()
    {
        foreach ((long id, Device device) in _active)
        {
            if (device.Commands is not { } queue) continue;
            queue.Sweep();
            if (device.IsCommandDue) device.Wake();
            if (!queue.IsEmpty) continue;
            _active.TryRemove(id, out _);
            if (!queue.IsEmpty) _active[id] = device;       // one came meanwhile
        }
        // A command that has ended must not be found as one that waits by the next start.
        for (int i = _unwritten.Count; i > 0 && _unwritten.TryDequeue(out (Device Device, CommandResult Result) one); i--)
            if (devices.TryFind(one.Device.Id, out _)) await WriteAsync(one.Device, one.Result).ConfigureAwait(false);
    }

    private async Task<bool> WriteAsync(Device device, CommandResult result)
    {
        try
        {
            await store.EndAsync(result.Command.Order.Id, device.Id, result.EndedUs, result.ToJson()).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (IsOfStore(failure))
        {
            if (!result.Command.Order.IsImmediate) _unwritten.Enqueue((device, result));
            return false;
        }
    }

    private CommandQueue Open(Device device)
    {
        CommandQueue queue = device.OpenCommands(() => new CommandQueue(device, this, clock));
        _active[device.Id] = device;
        return queue;
    }

    private void Deliver(Device device, CommandQueue queue, IReadOnlyList<DeviceCommand> commands)
    {
        queue.Add(commands);
        _active[device.Id] = device;
        if (devices.TryFind(device.Id, out _)) device.Wake();
        else Drop([device]);        // it was removed meanwhile
    }

    private void Drop(IReadOnlyList<Device> removed)
    {
        foreach (Device device in removed)
        {
            device.Commands?.Cancel(static _ => true, "The device was removed.");
            _active.TryRemove(device.Id, out _);
            _ = ForgetAsync(device.Id);     // in the order of the store, behind the results; it never throws, and the store's end waits for it
        }
    }

    private async Task ForgetAsync(long deviceId)
    {
        try
        {
            await store.ForgetAsync(deviceId).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsOfStore(failure))
        {
            // The next start forgets it.
        }
    }

    private static bool IsOfStore(Exception failure) => failure is DbException or ObjectDisposedException;
}
