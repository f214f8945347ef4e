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
    private const long UsPerSecond = 1_000_000;
    private const long UsPerMinute = 60 * UsPerSecond;
    private const long ZoneStepUs = 15 * UsPerMinute;
    private const long ZoneMaxUs = 14 * 60 * UsPerMinute;
    private const int TrialNumber = 7;

    /// <summary>Makes a template of a sample.</summary>
    /// <param name="codec">The protocol.</param>
    /// <param name="sample">One of its samples.</param>
    /// <param name="newSession">Gives a session as it is when a device with this ident sends the packet; null stands for the ident of the samples. Called for each trial.</param>
    /// <returns>Null when the sample does not decode whole, lies in a frame that can't be brought back to the bytes of the wire, or does not decode to what is put in.</returns>
    public static PacketTemplate? TryMake(Codec codec, SampleInfo sample, Func<string?, Session> newSession)
    {
        Session session = newSession(null);
        DecodedInput decoded = InputDecoder.Decode(codec, session, sample.Input);
        if (!decoded.IsWhole || decoded.Frames.Count == 0 || decoded.Frames.Any(frame => frame.ChecksumErrors > 0)) return null;
        if (TemplateReader.Read(codec.Info, sample, decoded, Encoding.UTF8.GetString(session.Ident)) is not { } template) return null;
        if (template.Slots.Count == 0 && template.Idents.Count == 0) return template;
        if (Route.Cities.FirstOrDefault(city => (template.IsNorth, template.IsEast) == (city.Latitude >= 0, city.Longitude >= 0)) is not { } city) return null;

        Route route = new(city, new Random(1));
        RoutePoint[] points = [.. Enumerable.Range(0, Math.Max(1, template.MessageCount)).Select(i => route.At((1_710_000_000L + 70 * i) * UsPerSecond))];
        template = TemplateReader.AddProbed(codec, template, decoded, points, () => newSession(null));

        // An ident that only looks like one, or a time that all messages share: the simplest reading that comes out right counts.
        foreach (PacketTemplate named in (PacketTemplate[])[template, template with { Idents = [] }])
            foreach (int pointCount in (int[])[Math.Max(1, template.MessageCount), 1])
                if (TryFit(codec, named with { PointCount = pointCount }, newSession, points) is { } fitting) return fitting;
        return null;
    }

    private static PacketTemplate? TryFit(Codec codec, PacketTemplate template, Func<string?, Session> newSession, RoutePoint[] points)
    {
        template = AdjustZone(codec, template, newSession, points);
        if (Trial(codec, template, newSession, points) is not { } found) return null;
        if (template.Has(SlotKind.Time) && found.Select((message, i) => points[template.PointOf(i)].TimeUs - (message.Find("timestamp")?.Value as long? ?? 0)).Any(late => late is >= UsPerSecond and < UsPerMinute))
            template = template with { TimeStepUs = UsPerMinute };
        return IsFaithful(template, found, points) ? template with { Slots = [.. template.Slots.Where(slot => IsKept(template, slot, found, points))] } : null;
    }

    /// <summary>Finds what a device's clock is ahead of UTC by looking how far the decoded times are off, in quarters of an hour.</summary>
    private static PacketTemplate AdjustZone(Codec codec, PacketTemplate template, Func<string?, Session> newSession, RoutePoint[] points)
    {
        if (Trial(codec, template, newSession, points) is not { Length: > 0 } found || found[0].Find("timestamp")?.Value is not long timeUs) return template;
        long zoneUs = (long)Math.Round((points[0].TimeUs - timeUs) / (double)ZoneStepUs) * ZoneStepUs;
        bool isZone = zoneUs != 0 && points[0].TimeUs - timeUs - zoneUs is > -UsPerSecond and < UsPerMinute && Math.Abs(zoneUs) <= ZoneMaxUs;
        return isZone ? template with { Slots = [.. template.Slots.Select(slot => slot.Kind is SlotKind.Time ? slot with { ZoneUs = zoneUs } : slot)] } : template;
    }

    /// <summary>The messages of a packet built from the template; null when it does not decode as the sample did.</summary>
    private static TraceMessage[]? Trial(Codec codec, PacketTemplate template, Func<string?, Session> newSession, RoutePoint[] points)
    {
        string other = DeviceIdent.Of(template.Ident, TrialNumber);
        Session session = newSession(other);
        bool isRenamed = template.Idents.Count > 0 || Encoding.UTF8.GetString(session.Ident) == other;
        string ident = isRenamed ? other : template.Ident;
        DecodedInput decoded = InputDecoder.Decode(codec, session, template.Build(ident, points));
        TraceMessage[] messages = [.. decoded.Messages];
        bool isSame = decoded.IsWhole && messages.Length == template.MessageCount && decoded.Frames.All(frame => frame.ChecksumErrors == 0)
            && Encoding.UTF8.GetString(session.Ident) == ident;
        return isSame ? messages : null;
    }

    /// <summary>Every message has the time and place that were put in, as far as the sample has them.</summary>
    private static bool IsFaithful(PacketTemplate template, TraceMessage[] messages, RoutePoint[] points)
    {
        for (int i = 0; i < messages.Length; i++)
        {
            RoutePoint point = points[template.PointOf(i)];
            if (template.Has(SlotKind.Time) && !(messages[i].Find("timestamp")?.Value is long timeUs && point.TimeUs - timeUs is var late && late > -UsPerSecond && late < template.TimeStepUs)) return false;
            if (messages[i].Find("position.latitude") is not null && !IsNear(messages[i], "position.latitude", point.Latitude, PlaceTolerance)) return false;
            if (messages[i].Find("position.longitude") is not null && !IsNear(messages[i], "position.longitude", point.Longitude, PlaceTolerance)) return false;
        }
        return true;
    }

    /// <summary>Speed and direction are given up one by one where they do not come out as they were put in.</summary>
    private static bool IsKept(PacketTemplate template, Slot slot, TraceMessage[] messages, RoutePoint[] points) => slot.Message >= messages.Length || slot.Kind switch
    {
        SlotKind.Speed => IsNear(messages[slot.Message], "position.speed", points[template.PointOf(slot.Message)].SpeedKmh, 2.5),
        SlotKind.Direction => IsNear(messages[slot.Message], "position.direction", points[template.PointOf(slot.Message)].Direction, 2.5),
        _ => true,
    };

    private static bool IsNear(TraceMessage message, string name, double expected, double tolerance) =>
        Number(message, name) is { } value && Math.Abs(value - expected) <= tolerance;

    /// <summary>A number of a message, null when it has none of the name.</summary>
    internal static double? Number(TraceMessage message, string name) =>
        message.Find(name)?.Value is { } value and (long or double) ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;
}
