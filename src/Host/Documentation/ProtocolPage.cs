using System.Globalization;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Documentation;

/// <summary>Writes the page of a protocol in Markdown, from its spec and from what its samples decode to.</summary>
internal sealed class ProtocolPage(Codec codec, string spec)
{
    private const int HexDigitsPerLine = 96;

    private readonly StringBuilder _page = new();
    private readonly IReadOnlyList<SpecSection> _sections = SpecSection.Of(spec);

    /// <summary>The page.</summary>
    /// <param name="codec">The protocol.</param>
    /// <param name="spec">The text of its spec.</param>
    public static string Of(Codec codec, string spec) => new ProtocolPage(codec, spec).Write();

    private ProtocolInfo Info => codec.Info;

    private string Write()
    {
        WriteHead();
        WriteExcerpt("Set up a device", "setup", "What an operator sends or types; `{host}` and `{port}` are those of the channel.");
        WriteExcerpt("Framing", "frame", "How bytes become frames.");
        WriteMessages();
        WriteParameters();
        WriteReplies();
        WriteCommands();
        WriteOptions();
        WriteSamples();
        return _page.ToString();
    }

    private void WriteHead()
    {
        Line($"# {Info.Title}").Line();
        Line("| | |").Line("| --- | --- |");
        Line($"| Name | `{Info.Name}`{(Info.Aliases.Count > 0 ? ", also " + string.Join(", ", Info.Aliases.Select(alias => $"`{alias}`")) : "")} |");
        Line($"| Number | {Info.Id} |");
        if (Info.Vendors.Count > 0) Line($"| Vendors | {Cell(string.Join(", ", Info.Vendors))} |");
        if (Info.Devices.Count > 0) Line($"| Devices | {Cell(string.Join(", ", Info.Devices))} |");
        string transports = string.Join(", ", new[] { Info.Tcp ? "TCP" : "", Info.Udp ? "UDP" : "" }.Where(transport => transport.Length > 0));
        Line($"| Transport | {transports}{(Info.DefaultPort > 0 ? $", port {Info.DefaultPort} by custom" : "")} |");
        Line($"| Longest frame | {Info.FrameBytesMax} bytes |");
        Line($"| Spec | `{Info.SpecFile}`, {Info.SpecLines} lines |");
        if (Info.Sources.Count > 0) Line().Line("Sources:").Line();
        foreach (string source in Info.Sources) Line($"- {source}");
    }

    private void WriteExcerpt(string title, string word, string introduction)
    {
        SpecSection[] sections = [.. _sections.Where(section => section.Word == word)];
        if (sections.Length == 0) return;
        Line().Line($"## {title}").Line().Line(introduction).Line();
        Code(string.Join("\n", sections.Select(section => section.Text)));
    }

    private void WriteMessages()
    {
        FieldPlaces places = new(codec);
        Line().Line("## Messages").Line();
        Line("Offsets are those of the frame where all samples agree.");
        foreach (MessageInfo message in Info.Messages)
        {
            Line().Line($"### {message.Name}").Line();
            Line(message.Condition.Length > 0 ? $"When `{message.Condition}`." : "When no message above fits.");
            SpecSection? section = _sections.FirstOrDefault(section => section.Contains(message.Line));
            if (section is not null) WriteFields(places, section);
        }
        foreach (SpecSection section in _sections.Where(section => section.Word is "header" or "block" or "table"))
        {
            if (!Info.Fields.Any(field => section.Contains(field.Line))) continue;
            Line().Line($"### {section.Word} {section.Name}".TrimEnd()).Line();
            Line(section.Word == "header" ? "At the start of every frame." : $"Used by messages, line {section.Line} of the spec.");
            WriteFields(places, section);
        }
    }

    private void WriteFields(FieldPlaces places, SpecSection section)
    {
        (FieldInfo Field, int Index)[] fields = [.. Info.Fields.Select((field, index) => (field, index)).Where(pair => section.Contains(pair.field.Line) && IsWorthTelling(pair.field)).DistinctBy(pair => (pair.field.Line, pair.field.Name, pair.field.Parameter))];
        if (fields.Length == 0) return;
        Line().Line("| Line | Offset | Type | Scale | Name | Parameter | Unit |").Line("| --- | --- | --- | --- | --- | --- | --- |");
        foreach ((FieldInfo field, int index) in fields)
            Line($"| {field.Line} | {places.OffsetOf(index)} | {Cell(field.Type)} | {ScaleOf(field)} | {Cell(field.Name)} | {Cell(field.Parameter)} | {Cell(UnitOf(field))} |");
    }

    private static bool IsWorthTelling(FieldInfo field) => field.Type != "skip" || field.Name.Length > 0 || field.Parameter.Length > 0;

    private static string UnitOf(FieldInfo field) => field.Unit.Length > 0 ? field.Unit : ParameterDictionary.Find(BaseOf(field.Parameter))?.Unit ?? "";

    private static string ScaleOf(FieldInfo field)
    {
        string scale = "";
        if (field.Multiply is not (0 or 1)) scale += $"× {Number(field.Multiply)} ";
        if (field.Divide is not (0 or 1)) scale += $"÷ {Number(field.Divide)} ";
        if (field.Add != 0) scale += field.Add > 0 ? $"+ {Number(field.Add)}" : $"− {Number(-field.Add)}";
        return scale.TrimEnd();
    }

    private void WriteParameters()
    {
        if (Info.Parameters.Count == 0) return;
        Line().Line("## Parameters").Line().Line("| Name | Type | Unit | Meaning |").Line("| --- | --- | --- | --- |");
        foreach (string name in Info.Parameters.Order(StringComparer.Ordinal))
        {
            Parameter? parameter = ParameterDictionary.Find(BaseOf(name));
            Line($"| {Cell(name)} | {parameter?.Type.ToString().ToLowerInvariant()} | {Cell(parameter?.Unit ?? "")} | {Cell(parameter?.Description ?? "")} |");
        }
    }

    /// <summary><c>din.{i}</c> stands for the row <c>din</c>.</summary>
    private static string BaseOf(string name) => name.IndexOf(".{", StringComparison.Ordinal) is var open and > 0 ? name[..open] : name;

    private void WriteReplies()
    {
        SpecSection[] layouts = [.. _sections.Where(section => section.Word == "layout")];
        string[] replies =
        [
            .. _sections.Where(section => section.Word is "message" or "block" or "header").SelectMany(section => RepliesIn(section.Text).Select(reply => $"# {section.Word} {section.Name}".TrimEnd() + "\n" + reply)),
        ];
        if (layouts.Length + replies.Length == 0) return;
        Line().Line("## Replies").Line().Line("What devices are answered, after their messages are durable.").Line();
        Code(string.Join("\n", replies.Concat(layouts.Select(layout => layout.Text))));
    }

    private static IEnumerable<string> RepliesIn(string section)
    {
        string[] lines = section.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string trimmed = lines[i].TrimStart();
            if (trimmed != "reply" && !trimmed.StartsWith("reply ", StringComparison.Ordinal)) continue;
            int indent = lines[i].Length - trimmed.Length;
            int end = i + 1;
            while (end < lines.Length && lines[end].Length - lines[end].TrimStart().Length > indent) end++;
            yield return string.Join('\n', lines[i..end].Select(line => line[Math.Min(indent, line.Length)..]));
            i = end - 1;
        }
    }

    private void WriteCommands()
    {
        if (Info.Commands.Count == 0) return;
        Line().Line("## Commands").Line().Line("| Command | Properties |").Line("| --- | --- |");
        foreach (CommandInfo command in Info.Commands)
        {
            string properties = string.Join(", ", command.Properties.Select(property => $"`{property.Name}` {property.Type}{(property.Description.Length > 0 ? ": " + property.Description : "")}"));
            Line($"| `{command.Name}` | {Cell(properties)} |");
        }
        Line();
        Code(string.Join("\n", _sections.Where(section => section.Word == "command").Select(section => section.Text)));
    }

    private void WriteOptions()
    {
        if (Info.Options.Count == 0) return;
        Line().Line("## Options").Line().Line("Set in the `configuration` of a channel.").Line();
        Line("| Option | Type | Default | Meaning |").Line("| --- | --- | --- | --- |");
        foreach (OptionInfo option in Info.Options) Line($"| `{option.Name}` | {option.Type} | {Cell(option.Default)} | {Cell(option.Description)} |");
    }

    private void WriteSamples()
    {
        if (Info.Samples.Count == 0) return;
        Line().Line("## Samples").Line();
        Line("Bytes that a device sends, the messages they become, and the answer.");
        foreach (SampleInfo sample in Info.Samples)
        {
            Session session = SampleCheck.SessionOf(codec, sample, []);
            DecodedInput decoded = InputDecoder.Decode(codec, session, sample.Input);
            Line().Line($"### {sample.Name}").Line();
            StringBuilder text = new();
            text.Append(ShownBytes(sample.Input));
            foreach (TraceMessage message in decoded.Messages) text.Append('\n').Append(TraceJson.Of(message));
            if (decoded.Messages.FirstOrDefault() is null && session.Ident.Length > 0) text.Append("\nident ").Append(Encoding.UTF8.GetString(session.Ident));
            if (decoded.Reply.Length > 0) text.Append("\nreply ").Append(ShownBytes(decoded.Reply));
            Code(text.ToString());
        }
    }

    private static string ShownBytes(byte[] bytes)
    {
        if (bytes.All(b => b is >= 0x20 and < 0x7F or (byte)'\r' or (byte)'\n' or (byte)'\t'))
            return Encoding.ASCII.GetString(bytes).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);
        string hex = Convert.ToHexString(bytes);
        return string.Join('\n', hex.Chunk(HexDigitsPerLine).Select(chunk => new string(chunk)));
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal).ReplaceLineEndings(" ");

    private void Code(string text)
    {
        // Longer than any fence in the text.
        string fence = text.Contains("```", StringComparison.Ordinal) ? "````" : "```";
        Line(fence).Line(text).Line(fence);
    }

    private ProtocolPage Line(string text = "")
    {
        _page.Append(text).Append('\n');
        return this;
    }
}
