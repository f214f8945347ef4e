using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Trials;

/// <summary>Compares what two codecs make of the same traffic, frame by frame: messages, values, replies, refusals.</summary>
internal static class Trial
{
    private const string Nothing = "-";

    /// <summary>Replays one connection through both codecs.</summary>
    /// <param name="before">The codec that is there.</param>
    /// <param name="after">The codec to try.</param>
    /// <param name="connection">The traffic.</param>
    /// <param name="nowUs">The clock of both.</param>
    public static ConnectionTrial Run(Codec before, Codec after, RecordedConnection connection, long nowUs)
    {
        ReplayedConnection old = Replay.Run(before, connection, nowUs);
        ReplayedConnection young = Replay.Run(after, connection, nowUs);
        List<FrameTrial> frames = [];
        int i = 0, j = 0;
        while (i < old.Frames.Count || j < young.Frames.Count)
        {
            // Frames that end at the same byte are the same frame; others exist on one side only.
            long oldEnd = i < old.Frames.Count ? old.Frames[i].End : long.MaxValue;
            long youngEnd = j < young.Frames.Count ? young.Frames[j].End : long.MaxValue;
            ReplayedFrame? left = oldEnd <= youngEnd ? old.Frames[i++] : null;
            ReplayedFrame? right = youngEnd <= oldEnd ? young.Frames[j++] : null;
            frames.Add(new FrameTrial((left ?? right)!, Compare(before.Info, left, after.Info, right)));
        }
        string oldRest = RestOf(old), youngRest = RestOf(young);
        return new ConnectionTrial(frames, oldRest == youngRest ? null : $"at the end: {oldRest} -> {youngRest}");
    }

    private static List<string> Compare(ProtocolInfo before, ReplayedFrame? left, ProtocolInfo after, ReplayedFrame? right)
    {
        string old = OutcomeOf(before, left), young = OutcomeOf(after, right);
        List<string> differences = [];
        if (!string.Equals(Kind(left), Kind(right), StringComparison.Ordinal)) differences.Add($"{old} -> {young}");
        if (left is null || right is null) return differences;

        IReadOnlyList<TraceMessage> oldMessages = left.Frame.Trace.Messages, youngMessages = right.Frame.Trace.Messages;
        if (oldMessages.Count != youngMessages.Count) differences.Add($"{oldMessages.Count} messages -> {youngMessages.Count} messages");
        for (int i = 0; i < Math.Max(oldMessages.Count, youngMessages.Count); i++)
            differences.AddRange(Compare(i + 1, oldMessages.ElementAtOrDefault(i), youngMessages.ElementAtOrDefault(i)));
        if (!left.Frame.Reply.AsSpan().SequenceEqual(right.Frame.Reply)) differences.Add($"reply {HexOf(left.Frame.Reply)} -> {HexOf(right.Frame.Reply)}");
        if (left.Frame.ChecksumErrors != right.Frame.ChecksumErrors) differences.Add($"{left.Frame.ChecksumErrors} wrong checksums -> {right.Frame.ChecksumErrors}");
        return differences;
    }

    private static IEnumerable<string> Compare(int number, TraceMessage? before, TraceMessage? after)
    {
        IEnumerable<string> names = (before?.Values ?? []).Concat(after?.Values ?? []).Select(value => value.Name).Distinct().Order(StringComparer.Ordinal);
        foreach (string name in names)
        {
            string old = TextOf(before?.Find(name)), young = TextOf(after?.Find(name));
            if (old != young) yield return $"message {number}: {name} {old} -> {young}";
        }
    }

    private static string TextOf(TraceValue? value) => value is null ? Nothing : TraceJson.Of(value);

    private static string HexOf(byte[] bytes) => bytes.Length == 0 ? Nothing : Convert.ToHexString(bytes);

    private static string Kind(ReplayedFrame? frame) => frame is null ? "no frame" : frame.Frame.Status.ToString();

    private static string OutcomeOf(ProtocolInfo protocol, ReplayedFrame? frame) => frame switch
    {
        null => "no frame",
        { Frame.Status: DecodeStatus.Ok } => $"decoded, {frame.Frame.Trace.Messages.Count} messages",
        _ => $"refused: {frame.Frame.Status} at byte {frame.Frame.FailedOffset} ({protocol.SpecFile}:{frame.Frame.FailedLine})",
    };

    private static string RestOf(ReplayedConnection connection) => connection.End switch
    {
        FrameStatus.Malformed or FrameStatus.TooLong => $"{connection.End} at byte {connection.Position}",
        _ when connection.Rest > 0 => $"{connection.Rest} bytes that are no whole frame",
        _ => "all bytes used",
    };
}

/// <summary>A frame as both codecs saw it.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Differences">What differs, one line each; empty when nothing does.</param>
internal sealed record FrameTrial(ReplayedFrame Frame, IReadOnlyList<string> Differences);

/// <summary>A connection as both codecs saw it.</summary>
/// <param name="Frames">Its frames.</param>
/// <param name="EndDifference">What differs in the bytes left over, or null.</param>
internal sealed record ConnectionTrial(IReadOnlyList<FrameTrial> Frames, string? EndDifference);
