using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Documentation;

/// <summary>Where the fields of a spec stand in frames, as far as its samples show it.</summary>
internal sealed class FieldPlaces
{
    private readonly Dictionary<int, (int Start, int Length, bool IsFixed)> _places = [];

    /// <summary>Decodes all samples of a protocol.</summary>
    public FieldPlaces(Codec codec)
    {
        foreach (SampleInfo sample in codec.Info.Samples)
        {
            Session session = SampleCheck.SessionOf(codec, sample, []);
            foreach (DecodedFrame frame in InputDecoder.Decode(codec, session, sample.Input).Frames)
                foreach (TraceEvent step in frame.Trace.Events.Where(step => step.Kind is TraceEventKind.Field)) Note(step);
        }
    }

    /// <summary>The offset of a field in the frame; <c>varies</c> when samples differ, empty when none has the field.</summary>
    public string OffsetOf(int field) => !_places.TryGetValue(field, out var place) ? "" : place.IsFixed ? $"{place.Start}" : "varies";

    private void Note(TraceEvent step)
    {
        bool isFirst = !_places.TryGetValue(step.Index, out var place);
        _places[step.Index] = isFirst ? (step.Start, step.Length, true) : place with { IsFixed = place.IsFixed && place.Start == step.Start };
    }
}
