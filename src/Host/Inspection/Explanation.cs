using System.Buffers;
using System.Globalization;
using Gateway.Codecs;

namespace Gateway.Host.Inspection;

/// <summary>Tells of every byte of a frame what it was read as: offset, length, line of the spec, bytes, parameter, value.</summary>
internal static class Explanation
{
    /// <summary>What a row is called whose bytes nobody read.</summary>
    public const string NotRead = "(not read)";

    private const int BytesShownMax = 16;

    private static readonly SearchValues<byte> Separators = SearchValues.Create(",;:|=&!$#*@/()[]{}<>\\\" \r\n\t"u8);

    /// <summary>The rows of one frame by offset: fields with their values, checksums, and what nobody read.</summary>
    public static IReadOnlyList<ExplainedRow> Of(ProtocolInfo protocol, DecodedFrame frame)
    {
        List<ExplainedRow> rows = [];
        bool[] isRead = new bool[frame.Bytes.Length];
        int message = 0;
        int fieldRow = -1;
        foreach (TraceEvent step in frame.Trace.Events)
        {
            switch (step.Kind)
            {
                case TraceEventKind.BeginMessage:
                    message++;
                    break;
                case TraceEventKind.Field:
                    FieldInfo field = protocol.Fields[step.Index];
                    fieldRow = rows.Count;
                    rows.Add(Row(frame, step.Start, step.Length, field.Line, message, field.Name.Length > 0 ? $"({field.Name})" : $"({field.Type})", ""));
                    Mark(isRead, step.Start, step.Length);
                    break;
                case TraceEventKind.Check:
                    CheckInfo check = protocol.Checks[step.Index];
                    int stored = ChecksumLength(check, frame.Bytes.Length - step.StoredAt);
                    string verdict = $"over {step.Start}..{step.Start + step.Length}, {(step.Correct ? "correct" : "WRONG")}";
                    rows.Add(Row(frame, step.StoredAt, stored, check.Line, message, $"(check {check.Algorithm})", verdict));
                    Mark(isRead, step.StoredAt, stored);
                    break;
                case TraceEventKind.Value:
                    AddValue(rows, protocol, frame, step.Value!, message, ref fieldRow);
                    break;
                default:
                    break;
            }
        }
        // What was looked at is told only where nobody read it: a length that was tested first is a field afterwards.
        foreach (TraceEvent look in frame.Trace.Events.Where(step => step.Kind is TraceEventKind.Look))
            AddLook(rows, frame, isRead, look.Start, look.Length, look.Index, NameOf((LookKind)look.StoredAt));
        foreach (FramingInfo look in protocol.Framing.OrderBy(look => look.Kind))
        {
            int start = look.Offset >= 0 ? look.Offset : frame.Bytes.Length + look.Offset;
            if (start < 0 || start + look.Length > frame.Bytes.Length) continue;
            if (look.Marker.Length == 0 || frame.Bytes.AsSpan(start, look.Length).SequenceEqual(look.Marker)) AddLook(rows, frame, isRead, start, look.Length, look.Line, NameOf(look.Kind));
        }
        AddSeparators(rows, frame, isRead);
        AddUnread(rows, frame, isRead);
        return [.. rows.OrderBy(row => row.Start < 0 ? int.MaxValue : row.Start)];
    }

    /// <summary>Bytes that a stored checksum takes: from its type where that says so, else from the algorithm.</summary>
    /// <param name="check">The checksum.</param>
    /// <param name="available">Bytes from where it is stored to the end of the frame.</param>
    public static int ChecksumLength(CheckInfo check, int available)
    {
        string digits = string.Concat(check.Type.Where(char.IsAsciiDigit));
        int number = digits.Length == 0 ? 0 : int.Parse(digits, CultureInfo.InvariantCulture);
        int length = check.Type is ['u' or 'i', ..] && number is 8 or 16 or 24 or 32 or 64 ? number / 8 : number;
        if (length == 0)
        {
            int bytes = check.Algorithm.Contains("32", StringComparison.Ordinal) ? 4 : check.Algorithm.Contains("16", StringComparison.Ordinal) ? 2 : 1;
            length = check.Type.StartsWith("hex", StringComparison.Ordinal) ? bytes * 2 : bytes;
        }
        return Math.Clamp(length, 0, Math.Max(0, available));
    }

    /// <summary>A value goes into the row of the field that was just read; values of bits, or of fields read earlier, get rows of their own.</summary>
    private static void AddValue(List<ExplainedRow> rows, ProtocolInfo protocol, DecodedFrame frame, TraceValue value, int message, ref int fieldRow)
    {
        string text = value is { IsTime: true, Value: long timeUs } ? Time(timeUs) : TraceJson.Of(value);
        bool isFromField = value.Field >= 0;
        if (isFromField && fieldRow >= 0 && rows[fieldRow] is var open && open.Start == value.Start && open.Length == value.Length)
        {
            rows[fieldRow] = open with { Parameter = value.Name, Value = text, Message = message };
            fieldRow = -1;
            return;
        }
        rows.Add(isFromField
            ? Row(frame, value.Start, value.Length, protocol.Fields[value.Field].Line, message, value.Name, text)
            : new ExplainedRow(-1, 0, 0, message, "", value.Name, text));
    }

    private static string NameOf(LookKind kind) => kind switch
    {
        LookKind.Peek => "(looked at)",
        LookKind.Delimiter => "(delimiter)",
        LookKind.FrameStart => "(frame start)",
        LookKind.FrameEnd => "(frame end)",
        _ => "(frame length)",
    };

    private static void AddLook(List<ExplainedRow> rows, DecodedFrame frame, bool[] isRead, int start, int length, int line, string name)
    {
        int end = Math.Min(isRead.Length, start + length);
        for (int at = Math.Max(0, start); at < end; at++)
        {
            if (isRead[at]) continue;
            int from = at;
            while (at < end && !isRead[at]) at++;
            rows.Add(Row(frame, from, at - from, line, 0, name, ""));
            Mark(isRead, from, at - from);
        }
    }

    /// <summary>Punctuation between two columns or elements that were read: what keeps them apart.</summary>
    private static void AddSeparators(List<ExplainedRow> rows, DecodedFrame frame, bool[] isRead)
    {
        if (frame.Bytes.Any(b => b is >= 0x7F or 0)) return;        // no text
        for (int start = 0; start < isRead.Length; start++)
        {
            if (isRead[start]) continue;
            int end = start;
            while (end < isRead.Length && !isRead[end]) end++;
            bool isPunctuation = frame.Bytes.AsSpan(start, end - start).IndexOfAnyExcept(Separators) < 0;
            if (isPunctuation) AddLook(rows, frame, isRead, start, end - start, 0, end - start == 1 ? "(separator)" : "(separators)");
            start = end;
        }
    }

    private static void AddUnread(List<ExplainedRow> rows, DecodedFrame frame, bool[] isRead)
    {
        for (int start = 0; start < isRead.Length; start++)
        {
            if (isRead[start]) continue;
            int end = Array.IndexOf(isRead, true, start);
            if (end < 0) end = isRead.Length;
            rows.Add(Row(frame, start, end - start, 0, 0, NotRead, ""));
            start = end;
        }
    }

    private static ExplainedRow Row(DecodedFrame frame, int start, int length, int line, int message, string parameter, string value)
    {
        bool isInside = start >= 0 && start <= frame.Bytes.Length;
        ReadOnlySpan<byte> bytes = isInside ? frame.Bytes.AsSpan(start, Math.Min(length, frame.Bytes.Length - start)) : default;
        string hex = Convert.ToHexString(bytes[..Math.Min(BytesShownMax, bytes.Length)]) + (bytes.Length > BytesShownMax ? ".." : "");
        return new ExplainedRow(start, length, line, message, hex, parameter, value);
    }

    private static void Mark(bool[] isRead, int start, int length)
    {
        for (int i = Math.Max(0, start); i < Math.Min(isRead.Length, start + length); i++) isRead[i] = true;
    }

    private static string Time(long timeUs) =>
        DateTime.UnixEpoch.AddMicroseconds(timeUs).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFF", CultureInfo.InvariantCulture) + "Z";
}

/// <summary>A row of an explanation.</summary>
/// <param name="Start">Offset in the frame; -1 for a value that came from no byte of it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Line">Line of the spec, 0 for none.</param>
/// <param name="Message">Message of the frame, from 1; 0 for what is common or belongs to none.</param>
/// <param name="Hex">The bytes, shortened.</param>
/// <param name="Parameter">Name of the parameter; in parentheses what is none: a field's name, a checksum, bytes nobody read.</param>
/// <param name="Value">The value as consumers see it; times for people.</param>
internal sealed record ExplainedRow(int Start, int Length, int Line, int Message, string Hex, string Parameter, string Value);
