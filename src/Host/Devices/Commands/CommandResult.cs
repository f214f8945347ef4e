using Gateway.Host.Configuration;

namespace Gateway.Host.Devices.Commands;

/// <summary>How a command ended. The names, in lower case, are what the API shows.</summary>
internal enum CommandOutcome
{
    /// <summary>The device answered.</summary>
    Processed,
    /// <summary>It was sent, and the protocol's spec knows no answers: nobody can say more.</summary>
    Sent,
    /// <summary>It could not be sent, or no answer came.</summary>
    Failed,
    /// <summary>Its time was over before it could be sent (again).</summary>
    Expired,
    /// <summary>A user took it back, or the device was removed.</summary>
    Cancelled,
}

/// <summary>What a device answered.</summary>
/// <param name="ValueJson">The answer as the spec decoded it, as JSON.</param>
/// <param name="Frame">The bytes of the frame as they came, at most <see cref="AwaitedAnswer.FrameBytesMax"/>.</param>
internal sealed record CommandAnswer(string ValueJson, byte[] Frame);

/// <summary>How a command ended.</summary>
/// <param name="Command">The command.</param>
/// <param name="Outcome">How.</param>
/// <param name="EndedUs">When, µs since 1970.</param>
/// <param name="Reason">Why it did not work, or what is to be known; null when there is nothing to say.</param>
/// <param name="Answer">What the device answered; null when it did not.</param>
internal sealed record CommandResult(DeviceCommand Command, CommandOutcome Outcome, long EndedUs, string? Reason, CommandAnswer? Answer)
{
    /// <summary>Members of <see cref="ToJson"/>, in its order.</summary>
    internal static string[] Members { get; } =
    [
        "id", "device_id", "name", "properties", "address", "state", "executed", "response", "response_hex", "reason", "attempts", "created", "sent", "timestamp", "channel_id", "connection_id", "meta",
    ];

    /// <summary>The result as the store and the API have it. <c>executed</c>: true when the device answered, null when it was sent and nobody can say more.</summary>
    internal string ToJson() => StoredJson.Object(json =>
    {
        CommandOrder order = Command.Order;
        json.WriteNumber("id", order.Id);
        json.WriteNumber("device_id", order.DeviceId);
        json.WriteString("name", order.Name);
        json.WriteRaw("properties", order.PropertiesJson);
        json.WriteString("address", "connection");
        json.WriteString("state", Outcome.ToString().ToLowerInvariant());
        if (Outcome is CommandOutcome.Sent) json.WriteNull("executed");
        else json.WriteBoolean("executed", Outcome is CommandOutcome.Processed);
        json.WriteRaw("response", Answer?.ValueJson ?? "null");
        json.WriteString("response_hex", Answer is null ? null : Convert.ToHexStringLower(Answer.Frame));
        json.WriteString("reason", Reason);
        json.WriteNumber("attempts", Command.Attempts);
        json.WriteNumber("created", order.CreatedUs / 1e6m);
        if (Command.SentUs == 0) json.WriteNull("sent");
        else json.WriteNumber("sent", Command.SentUs / 1e6m);
        json.WriteNumber("timestamp", EndedUs / 1e6m);
        if (Command.Connection is { } connection)
        {
            json.WriteNumber("channel_id", connection.Channel.Id);
            json.WriteNumber("connection_id", connection.Id);
        }
        else
        {
            json.WriteNull("channel_id");
            json.WriteNull("connection_id");
        }
        json.WriteRaw("meta", order.MetaJson);
    });
}
