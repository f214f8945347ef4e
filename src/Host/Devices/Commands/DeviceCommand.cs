using Gateway.Host.Listeners;

namespace Gateway.Host.Devices.Commands;

/// <summary>Where a command stands.</summary>
internal enum CommandState
{
    /// <summary>It waits for the device to connect, or to send its next datagram.</summary>
    Queued,
    /// <summary>Its attempt is being noted, its bytes are being written.</summary>
    Sending,
    /// <summary>It was sent; its answer is awaited.</summary>
    Sent,
    /// <summary>It has a <see cref="CommandResult"/>.</summary>
    Ended,
}

/// <summary>A command on its way. What changes is the queue's, under its gate.</summary>
internal sealed class DeviceCommand(CommandOrder order)
{
    /// <summary>What is wanted.</summary>
    internal CommandOrder Order => order;

    /// <summary>Where it stands.</summary>
    internal CommandState State { get; set; }

    /// <summary>How often it was sent, or was about to be.</summary>
    internal int Attempts { get; set; }

    /// <summary>When it was sent last, µs since 1970; 0 when never.</summary>
    internal long SentUs { get; set; }

    /// <summary>Why the attempt before failed; null when none did.</summary>
    internal string? LastReason { get; set; }

    /// <summary>The connection it was given to.</summary>
    internal DeviceConnection? Connection { get; set; }

    /// <summary>Whether the writing of its bytes has begun in this attempt: from then on the device may have got them.</summary>
    internal bool HasBegun { get; set; }

    /// <summary>Whether any attempt got that far.</summary>
    internal bool MayHaveArrived { get; set; }

    /// <summary>Completes with the result.</summary>
    internal TaskCompletionSource<CommandResult> Ending { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the disk has the result. Set before <see cref="Ending"/> completes.</summary>
    internal Task<bool> Written { get; set; } = Task.FromResult(false);
}
