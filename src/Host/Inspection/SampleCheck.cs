using System.Globalization;
using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Inspection;

/// <summary>Runs a sample of a spec through the codec and compares what came out with what the spec expects.</summary>
internal static class SampleCheck
{
    /// <summary>A moment for samples that give none, µs since 1970: replies that carry the time are then the same in every run.</summary>
    public const long DefaultNowUs = 1_700_000_000_000_000;

    /// <summary>Runs one sample.</summary>
    /// <returns>What differs, one line each with the line of the spec; empty when all is as expected.</returns>
    public static IReadOnlyList<string> Run(Codec codec, SampleInfo sample)
    {
        List<string> differences = [];
        Session session = SessionOf(codec, sample, differences);
        DecodedInput decoded = InputDecoder.Decode(codec, session, sample.Input);

        // A sample that expects no messages may well show what is refused.
        foreach (DecodedFrame frame in decoded.Frames.Where(frame => frame.Status is not DecodeStatus.Ok && sample.ExpectedCount != 0))
            differences.Add(frame.Status is DecodeStatus.Unknown ? $"line {sample.Line}: no message takes the frame; see what 'when' compares with explain" : $"line {frame.FailedLine}: {frame.Status} at byte {frame.FailedOffset} of the frame{(frame.Status is DecodeStatus.NotIdentified ? "; a record needs to know its device: put `login` in front of it, or give the sample an ident" : "")}");
        if (decoded.End is FrameStatus.NeedMore) differences.Add($"line {sample.Line}: the frame that begins at byte {decoded.Consumed} has no end; more bytes are needed");
        else if (decoded.End is not FrameStatus.Frame) differences.Add($"line {sample.Line}: {decoded.End} at byte {decoded.Consumed} of the input");

        string ident = Encoding.UTF8.GetString(session.Ident);
        if (sample.ExpectedIdent is { } expectedIdent && expectedIdent != ident) differences.Add($"line {sample.Line}: ident is \"{ident}\", expected \"{expectedIdent}\"");

        TraceMessage[] messages = [.. decoded.Messages];
        if (sample.ExpectedCount >= 0 && sample.ExpectedCount != messages.Length)
            differences.Add($"line {sample.Line}: {messages.Length} messages, expected {sample.ExpectedCount}");
        foreach (ExpectedValue expected in sample.Expected)
            if (Compare(messages, expected) is { } difference) differences.Add(difference);

        if (sample.Output is { } output && !decoded.Reply.AsSpan().SequenceEqual(output))
            differences.Add($"line {sample.Line}: reply is {Convert.ToHexString(decoded.Reply)}, expected {Convert.ToHexString(output)}");
        return differences;
    }

    /// <summary>A session with what the sample gives.</summary>
    /// <param name="codec">The protocol.</param>
    /// <param name="sample">One of its samples.</param>
    /// <param name="differences">Gets a line for each given that the codec does not take.</param>
    public static Session SessionOf(Codec codec, SampleInfo sample, List<string> differences)
    {
        Session session = codec.CreateSession();
        session.Transport = sample.Transport;
        session.NowUs = DefaultNowUs;
        foreach ((string name, object value) in sample.Given)
        {
            bool isTaken = name switch
            {
                "ident" => session.TrySetIdent(Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")),
                "now" => (session.NowUs = Convert.ToInt64(value, CultureInfo.InvariantCulture)) >= 0,
                "strict" => (session.StrictChecksums = value is true or not 0L) || true,
                _ => session.TrySetVariable(name, value),
            };
            if (!isTaken) differences.Add($"line {sample.Line}: the codec does not take the given {name}");
        }
        return session;
    }

    private static string? Compare(TraceMessage[] messages, ExpectedValue expected)
    {
        if (expected.Record < 1 || expected.Record > messages.Length) return $"line {expected.Line}: there is no message {expected.Record}";
        TraceValue? actual = messages[expected.Record - 1].Find(expected.Parameter);
        if (actual is null) return expected.Value is null ? null : $"line {expected.Line}: {expected.Parameter} is missing";

        string shown = $"line {expected.Line}: {expected.Parameter} is {TraceJson.Of(actual)} (bytes {actual.Start}..{actual.Start + actual.Length}), expected ";
        if (expected.Value is null) return shown + "none";
        return IsEqual(actual, expected) ? null : shown + Convert.ToString(expected.Value, CultureInfo.InvariantCulture);
    }

    private static bool IsEqual(TraceValue actual, ExpectedValue expected)
    {
        if (actual.Value is string or bool || expected.Value is string or bool) return Equals(actual.Value, expected.Value);
        double value = Convert.ToDouble(actual.Value, CultureInfo.InvariantCulture);
        double wanted = Convert.ToDouble(expected.Value, CultureInfo.InvariantCulture);
        if (actual.IsTime) value /= 1_000_000;
        // A real without a tolerance must agree to the last digits that a double can hold.
        double tolerance = expected.Tolerance > 0 ? expected.Tolerance : Math.Abs(wanted) * 1e-12;
        return Math.Abs(value - wanted) <= tolerance;
    }
}
