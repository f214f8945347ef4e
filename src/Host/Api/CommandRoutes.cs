using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Commands;

namespace Gateway.Host.Api;

/// <summary><c>/gw/devices/{sel}/commands</c> and <c>commands-queue</c>: tell devices what to do, see what waits, take it back.</summary>
internal static class CommandRoutes
{
    /// <summary>Commands of one request: those of its body, for each device of its selector.</summary>
    internal const int CommandsMax = 10_000;

    /// <summary>Characters of properties and meta of all of them.</summary>
    internal const long CharactersMax = 32 * 1024 * 1024;

    /// <summary>What a command looks like that has not ended.</summary>
    internal static ItemShape<DeviceCommand> Shape { get; } = new(
        new("id", true, (json, command) => json.WriteNumberValue(command.Order.Id)),
        new("device_id", true, (json, command) => json.WriteNumberValue(command.Order.DeviceId)),
        new("name", true, (json, command) => json.WriteStringValue(command.Order.Name)),
        new("properties", true, (json, command) => json.WriteRawValue(command.Order.PropertiesJson)),
        new("address", true, (json, _) => json.WriteStringValue("connection")),
        new("state", true, (json, command) => json.WriteStringValue(command.State is CommandState.Queued ? "queued" : "sent")),
        new("priority", true, (json, command) => json.WriteNumberValue(command.Order.Priority)),
        new("timeout", true, (json, command) => json.WriteNumberValue(command.Order.TimeoutSeconds)),
        new("attempts", true, (json, command) => json.WriteNumberValue(command.Attempts)),
        new("max_attempts", true, (json, command) => json.WriteNumberValue(command.Order.AttemptsMax)),
        new("expires", true, (json, command) => json.WriteNumberValue(command.Order.ExpiresUs / 1e6m)),
        new("timestamp", true, (json, command) => json.WriteNumberValue(command.Order.CreatedUs / 1e6m)),
        new("reason", true, (json, command) => json.WriteStringValue(command.LastReason)),
        new("meta", true, (json, command) => json.WriteRawValue(command.Order.MetaJson)));

    private static readonly ItemShape<JsonElement> s_resultShape =
        new([.. CommandResult.Members.Select(name => new ItemField<JsonElement>(name, true, (json, result) => result.GetProperty(name).WriteTo(json)))]);

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/gw/devices/{sel}/commands", RouteInputs.Fields | RouteInputs.Body, ExecuteAsync, "Sends commands to connected devices, and waits for their answers."),
        new("POST", "/gw/devices/{sel}/commands-queue", RouteInputs.Fields | RouteInputs.Body, QueueAsync, "Queues commands until devices can be reached, or their time is over."),
        new("GET", "/gw/devices/{sel}/commands-queue/{command}", RouteInputs.Fields, ListAsync, "Shows commands that have not ended."),
        new("DELETE", "/gw/devices/{sel}/commands-queue/{command}", RouteInputs.Fields, CancelAsync, "Takes commands back."),
    ];

    /// <summary>Puts commands into the queues of devices, and answers with them.</summary>
    /// <param name="call">The request.</param>
    /// <param name="wanted">Devices and their commands.</param>
    internal static async Task QueueAsync(ApiCall call, IReadOnlyList<(Device Device, IReadOnlyList<CommandWish> Wishes)> wanted)
    {
        ItemShape<DeviceCommand>.Projection fields = Shape.Choose(call.Fields);
        DeviceCommands commands = call.Service<DeviceCommands>();
        long nowUs = call.Service<TimeProvider>().GetUtcNow().ToUnixTimeUs();
        foreach (CommandWish wish in wanted.SelectMany(one => one.Wishes)) wish.CheckExpiry(nowUs);

        Task<(IReadOnlyList<DeviceCommand> Commands, string? Problem, bool IsLimit)>[] tasks =
            [.. wanted.Select(one => commands.QueueAsync(one.Device, [.. one.Wishes.Select(wish => wish.ToOrder(commands.NextId(), one.Device.Id, nowUs))]))];
        await Task.WhenAll(tasks).ConfigureAwait(false);
        var queued = new List<DeviceCommand>();
        for (int i = 0; i < tasks.Length; i++)
        {
            (IReadOnlyList<DeviceCommand> taken, string? problem, bool isLimit) = await tasks[i].ConfigureAwait(false);
            queued.AddRange(taken);
            if (problem is not null) call.Errors.Add(isLimit ? new ApiError(ApiErrorCode.LimitReached, problem, wanted[i].Device.Id) : ApiError.Unavailable(problem, wanted[i].Device.Id));
        }
        await call.WriteAsync(queued, fields.Write).ConfigureAwait(false);
    }

    /// <summary>Commands of devices that a selector in the path finds.</summary>
    internal static List<DeviceCommand> Select(ApiCall call, IReadOnlyList<Device> devices)
    {
        List<DeviceCommand> all = [.. devices.SelectMany(device => device.Commands?.All ?? [])];
        Dictionary<long, DeviceCommand>? byId = null;
        // The old paths of channels have a form without a selector, which means all.
        if (!call.Route.Parameters.Contains("command")) return all;
        return call.Selector("command").Select("command", () => all, id => (byId ??= all.ToDictionary(command => command.Order.Id)).GetValueOrDefault(id), Shape, call.Errors);
    }

    /// <summary>Takes commands back, and answers with them.</summary>
    internal static async Task CancelAsync(ApiCall call, IReadOnlyList<Device> devices)
    {
        ItemShape<DeviceCommand>.Projection fields = Shape.Choose(call.Fields ?? "id");
        List<DeviceCommand> wanted = Select(call, devices);
        var cancelled = new HashSet<DeviceCommand>();
        foreach (IGrouping<long, DeviceCommand> group in wanted.GroupBy(command => command.Order.DeviceId))
        {
            foreach ((DeviceCommand command, bool isWritten) in await DeviceCommands.CancelAsync(devices.First(device => device.Id == group.Key), group.ToHashSet()).ConfigureAwait(false))
            {
                cancelled.Add(command);
                if (!isWritten && !command.Order.IsImmediate)
                    call.Warnings.Add(new ApiWarning("It is taken back, but the disk did not take that yet: it would come back if the gateway was killed now.", command.Order.Id));
            }
        }
        foreach (DeviceCommand command in wanted.Where(command => !cancelled.Contains(command)))
            call.Errors.Add(new ApiError(ApiErrorCode.NotFound, $"Command {command.Order.Id} ended meanwhile.", command.Order.Id));
        await call.WriteAsync([.. cancelled], fields.Write).ConfigureAwait(false);
    }

    /// <summary>Leaves out what is nothing for a device, with an error for the device.</summary>
    /// <returns>Devices that take all that is wanted of them.</returns>
    internal static List<(Device Device, IReadOnlyList<CommandWish> Wishes)> Check(ApiCall call, IEnumerable<(Device Device, IReadOnlyList<CommandWish> Wishes)> wanted)
    {
        DeviceCommands commands = call.Service<DeviceCommands>();
        var good = new List<(Device, IReadOnlyList<CommandWish>)>();
        long count = 0, characters = 0;
        foreach ((Device device, IReadOnlyList<CommandWish> wishes) in wanted)
        {
            count += wishes.Count;
            characters += wishes.Sum(wish => wish.Characters);
            if (count > CommandsMax || characters > CharactersMax)
                throw ApiProblem.BadRequest($"A request may have at most {CommandsMax} commands with {CharactersMax} characters of properties and meta, devices times commands of the body.");
            if (wishes.Select(wish => wish.ProblemFor(commands, device)).FirstOrDefault(problem => problem is not null) is { } first) call.Errors.Add(new ApiError(ApiErrorCode.BadRequest, first, device.Id));
            else good.Add((device, wishes));
        }
        return good;
    }

    private static async Task ExecuteAsync(ApiCall call)
    {
        ItemShape<JsonElement>.Projection fields = s_resultShape.Choose(call.Fields);
        List<(Device Device, IReadOnlyList<CommandWish> Wishes)> wanted = await ReadAsync(call, CommandWish.ExecuteFields).ConfigureAwait(false);
        DeviceCommands commands = call.Service<DeviceCommands>();
        long nowUs = call.Service<TimeProvider>().GetUtcNow().ToUnixTimeUs();
        (Device Device, CommandWish Wish, Task<(CommandResult? Result, string? Problem)> Task)[] waits =
        [
            .. wanted.SelectMany(one => one.Wishes.Select(wish => (one.Device, wish, commands.ExecuteAsync(one.Device, wish.ToImmediateOrder(commands.NextId(), one.Device.Id, nowUs), call.Aborted)))),
        ];
        await Task.WhenAll(waits.Select(wait => wait.Task)).ConfigureAwait(false);

        var answered = new List<JsonElement>();
        foreach ((Device device, CommandWish wish, Task<(CommandResult? Result, string? Problem)> task) in waits)
        {
            (CommandResult? result, string? problem) = await task.ConfigureAwait(false);
            if (result is { Outcome: CommandOutcome.Processed or CommandOutcome.Sent }) answered.Add(JsonElement.Parse(result.ToJson()));
            else call.Errors.Add(new ApiError(ApiErrorCode.BadRequest, problem ?? $"failed to deliver command {wish.Name}: {result!.Reason}", device.Id));
        }
        await call.WriteAsync(answered, fields.Write).ConfigureAwait(false);
    }

    private static async Task QueueAsync(ApiCall call)
    {
        Shape.Choose(call.Fields);
        await QueueAsync(call, await ReadAsync(call, CommandWish.QueueFields).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static Task ListAsync(ApiCall call)
    {
        ItemShape<DeviceCommand>.Projection fields = Shape.Choose(call.Fields);
        return call.WriteAsync(Select(call, DeviceRoutes.Kind.Select(call)), fields.Write);
    }

    private static Task CancelAsync(ApiCall call) => CancelAsync(call, DeviceRoutes.Kind.Select(call));

    /// <summary>Reads the commands of a body for the devices of the path.</summary>
    private static async Task<List<(Device Device, IReadOnlyList<CommandWish> Wishes)>> ReadAsync(ApiCall call, string[] fields)
    {
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        CommandWish[] wishes = [.. BodyFields.ItemsOf(body, "command").Select(item => CommandWish.Read(item, fields))];
        return Check(call, DeviceRoutes.Kind.Select(call).Select(device => (device, (IReadOnlyList<CommandWish>)wishes)));
    }
}
