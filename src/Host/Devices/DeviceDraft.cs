namespace Gateway.Host.Devices;

/// <summary>A wish to create or change a device; null leaves a property as it is (or at its default).</summary>
internal sealed record DeviceDraft
{
    /// <summary>The account that gets the device; only at creation.</summary>
    internal long? Cid { get; init; }

    /// <summary>Name for people.</summary>
    internal string? Name { get; init; }

    /// <summary>Whether it may connect.</summary>
    internal bool? Enabled { get; init; }

    /// <summary>Number of the type; 0 for none.</summary>
    internal long? DeviceTypeId { get; init; }

    /// <summary>Name or alias of a protocol, instead of a type's number.</summary>
    internal string? ProtocolName { get; init; }

    /// <summary>Name of a type of that protocol; without it, the generic one.</summary>
    internal string? DeviceTypeName { get; init; }

    /// <summary>A configuration as a JSON object.</summary>
    internal string? ConfigurationJson { get; init; }

    /// <summary>Seconds for which messages are shown.</summary>
    internal long? MessagesTtlSeconds { get; init; }

    /// <summary>Bytes of messages.</summary>
    internal long? MessagesRotate { get; init; }

    /// <summary>Seconds for which media stay.</summary>
    internal long? MediaTtlSeconds { get; init; }

    /// <summary>Bytes of media.</summary>
    internal long? MediaRotate { get; init; }

    /// <summary>Free JSON object.</summary>
    internal string? MetadataJson { get; init; }

    /// <summary>Whether configuration and metadata are put into what is there, member by member (null removes one), instead of in its place.</summary>
    internal bool IsMerge { get; init; }
}

/// <summary>What became of a wish: the device, or why not (then nothing of it was changed).</summary>
/// <param name="Device">The device created or changed; null when refused.</param>
/// <param name="Problem">Why it was refused and what was expected; null when it was done.</param>
internal readonly record struct DeviceOutcome(Device? Device, string? Problem)
{
    /// <summary>Whether a limit stands against it, and not the wish itself.</summary>
    internal bool IsLimitReached { get; init; }

    internal static DeviceOutcome Refused(string problem) => new(null, problem);
}
