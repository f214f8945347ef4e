using System.Globalization;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Simulation;

/// <summary>Makes templates of samples from what the decoder's trace tells, and tries each one before it is used.</summary>
/// <remarks>Nothing here knows a protocol: the trace says which bytes are the latitude, the spec says how they are written, and a trial decode says whether that was understood.</remarks>
internal static class TemplateMaker
{
    private const double PlaceTolerance = 0.001;
    private const double UnitTolerance = 1e-4;
    private const long UsPerSecond = 1_000_000;
    private const long ZoneStepUs = 15 * 60 * UsPerSecond;
    private const long ZoneMaxUs = 14 * 3600 * UsPerSecond;

    /// <summary>Makes a template of a sample.</summary>
    /// <param name="codec">The protocol.</param>
    /// <param name="sample">One of its samples.</param>
    /// <param name="newSession">Gives a session as it is when a device sends this. Called for each trial.</param>
    /// <returns>Null when the sample does not decode whole, lies in a frame whose bytes are not those of the wire, or does not decode to what is put in.</returns>
    public static PacketTemplate? TryMake(Codec codec, SampleInfo sample, Func<Session> newSession)
    {
        Session session = newSession();
        DecodedInput decoded = InputDecoder.Decode(codec, session, sample.Input);
        if (!decoded.IsWhole || decoded.Frames.Count == 0 || decoded.Frames.Any(frame => frame.Start < 0 || frame.ChecksumErrors > 0)) return null;

        PacketTemplate template = Describe(codec.Info, sample, decoded, Encoding.UTF8.GetString(session.Ident));
        if (template.Slots.Count == 0 && template.Idents.Count == 0) return template;
        if (Route.Cities.FirstOrDefault(template.Fits) is not { } city) return null;

        Route route = new(city, new Random(1));
        RoutePoint[] points = [.. Enumerable.Range(0, Math.Max(1, template.MessageCount)).Select(i => route.At((1_700_000_000L + 10 * i) * UsPerSecond))];
        template = AdjustZone(codec, template, newSession, points);
        return Trial(codec, template, newSession, points) is { } found && IsFaithful(template, found, points)
            ? template with { Slots = [.. template.Slots.Where(slot => IsKept(slot, found, points))] }
            : null;
    }

    private static PacketTemplate Describe(ProtocolInfo protocol, SampleInfo sample, DecodedInput decoded, string ident)
    {
        List<Slot> slots = [];
        List<ChecksumSlot> checksums = [];
        int message = 0;
        foreach (DecodedFrame frame in decoded.Frames)
        {
            foreach (TraceEvent step in frame.Trace.Events)
            {
                switch (step.Kind)
                {
                    case TraceEventKind.EndMessage:
                        message++;
                        break;
                    case TraceEventKind.Field when TimeOnWire.IsTime(protocol.Fields[step.Index]):
                        slots.Add(new Slot(SlotKind.Time, message, frame.Start + step.Start, step.Length, protocol.Fields[step.Index], 1, 0));
                        break;
                    case TraceEventKind.Value:
                        if (SlotOf(protocol, frame, step.Value!, message) is { } slot) slots.Add(slot);
                        break;
                    case TraceEventKind.Check when step.Correct:
                        checksums.Add(new ChecksumSlot(frame.Start, frame.Bytes.Length, protocol.Checks[step.Index], step.Start, step.Length, step.StoredAt));
                        break;
                    default:
                        break;
                }
            }
        }

        bool setsIdent = decoded.Frames.Any(frame => frame.SetIdent);
        TraceMessage[] messages = [.. decoded.Messages];
        return new PacketTemplate
        {
            Sample = sample,
            Ident = ident,
            MessageCount = messages.Length,
            SetsIdent = setsIdent,
            HasReply = decoded.Reply.Length > 0,
            IsNorth = messages.All(m => Number(m, "position.latitude") is not < 0),
            IsEast = messages.All(m => Number(m, "position.longitude") is not < 0),
            Slots = slots,
            Checksums = checksums,
            Idents = setsIdent ? IdentSlot.FindAll(sample.Input, ident) : [],
        };
    }

    /// <summary>The slot of a value, if its bytes say what the value says: values of single bits or put together from several fields are left as they are.</summary>
    private static Slot? SlotOf(ProtocolInfo protocol, DecodedFrame frame, TraceValue value, int message)
    {
        SlotKind? kind = value.Name switch
        {
            "position.latitude" => SlotKind.Latitude,
            "position.longitude" => SlotKind.Longitude,
            "position.speed" => SlotKind.Speed,
            "position.direction" => SlotKind.Direction,
            _ => null,
        };
        if (kind is not { } known || value.Field < 0 || value.Length <= 0 || value.Value is string or bool) return null;

        FieldInfo field = protocol.Fields[value.Field];
        if (!Slot.TryRead(frame.Bytes.AsSpan(value.Start, value.Length), field, out double scaled)) return null;
        double actual = Convert.ToDouble(value.Value, CultureInfo.InvariantCulture);
        if (!NumberOnWire.IsSigned(field)) (scaled, actual) = (Math.Abs(scaled), Math.Abs(actual));
        if (scaled == 0) return actual == 0 ? new Slot(known, message, frame.Start + value.Start, value.Length, field, 1, 0) : null;

        double unit = actual / scaled;
        bool isPlausible = known is SlotKind.Speed ? unit is > 0.01 and < 4 : Math.Abs(unit - 1) < UnitTolerance;
        return isPlausible ? new Slot(known, message, frame.Start + value.Start, value.Length, field, Math.Abs(unit - 1) < UnitTolerance ? 1 : unit, 0) : null;
    }

    /// <summary>Finds what a device's clock is ahead of UTC by looking how far the decoded times are off, in quarters of an hour.</summary>
    private static PacketTemplate AdjustZone(Codec codec, PacketTemplate template, Func<Session> newSession, RoutePoint[] points)
    {
        if (Trial(codec, template, newSession, points) is not { Length: > 0 } found || found[0].Find("timestamp")?.Value is not long timeUs) return template;
        long zoneUs = points[0].TimeUs - timeUs;
        return zoneUs != 0 && zoneUs % ZoneStepUs == 0 && Math.Abs(zoneUs) <= ZoneMaxUs
            ? template with { Slots = [.. template.Slots.Select(slot => slot.Kind is SlotKind.Time ? slot with { ZoneUs = zoneUs } : slot)] }
            : template;
    }

    /// <summary>The messages of a packet built from the template; null when it does not decode as the sample did.</summary>
    private static TraceMessage[]? Trial(Codec codec, PacketTemplate template, Func<Session> newSession, RoutePoint[] points)
    {
        Session session = newSession();
        string ident = template.SetsIdent ? DeviceIdent.Of(template.Ident, 7) : template.Ident;
        DecodedInput decoded = InputDecoder.Decode(codec, session, template.Build(ident, points));
        TraceMessage[] messages = [.. decoded.Messages];
        bool isSame = decoded.IsWhole && messages.Length == template.MessageCount && decoded.Frames.All(frame => frame.ChecksumErrors == 0)
            && Encoding.UTF8.GetString(session.Ident) == ident;
        return isSame ? messages : null;
    }

    private static bool IsFaithful(PacketTemplate template, TraceMessage[] messages, RoutePoint[] points) =>
        template.Slots.Where(slot => slot.Message < messages.Length).All(slot => slot.Kind switch
        {
            SlotKind.Time => messages[slot.Message].Find("timestamp")?.Value is long timeUs && Math.Abs(timeUs - points[slot.Message].TimeUs) < UsPerSecond,
            SlotKind.Latitude => IsNear(messages[slot.Message], "position.latitude", points[slot.Message].Latitude, PlaceTolerance),
            SlotKind.Longitude => IsNear(messages[slot.Message], "position.longitude", points[slot.Message].Longitude, PlaceTolerance),
            _ => true,
        });

    /// <summary>Speed and direction are given up one by one where they do not come out as they were put in.</summary>
    private static bool IsKept(Slot slot, TraceMessage[] messages, RoutePoint[] points) => slot.Message >= messages.Length || slot.Kind switch
    {
        SlotKind.Speed => IsNear(messages[slot.Message], "position.speed", points[slot.Message].SpeedKmh, 2.5),
        SlotKind.Direction => IsNear(messages[slot.Message], "position.direction", points[slot.Message].Direction, 2.5),
        _ => true,
    };

    private static bool IsNear(TraceMessage message, string name, double expected, double tolerance) =>
        Number(message, name) is { } value && Math.Abs(value - expected) <= tolerance;

    private static double? Number(TraceMessage message, string name) =>
        message.Find(name)?.Value is { } value and (long or double) ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;
}
