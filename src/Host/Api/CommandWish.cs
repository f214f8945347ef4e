using System.Text.Json;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Commands;

namespace Gateway.Host.Api;

/// <summary>A command as a request asks for it.</summary>
internal sealed record CommandWish
{
    private const int PriorityMax = 1_000_000;

    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>Members of a command that is waited for.</summary>
    internal static string[] ExecuteFields { get; } = ["name", "properties", "timeout", "address", "priority", "max_attempts", "condition", "meta"];

    /// <summary>Members of a command for the queue.</summary>
    internal static string[] QueueFields { get; } = [.. ExecuteFields, "ttl", "expires"];

    /// <summary>Name of the command.</summary>
    internal string Name { get; private init; } = "";

    /// <summary>The device that is meant, by what it calls itself; only where the path names none.</summary>
    internal string? Ident { get; private init; }

    /// <summary>Characters of what users may make long.</summary>
    internal int Characters => PropertiesJson.Length + MetaJson.Length;

    private string PropertiesJson { get; init; } = "{}";

    private string MetaJson { get; init; } = "null";

    private int TimeoutSeconds { get; init; } = 30;

    private int Priority { get; init; }

    private int AttemptsMax { get; init; } = 1;

    private long TtlSeconds { get; init; } = DeviceCommands.TtlSecondsDefault;

    private long? ExpiresUs { get; init; }

    /// <summary>Reads a command of a body.</summary>
    /// <param name="item">A JSON object.</param>
    /// <param name="fields">The members that it may have.</param>
    /// <exception cref="ApiProblem">One is none of them, or not as expected.</exception>
    internal static CommandWish Read(JsonElement item, string[] fields)
    {
        var wish = new CommandWish();
        foreach (JsonProperty field in item.EnumerateObject())
        {
            if (!fields.Contains(field.Name)) throw field.Unknown("command", fields);
            bool isNull = field.Value.ValueKind is JsonValueKind.Null;
            wish = field.Name switch
            {
                "name" => wish with { Name = field.Text(CommandOrder.NameLengthMax) },
                "ident" => wish with { Ident = field.Text(IdentRule.LengthMax) },
                "properties" => wish with { PropertiesJson = field.ObjectText(CommandOrder.PropertiesLengthMax) },
                "timeout" => wish with { TimeoutSeconds = (int)field.Integer(DeviceCommands.TimeoutSecondsMin, DeviceCommands.TimeoutSecondsMax) },
                "address" => field.Text(CommandOrder.NameLengthMax) is "connection" ? wish : throw ApiProblem.BadRequest("address must be \"connection\": there is no modem for text messages."),
                "priority" => wish with { Priority = (int)field.Integer(-PriorityMax, PriorityMax) },
                "max_attempts" => wish with { AttemptsMax = (int)field.Integer(1, DeviceCommands.AttemptsMax) },
                "condition" => isNull || field.Value.ValueEquals("") ? wish : throw ApiProblem.BadRequest("condition is not supported: a command is sent as soon as the device can be reached."),
                "ttl" => wish with { TtlSeconds = field.Integer(1, DeviceCommands.TtlSecondsMax) },
                "expires" => wish with { ExpiresUs = field.Integer(0, (long)MessageQuery.TimeMax) * MicrosecondsPerSecond },
                _ => wish with { MetaJson = isNull ? "null" : field.ObjectText(CommandOrder.MetaLengthMax) },
            };
        }
        return wish.Name.Length > 0 ? wish : throw ApiProblem.BadRequest("A command needs a name.");
    }

    /// <summary>What stands against it for a device; null when nothing does.</summary>
    internal string? ProblemFor(DeviceCommands commands, Device device)
    {
        using JsonDocument properties = JsonDocument.Parse(PropertiesJson);
        return commands.ProblemOf(device, Name, properties.RootElement);
    }

    /// <summary>Looks whether its time is one that it may have.</summary>
    /// <exception cref="ApiProblem">It is over, or too far away.</exception>
    internal void CheckExpiry(long nowUs)
    {
        if (ExpiresUs <= nowUs || ExpiresUs > nowUs + (DeviceCommands.TtlSecondsMax * MicrosecondsPerSecond))
            throw ApiProblem.BadRequest($"expires must be in the future, at most {DeviceCommands.TtlSecondsMax} seconds from now.");
    }

    /// <summary>The order that goes into a queue.</summary>
    internal CommandOrder ToOrder(long id, long deviceId, long nowUs) => new(id, deviceId, Name, PropertiesJson)
    {
        TimeoutSeconds = TimeoutSeconds,
        Priority = Priority,
        AttemptsMax = AttemptsMax,
        MetaJson = MetaJson,
        CreatedUs = nowUs,
        ExpiresUs = ExpiresUs ?? nowUs + (TtlSeconds * MicrosecondsPerSecond),
    };

    /// <summary>The order that somebody waits for: it has no more time than he has.</summary>
    internal CommandOrder ToImmediateOrder(long id, long deviceId, long nowUs) =>
        ToOrder(id, deviceId, nowUs) with { IsImmediate = true, ExpiresUs = nowUs + (TimeoutSeconds * MicrosecondsPerSecond) };
}
