using Gateway.Codecs;

namespace Gateway.Host.Simulation;

/// <summary>A sample of a spec with the places where a simulated device puts its own time, place, ident and checksums. Made by <see cref="TemplateMaker"/>.</summary>
internal sealed record PacketTemplate
{
    /// <summary>The sample that it was made of.</summary>
    public required SampleInfo Sample { get; init; }

    /// <summary>The packet as the decoder sees it: slots are places in it.</summary>
    public required PacketImage Image { get; init; }

    /// <summary>The ident of the sample: a device's own must have the same length where the packet tells it.</summary>
    public required string Ident { get; init; }

    /// <summary>Messages that a packet gives.</summary>
    public required int MessageCount { get; init; }

    /// <summary>Different points of a drive that a packet holds: one per message, or one that all share.</summary>
    public int PointCount { get; init; } = 1;

    /// <summary>How fine the clock of the device is: a second, or a minute.</summary>
    public long TimeStepUs { get; init; } = 1_000_000;

    /// <summary>The packet tells who the device is.</summary>
    public required bool SetsIdent { get; init; }

    /// <summary>The gateway answers it.</summary>
    public required bool HasReply { get; init; }

    /// <summary>The sample lies north of the equator, or on it.</summary>
    public required bool IsNorth { get; init; }

    /// <summary>The sample lies east of Greenwich, or on it.</summary>
    public required bool IsEast { get; init; }

    /// <summary>Places for times, positions, speeds.</summary>
    public required IReadOnlyList<Slot> Slots { get; init; }

    /// <summary>Checksums in the order in which they are made: a later one may cover an earlier one.</summary>
    public required IReadOnlyList<ChecksumSlot> Checksums { get; init; }

    /// <summary>Places of the ident.</summary>
    public required IReadOnlyList<IdentSlot> Idents { get; init; }

    /// <summary>Whether there are slots of a kind.</summary>
    public bool Has(SlotKind kind) => Slots.Any(slot => slot.Kind == kind);

    /// <summary>Whether the template can be sent from a city: a place keeps the sign of the sample where its field holds none.</summary>
    public bool Fits(City city) => Slots.All(slot => slot.Kind switch
    {
        SlotKind.Latitude => slot.IsSigned || IsNorth == city.Latitude >= 0,
        SlotKind.Longitude => slot.IsSigned || IsEast == city.Longitude >= 0,
        _ => true,
    });

    /// <summary>The point that a message shows.</summary>
    public int PointOf(int message) => Math.Min(message, PointCount - 1);

    /// <summary>The packet of a device.</summary>
    /// <param name="ident">As long as <see cref="Ident"/>; used where the packet tells it.</param>
    /// <param name="points">One per message; the last one counts for the rest.</param>
    public byte[] Build(string ident, IReadOnlyList<RoutePoint> points)
    {
        byte[] packet = [.. Image.Plain];
        foreach (IdentSlot slot in Idents) slot.Write(packet, ident);
        foreach (Slot slot in Slots) slot.TryWrite(packet, points[Math.Min(PointOf(slot.Message), points.Count - 1)]);
        return Finish(packet);
    }

    /// <summary>Makes the checksums of a packet right and escapes it.</summary>
    /// <param name="packet">An image with other content; changed.</param>
    public byte[] Finish(byte[] packet)
    {
        foreach (ChecksumSlot checksum in Checksums) checksum.TryWrite(packet);
        return Image.Encode(packet);
    }
}
