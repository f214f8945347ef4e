using System.Text;
using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Identification;

/// <summary>Says which protocols explain some bytes: each one decodes them, and what it found is weighed.</summary>
/// <remarks>Weights: the share of bytes that belong to decoded frames and were read 50, a right checksum 20, an ident 10, a place 10, a time 10; a wrong checksum takes 30.</remarks>
internal static class Identifier
{
    private const string StandInIdent = "unknown";
    private const double ReadShareWeight = 50;
    private const double ChecksumWeight = 20;
    private const double IdentWeight = 10;
    private const double PlaceWeight = 10;
    private const double TimeWeight = 10;
    private const double WrongChecksumWeight = 30;
    private const int IdentLengthMin = 5;
    private const int LongFrameBytes = 32;

    /// <summary>All protocols, best first.</summary>
    /// <param name="codecs">The protocols.</param>
    /// <param name="input">The bytes.</param>
    /// <param name="nowUs">The clock: times far from it are not plausible.</param>
    public static IReadOnlyList<Candidate> Rank(IEnumerable<Codec> codecs, byte[] input, long nowUs) =>
        [.. codecs.Select(codec => Best(codec, input, nowUs)).OrderByDescending(candidate => candidate.Score).ThenBy(candidate => candidate.Codec.Info.Name, StringComparer.Ordinal)];

    private static Candidate Best(Codec codec, byte[] input, long nowUs)
    {
        List<Candidate> ways = [];
        foreach (Transport transport in Transports(codec.Info))
        {
            // A frame out of the middle of a connection: the login came before.
            foreach (string? ident in (string?[])[null, StandInIdent])
            {
                ways.Add(Weigh(codec, transport, input, nowUs, ident, isCompleted: false));
                // What is copied out of a log has lost its end of line.
                if (IsLineWithoutEnd(input)) ways.Add(Weigh(codec, transport, [.. input, .. "\r\n"u8], nowUs, ident, isCompleted: true));
            }
        }
        return ways.MaxBy(candidate => candidate.Score)!;
    }

    private static IEnumerable<Transport> Transports(ProtocolInfo protocol)
    {
        if (protocol.Tcp || !protocol.Udp) yield return Transport.Tcp;
        if (protocol.Udp) yield return Transport.Udp;
    }

    private static bool IsLineWithoutEnd(byte[] input) => input.Length > 0 && input[^1] is >= 0x20 and < 0x7F && input.Count(b => b is >= 0x20 and < 0x7F) >= input.Length * 3 / 4;

    private static Candidate Weigh(Codec codec, Transport transport, byte[] input, long nowUs, string? ident, bool isCompleted)
    {
        DecodedInput decoded = Decode(codec, transport, input, nowUs, ident);
        DecodedFrame[] good = [.. decoded.Frames.Where(frame => frame.Status is DecodeStatus.Ok)];
        List<string> evidence = [];
        if (good.Length == 0) return new Candidate(codec, transport, decoded, 0, [Refusal(decoded)], isCompleted);

        // Who takes any bytes and makes nothing of them explains nothing.
        if (!good.Any(frame => frame.SetIdent || frame.Reply.Length > 0 || frame.Trace.Messages.Count > 0 || frame.Trace.Events.Any(step => step.Kind is TraceEventKind.Check)))
            return new Candidate(codec, transport, decoded, 0, ["decodes to nothing"], isCompleted);

        double share = ReadShare(codec.Info, good, input.Length);
        double score = ReadShareWeight * share;
        evidence.Add($"{share * 100:F0} % of the bytes read");
        score += Checksums(good, evidence) + Facts(good, nowUs, evidence);
        if (decoded.Frames.Count > good.Length) evidence.Add($"{decoded.Frames.Count - good.Length} of {decoded.Frames.Count} frames refused");
        return new Candidate(codec, transport, decoded, Math.Clamp(score * good.Length / decoded.Frames.Count, 0, 100), evidence, isCompleted);
    }

    private static DecodedInput Decode(Codec codec, Transport transport, byte[] input, long nowUs, string? ident)
    {
        Session session = codec.CreateSession();
        session.Transport = transport;
        session.NowUs = nowUs;
        if (ident is not null) session.TrySetIdent(Encoding.UTF8.GetBytes(ident));
        return InputDecoder.Decode(codec, session, input);
    }

    private static string Refusal(DecodedInput decoded) => decoded.Frames.Count == 0
        ? $"no frame: {decoded.End} at byte {decoded.Consumed}"
        : $"refused: {decoded.Frames[0].Status} at byte {decoded.Frames[0].FailedOffset} of the frame";

    /// <summary>The share of all bytes that lie in decoded frames and were read as something.</summary>
    private static double ReadShare(ProtocolInfo protocol, DecodedFrame[] frames, int inputLength)
    {
        double read = 0;
        foreach (DecodedFrame frame in frames)
        {
            // A field that takes most of a long frame is a last resort, such as the text of an answer: it reads nothing in particular.
            int unread = Explanation.Of(protocol, frame).Where(row => row.Parameter == Explanation.NotRead || (frame.Bytes.Length >= LongFrameBytes && row.Length > frame.Bytes.Length / 2))
                .DistinctBy(row => (row.Start, row.Length)).Sum(row => row.Length);
            read += frame.Bytes.Length - unread;
        }
        return Math.Clamp(read / inputLength, 0, 1);
    }

    private static double Checksums(DecodedFrame[] frames, List<string> evidence)
    {
        TraceEvent[] checks = [.. frames.SelectMany(frame => frame.Trace.Events).Where(step => step.Kind is TraceEventKind.Check)];
        if (checks.Length == 0) return 0;
        bool isRight = checks.All(check => check.Correct);
        evidence.Add(isRight ? "checksum right" : "checksum WRONG");
        return isRight ? ChecksumWeight : -WrongChecksumWeight;
    }

    private static double Facts(DecodedFrame[] frames, long nowUs, List<string> evidence)
    {
        TraceMessage[] messages = [.. frames.SelectMany(frame => frame.Trace.Messages)];
        double score = 0;
        // The ident of a login leaves no message; a session that was told one answers for it.
        if (frames.Any(frame => frame.SetIdent) || messages.Any(message => message.Find("ident")?.Value is string { Length: >= IdentLengthMin } ident && ident != StandInIdent))
        {
            score += IdentWeight;
            evidence.Add("ident");
        }
        if (messages.Length == 0) return score;
        if (messages.All(IsPlausiblePlace))
        {
            score += PlaceWeight;
            evidence.Add("position");
        }
        if (messages.All(message => message.Find("timestamp") is { Field: >= 0, Value: long timeUs } && IsPlausibleTime(timeUs, nowUs)))
        {
            score += TimeWeight;
            evidence.Add("time");
        }
        return score;
    }

    private static bool IsPlausiblePlace(TraceMessage message) =>
        Number(message.Find("position.latitude")) is { } latitude && Number(message.Find("position.longitude")) is { } longitude
        && Math.Abs(latitude) is > 0.01 and < 85 && Math.Abs(longitude) is > 0.01 and <= 180;

    private static bool IsPlausibleTime(long timeUs, long nowUs)
    {
        const long usPerDay = 86_400_000_000;
        return timeUs > nowUs - 25 * 365 * usPerDay && timeUs < nowUs + 2 * usPerDay;
    }

    private static double? Number(TraceValue? value) => value?.Value is long or double ? Convert.ToDouble(value.Value, System.Globalization.CultureInfo.InvariantCulture) : null;
}
