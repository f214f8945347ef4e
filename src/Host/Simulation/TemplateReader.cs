using System.Globalization;
using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Simulation;

/// <summary>Reads from the trace of a sample where its time, place, ident and checksums stand.</summary>
internal static class TemplateReader
{
    private const double UnitTolerance = 1e-4;
    private const double PlaceTolerance = 0.001;

    /// <summary>The template as the trace and the fields of the spec tell it; not tried yet.</summary>
    /// <returns>Null when a frame can't be brought back to the bytes of the wire.</returns>
    public static PacketTemplate? Read(ProtocolInfo protocol, SampleInfo sample, DecodedInput decoded, string ident)
    {
        if (PacketImage.Of(protocol, sample.Input, decoded, out int[] frameStarts) is not { } image) return null;
        List<Slot> slots = [];
        List<ChecksumSlot> checksums = [];
        int message = 0;
        for (int i = 0; i < decoded.Frames.Count; i++)
        {
            DecodedFrame frame = decoded.Frames[i];
            foreach (TraceEvent step in frame.Trace.Events)
            {
                switch (step.Kind)
                {
                    case TraceEventKind.EndMessage:
                        message++;
                        break;
                    case TraceEventKind.Field when TimeOnWire.IsTime(protocol.Fields[step.Index]) && IsInside(frame, step.Start, step.Length):
                        slots.Add(new Slot(SlotKind.Time, message, frameStarts[i] + step.Start, step.Length, protocol.Fields[step.Index], 1, 0));
                        break;
                    case TraceEventKind.Value:
                        if (SlotOf(protocol, frame, frameStarts[i], step.Value!, message) is { } slot) slots.Add(slot);
                        break;
                    case TraceEventKind.Check when step.Correct:
                        checksums.Add(new ChecksumSlot(frameStarts[i], frame.Bytes.Length, protocol.Checks[step.Index], step.Start, step.Length, step.StoredAt));
                        break;
                    default:
                        break;
                }
            }
        }

        TraceMessage[] messages = [.. decoded.Messages];
        return new PacketTemplate
        {
            Sample = sample,
            Image = image,
            Ident = ident,
            MessageCount = messages.Length,
            PointCount = Math.Max(1, messages.Length),
            SetsIdent = decoded.Frames.Any(frame => frame.SetIdent),
            HasReply = decoded.Reply.Length > 0,
            IsNorth = messages.All(m => TemplateMaker.Number(m, "position.latitude") is not < 0),
            IsEast = messages.All(m => TemplateMaker.Number(m, "position.longitude") is not < 0),
            Slots = slots,
            Checksums = checksums,
            Idents = IdentSlot.FindAll(image.Plain, ident),
        };
    }

    /// <summary>Adds the places that no field explains: their form is found by trying.</summary>
    /// <param name="codec">The protocol.</param>
    /// <param name="template">What <see cref="Read"/> found.</param>
    /// <param name="decoded">The sample, decoded.</param>
    /// <param name="points">Where the device will be, for the trial.</param>
    /// <param name="newSession">A session as it is when the sample comes.</param>
    public static PacketTemplate AddProbed(Codec codec, PacketTemplate template, DecodedInput decoded, RoutePoint[] points, Func<Session> newSession)
    {
        PacketImage.Of(codec.Info, template.Sample.Input, decoded, out int[] frameStarts);
        List<Slot> added = [];
        int first = 0;
        for (int i = 0; i < decoded.Frames.Count; i++)
        {
            DecodedFrame frame = decoded.Frames[i];
            IReadOnlyList<TraceMessage> messages = frame.Trace.Messages;
            for (int k = 0; k < messages.Count; k++)
            {
                foreach (SlotKind kind in (SlotKind[])[SlotKind.Latitude, SlotKind.Longitude, SlotKind.Time])
                {
                    string name = kind switch { SlotKind.Latitude => "position.latitude", SlotKind.Longitude => "position.longitude", _ => "timestamp" };
                    int message = first + k;
                    if (messages[k].Find(name) is not { Field: >= 0, Length: > 0 } value || !IsInside(frame, value.Start, value.Length) || template.Slots.Any(slot => slot.Kind == kind && slot.Message == message)) continue;
                    double[] targets = [.. points.Select(point => kind switch { SlotKind.Latitude => point.Latitude, SlotKind.Longitude => point.Longitude, _ => point.TimeUs / 1_000_000 })];
                    int start = frameStarts[i] + value.Start;
                    if (NumberProbe.Find(template.Image.Plain, start, value.Length, targets, kind is SlotKind.Time ? 1 : PlaceTolerance, Decode) is { } form)
                        added.Add(new Slot(kind, message, start, value.Length, codec.Info.Fields[value.Field], 1, 0) { Form = form });

                    double? Decode(byte[] packet) => InputDecoder.Decode(codec, newSession(), template.Finish([.. packet])).Messages.ElementAtOrDefault(message) is { } read
                        ? TemplateMaker.Number(read, name) / (kind is SlotKind.Time ? 1e6 : 1)
                        : null;
                }
            }
            first += messages.Count;
        }
        return added.Count == 0 ? template : template with { Slots = [.. template.Slots, .. added] };
    }

    /// <summary>The slot of a value, if its bytes say what the value says: values of single bits or put together from several fields are left as they are.</summary>
    private static Slot? SlotOf(ProtocolInfo protocol, DecodedFrame frame, int frameStart, TraceValue value, int message)
    {
        SlotKind? kind = value.Name switch
        {
            "position.latitude" => SlotKind.Latitude,
            "position.longitude" => SlotKind.Longitude,
            "position.speed" => SlotKind.Speed,
            "position.direction" => SlotKind.Direction,
            _ => null,
        };
        if (kind is not { } known || value.Field < 0 || value.Length <= 0 || value.Value is string or bool || !IsInside(frame, value.Start, value.Length)) return null;

        FieldInfo field = protocol.Fields[value.Field];
        if (!Slot.TryRead(frame.Bytes.AsSpan(value.Start, value.Length), field, out double scaled)) return null;
        double actual = Convert.ToDouble(value.Value, CultureInfo.InvariantCulture);
        if (!NumberOnWire.IsSigned(field)) (scaled, actual) = (Math.Abs(scaled), Math.Abs(actual));
        if (scaled == 0) return actual == 0 ? new Slot(known, message, frameStart + value.Start, value.Length, field, 1, 0) : null;

        double unit = actual / scaled;
        bool isPlausible = known is SlotKind.Speed ? unit is > 0.01 and < 4 : Math.Abs(unit - 1) < UnitTolerance;
        return isPlausible ? new Slot(known, message, frameStart + value.Start, value.Length, field, Math.Abs(unit - 1) < UnitTolerance ? 1 : unit, 0) : null;
    }

    /// <summary>Offsets into something unpacked are none of the frame.</summary>
    private static bool IsInside(DecodedFrame frame, int start, int length) => start >= 0 && length > 0 && start + length <= frame.Bytes.Length;
}
