using System.Text.Json;

namespace Gateway.Conformance.Tests;

/// <summary>What came out for one frame.</summary>
/// <param name="Messages">Messages as JSON objects, in order.</param>
/// <param name="Reply">All bytes sent to the device; null when this way of replaying cannot tell them apart.</param>
/// <param name="Note">What the framer or decoder said when it refused something, with the line of the spec.</param>
/// <param name="Lines">For each message, the line of the spec that wrote a parameter.</param>
internal sealed record FrameOutcome(IReadOnlyList<JsonElement> Messages, byte[]? Reply, string Note, IReadOnlyList<Dictionary<string, int>> Lines);

/// <summary>Compares what came out for a frame with what was recorded, and keeps the score.</summary>
/// <param name="map">The table between the two vocabularies.</param>
/// <param name="exceptions">Known differences.</param>
/// <param name="ownClock">The clock of the recording was set, so that outputs that depend on it can be compared.</param>
internal sealed class FrameJudge(AttributeMap map, ExceptionList exceptions, bool ownClock)
{
    private readonly PositionComparer _comparer = new(map);

    /// <summary>Judges one frame.</summary>
    public void Judge(VectorFrame frame, FrameOutcome outcome, ProtocolResult result)
    {
        Positions(frame, outcome, result);
        if (outcome.Reply is not null) Reply(frame, outcome, result);
        if (outcome.Note.Length > 0) result.Differences.Add($"{frame.Id} {frame.Hash} refused: {outcome.Note}");
    }

    private void Positions(VectorFrame frame, FrameOutcome outcome, ProtocolResult result)
    {
        bool clock = !ownClock && frame.ClockDependent.Contains("positions");
        int differing = 0, missingCount = 0;
        JsonElement?[] pairs = Pair(frame.Positions, outcome.Messages);
        for (int i = 0; i < frame.Positions.Count; i++)
        {
            result.Positions.Total++;
            JsonElement expected = frame.Positions[i];
            JsonElement got = pairs[i] ?? s_nothing;
            List<Difference> differences = pairs[i] is null ? [new("message", "one", "none")] : PositionComparer.Position(expected, got, clock);
            if (differences.Count == 0) result.Positions.Equal++;
            else differing++;
            List<Difference> missing = _comparer.Attributes(expected, got, out int total);
            result.Attributes.Total += total;
            result.Attributes.Equal += total - missing.Count;
            missingCount += missing.Count;
            foreach (Difference d in differences) Note(result, frame, $"position {i + 1} {d.What}", d, outcome.Note, Line(outcome, i, ParameterOf(d.What)));
            if (pairs[i] is not null)
                foreach (Difference d in missing) Note(result, frame, $"attribute {i + 1} {d.What}", d, "", Line(outcome, i, d.Got.Split('=')[0]));
        }
        if (outcome.Messages.Count > frame.Positions.Count)
            result.Differences.Add($"{frame.Id} {frame.Hash} more messages: expected {frame.Positions.Count}, got {outcome.Messages.Count}");
        Excuse(ref result.Positions, "position", frame, differing, result);
        Excuse(ref result.Attributes, "attribute", frame, missingCount, result);
    }

    private void Reply(VectorFrame frame, FrameOutcome outcome, ProtocolResult result)
    {
        byte[] expected = frame.Response ?? [], got = outcome.Reply ?? [];
        if (expected.Length == 0 && got.Length == 0) return;
        result.Replies.Total++;
        bool equal = expected.AsSpan().SequenceEqual(got) || (!ownClock && frame.ClockDependent.Contains("response") && got.Length > 0);
        if (equal) result.Replies.Equal++;
        else Note(result, frame, "reply", new("", Convert.ToHexStringLower(expected), Convert.ToHexStringLower(got)), outcome.Note, 0);
        Excuse(ref result.Replies, "reply", frame, equal ? 0 : 1, result);
    }

    private void Excuse(ref Score score, string what, VectorFrame frame, int differing, ProtocolResult result)
    {
        int known = exceptions.Count(result.Protocol, frame.Hash, what);
        if (known > differing && ownClock) result.Stale.Add($"{result.Protocol} {frame.Hash} {what}: {known} exceptions listed, {differing} differ");
        score.Known += Math.Min(known, differing);
    }

    // In order when there are as many; else by ident and time, so that one message more or less does not spoil the rest.
    private static JsonElement?[] Pair(IReadOnlyList<JsonElement> expected, IReadOnlyList<JsonElement> got)
    {
        var pairs = new JsonElement?[expected.Count];
        if (expected.Count == got.Count)
        {
            for (int i = 0; i < pairs.Length; i++) pairs[i] = got[i];
            return pairs;
        }
        var free = got.ToList();
        for (int i = 0; i < pairs.Length; i++)
        {
            int best = free.FindIndex(m => !PositionComparer.Position(expected[i], m, clockDependent: false).Any(d => d.What is "ident" or "time" or "deviceTime"));
            if (best < 0 && free.Count > 0 && expected.Count == 1) best = 0;
            if (best < 0) continue;
            pairs[i] = free[best];
            free.RemoveAt(best);
        }
        return pairs;
    }

    private static string ParameterOf(string what) => what switch
    {
        "time" or "deviceTime" => "timestamp",
        "course" => "position.direction",
        "outdated" => "position.latitude",
        _ => "position." + what,
    };

    private static int Line(FrameOutcome outcome, int message, string parameter) =>
        message < outcome.Lines.Count ? outcome.Lines[message].GetValueOrDefault(parameter) : 0;

    private static void Note(ProtocolResult result, VectorFrame frame, string what, Difference d, string note, int line)
    {
        string names = d.Names.Length > 0 ? $" [{d.Names}]" : "";
        string at = line > 0 ? $" (line {line})" : "";
        string why = note.Length > 0 ? $" ({note})" : "";
        result.Differences.Add($"{frame.Id} {frame.Hash} {what}: expected {d.Expected}, got {d.Got}{names}{at}{why}");
    }

    private static readonly JsonElement s_nothing = JsonDocument.Parse("{}").RootElement;
}
