using System;
using System.Collections.Generic;
using System.Text;

namespace Gateway.Codecs.Generator;

/// <summary>Parses a spec file into a <see cref="SpecNode"/>. Errors are reported per line; the rest is still parsed.</summary>
internal sealed partial class SpecParser(string text, List<SpecDiagnostic> diagnostics, int linesBefore = 0)
{
    private static readonly string[] Sections =
        ["protocol", "import", "frame", "session", "header", "message", "block", "table", "enum", "layout", "command", "sample", "setup"];

    private readonly ItemParser _items = new(diagnostics);
    private readonly SpecNode _spec = new();

    /// <summary>Parses a whole spec; a library file (for <c>import</c>) has no protocol line.</summary>
    internal SpecNode Parse(bool library)
    {
        List<SpecLine> lines = new Lexer(text, diagnostics, linesBefore).ReadTree();
        _spec.At = new Place(linesBefore + 1, 1, 1);
        CollectWords();
        _spec.Assigned = _items.Assigned;
        if (!library && (lines.Count == 0 || lines[0].Tokens[0].Text != "protocol"))
        {
            Place at = lines.Count == 0 ? _spec.At : new Place(lines[0].Number, 1, Math.Max(1, lines[0].Raw.Length));
            Report(new SpecSyntaxException(Ids.Missing, at, "a spec starts with its protocol line: protocol name \"Title\""));
        }
        foreach (SpecLine line in lines)
        {
            try
            {
                ParseSection(line);
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
        }
        // `port N http` is enough to say that requests are the frames.
        if (_spec.Http && _spec.Frames.Count == 0) _spec.Frames.Add(new FrameSection { At = _spec.At, Cases = [new FrameCase { At = _spec.At, Rules = [new FrameRule { At = _spec.At, Kind = "http" }] }] });
        // A protocol that speaks UDP alone has samples of UDP.
        foreach (SampleNode sample in _spec.Samples)
            if (sample.Transport.Length == 0) sample.Transport = _spec.Udp && !_spec.Tcp && !_spec.Http ? "udp" : "tcp";
        return _spec;
    }

    private void CollectWords()
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            for (int i = 0; i < line.Length;)
            {
                int from = i;
                while (i < line.Length && (char.IsLetterOrDigit(line[i]) || line[i] == '_')) i++;
                if (i == from)
                {
                    i++;
                    continue;
                }
                string word = line.Substring(from, i - from);
                if (!_spec.Words.TryGetValue(word, out List<int>? lines)) _spec.Words[word] = lines = [];
                lines.Add(number);
            }
        }
    }

    private void ParseSection(SpecLine line)
    {
        LineReader r = new(line);
        Place at = r.Whole;
        string word = r.ExpectName("a section").Text;
        if (linesBefore > 0 && word is not ("block" or "table" or "enum" or "layout") && Array.IndexOf(Sections, word) >= 0)
        {
            throw new SpecSyntaxException(Ids.Import, at, $"a file to import holds blocks, tables, enums and layouts; '{word}' stands in the spec of a protocol");
        }
        switch (word)
        {
            case "protocol": ParseProtocol(r, at); break;
            case "import": _spec.Imports.Add((r.ExpectText("a file"), at)); break;
            case "frame": ParseFrame(r, at); break;
            case "session":
                foreach (SpecLine child in line.Children) Guard(child, c => _spec.Session.Add(ParseVariable(c)));
                break;
            case "header": _spec.Header.AddRange(_items.ParseAll(line.Children)); break;
            case "message": ParseMessage(r, at); break;
            case "block":
                BlockNode block = new() { At = at, Name = r.ExpectName("a name").Text, Parameters = ParseParameters(r) };
                block.Body = _items.ParseAll(line.Children);
                _spec.Blocks.Add(block);
                break;
            case "table": ParseTable(r, at); break;
            case "enum": ParseEnum(r, at); break;
            case "layout":
                _spec.Layouts.Add(new LayoutNode { At = at, Name = r.ExpectName("a name").Text, Parameters = ParseParameters(r), Items = OutParser.ParseBlock(line.Children) });
                break;
            case "command": ParseCommand(r, at); break;
            case "sample": ParseSample(r, at); break;
            case "setup":
                foreach (SpecLine child in line.Children) Guard(child, c => _spec.Setup.Add(ParseSetup(c)));
                break;
            default:
                throw new SpecSyntaxException(Ids.Syntax, at, $"'{word}' is no section{Nearest.Suggestion(word, Sections)}; sections are {string.Join(", ", Sections)}");
        }
    }

    private void ParseProtocol(LineReader r, Place at)
    {
        _spec.At = at;
        // A dash may stand in a protocol's name: wialon-ips.
        StringBuilder name = new(r.ExpectName("the protocol's name").Text);
        while (r.IsSymbol("-"))
        {
            r.Take();
            name.Append('-').Append(r.Take().Text);
        }
        _spec.Name = name.ToString();
        _spec.Title = r.Next.Kind == TokenKind.Text ? r.ExpectText("a title") : _spec.Name;
        r.ExpectEnd();
        foreach (SpecLine child in r.Line.Children) Guard(child, ParseProperty);
    }

    private void ParseProperty(LineReader r)
    {
        Token word = r.ExpectName("a property of the protocol");
        switch (word.Text)
        {
            case "id": _spec.Id = (int)r.ExpectInteger("a stable number"); break;
            case "alias": Names(r, _spec.Aliases); break;
            case "vendor": Texts(r, _spec.Vendors); break;
            case "device": Texts(r, _spec.Devices); break;
            case "source": Texts(r, _spec.Sources); break;
            case "port":
                _spec.Port = (int)r.ExpectInteger("a port number");
                while (!r.AtEnd)
                {
                    if (r.TakeName("tcp")) _spec.Tcp = true;
                    else if (r.TakeName("udp")) _spec.Udp = true;
                    else if (r.TakeName("http")) _spec.Http = true;
                    else throw r.Expected("tcp, udp or http");
                }
                break;
            case "endian":
                _spec.LittleEndian = r.IsName("little");
                if (!r.TakeName("big") && !r.TakeName("little")) throw r.Expected("big or little");
                break;
            case "charset":
                _spec.Charset = r.ExpectName("ascii, utf8 or latin1").Text;
                if (_spec.Charset is not ("ascii" or "utf8" or "latin1")) throw r.Expected("ascii, utf8 or latin1");
                break;
            case "max":
                _spec.FrameBytesMax = (int)r.ExpectInteger("the longest frame in bytes");
                if (_spec.FrameBytesMax is < 1 or > 1 << 20) throw new SpecSyntaxException(Ids.Range, r.Whole, "the longest frame is 1 to 1048576 bytes");
                break;
            case "expects": _spec.Expects = r.ExpectText("what a request should be, as the end of 'Expected is ...'"); break;
            case "option": _spec.Options.Add(ParseVariable(r)); break;
            default:
                throw new SpecSyntaxException(Ids.Syntax, new Place(word.Line, word.Column, word.Length),
                    $"'{word.Text}' is no property of a protocol{Nearest.Suggestion(word.Text, ["id", "alias", "vendor", "device", "source", "port", "endian", "charset", "max", "expects", "option"])}");
        }
        r.ExpectEnd();
    }

    private static void Names(LineReader r, List<string> names)
    {
        do
        {
            StringBuilder name = new(r.ExpectName("a name").Text);
            while (r.TakeSymbol("-")) name.Append('-').Append(r.Take().Text);
            names.Add(name.ToString());
        }
        while (r.TakeSymbol(","));
    }

    private static void Texts(LineReader r, List<string> texts)
    {
        do texts.Add(r.ExpectText("a text"));
        while (r.TakeSymbol(","));
    }

    private static VariableNode ParseVariable(LineReader r)
    {
        VariableNode variable = new() { At = r.Whole, Name = r.ExpectName("a name").Text };
        Token type = r.ExpectName("a type: int, real, bool, text, bytes or minutes");
        variable.Type = type.Text;
        if (type.Text is not ("int" or "real" or "bool" or "text" or "bytes" or "minutes"))
        {
            throw new SpecSyntaxException(Ids.Type, new Place(type.Line, type.Column, type.Length), $"'{type.Text}' is no type of a variable; write int, real, bool, text, bytes or minutes");
        }
        if (type.Text is "text" or "bytes") variable.Length = r.Next.Kind == TokenKind.Integer ? (int)r.Take().Integer : 64;
        if (variable.Length > 4096) throw new SpecSyntaxException(Ids.Range, variable.At, "a variable holds at most 4096 bytes");
        if (r.TakeSymbol("="))
        {
            Token first = r.Next;
            variable.Initial = ExpressionParser.Parse(r);
            variable.DefaultText = first.Kind == TokenKind.Text ? Encoding.UTF8.GetString(first.Bytes) : (first.Text == "-" ? "-" + r.Peek(-1).Text : first.Text);
        }
        if (r.Next.Kind == TokenKind.Text) variable.Description = r.ExpectText("a description");
        r.ExpectEnd();
        return variable;
    }

    // ---- messages and parts ----

    private void ParseMessage(LineReader r, Place at)
    {
        MessageNode message = new() { At = at, Name = r.ExpectName("a name").Text };
        if (r.TakeName("when"))
        {
            int from = r.Next.Column - 1;
            message.Condition = ExpressionParser.Parse(r);
            message.ConditionText = r.Line.Raw.Substring(from, Math.Max(0, r.Next.Column - 1 - from)).Trim();
        }
        r.ExpectEnd();
        message.Body = _items.ParseAll(r.Line.Children);
        _spec.Messages.Add(message);
    }

    private static List<string> ParseParameters(LineReader r)
    {
        List<string> parameters = [];
        if (r.TakeSymbol("("))
        {
            if (!r.IsSymbol(")"))
            {
                do parameters.Add(r.ExpectName("a name").Text);
                while (r.TakeSymbol(","));
            }
            r.ExpectSymbol(")");
        }
        r.ExpectEnd();
        return parameters;
    }

    private void ParseTable(LineReader r, Place at)
    {
        TableNode table = new() { At = at, Name = r.ExpectName("a name").Text, Parameters = ParseParameters(r) };
        foreach (SpecLine child in r.Line.Children)
        {
            Guard(child, c =>
            {
                TableRowNode row = new() { At = c.Whole };
                if (c.TakeSymbol("*")) row.IsDefault = true;
                else row.Keys = ExpressionParser.Choices(c);
                if (c.TakeName("when")) row.Condition = ExpressionParser.Parse(c);
                if (c.AtEnd)
                {
                    row.Body = _items.ParseAll(child.Children);
                }
                else
                {
                    // The rest of the line is an item of its own; what is indented below belongs to it.
                    SpecLine rest = new() { Number = child.Number, Indent = c.Next.Column - 1, Raw = child.Raw, Children = child.Children };
                    rest.Tokens.AddRange(child.Tokens.GetRange(c.Position, child.Tokens.Count - c.Position));
                    row.Body = _items.ParseAll([rest]);
                }
                table.Rows.Add(row);
            });
        }
        _spec.Tables.Add(table);
    }

    private void ParseEnum(LineReader r, Place at)
    {
        EnumNode node = new() { At = at, Name = r.ExpectName("a name").Text };
        r.ExpectEnd();
        foreach (SpecLine child in r.Line.Children)
        {
            Guard(child, c =>
            {
                // `1, 4..6 -> parameter`: an entry for each key, all with the same meaning.
                List<EnumEntry> entries = [];
                do
                {
                    EnumEntry entry = new() { At = c.Whole };
                    entries.Add(entry);
                    if (c.TakeSymbol("*")) break;
                    bool negative = c.TakeSymbol("-");
                    entry.Key = ExpressionParser.Postfix(c);
                    if (negative) entry.Key = new UnaryExpr { At = entry.At, Op = "-", Operand = entry.Key };
                    if (c.TakeSymbol("..")) entry.KeyTo = ExpressionParser.Postfix(c);
                }
                while (c.TakeSymbol(","));
                List<Target> targets = [];
                Expr? value = null;
                if (c.IsSymbol("->")) ItemParser.ParseTargets(c, targets);
                else value = ExpressionParser.Parse(c);
                c.ExpectEnd();
                foreach (EnumEntry entry in entries)
                {
                    entry.Targets.AddRange(targets);
                    entry.Value = value;
                    node.Entries.Add(entry);
                }
            });
        }
        if (node.Entries.Count == 0) throw new SpecSyntaxException(Ids.Missing, at, "the enum has no entries; indent `value \"text\"` or `value -> parameter` lines below it");
        _spec.Enums.Add(node);
    }

    private void ParseCommand(LineReader r, Place at)
    {
        CommandNode command = new() { At = at, Name = r.ExpectName("the command's name").Text };
        if (r.TakeSymbol("(") && !r.TakeSymbol(")"))
        {
            do
            {
                VariableNode property = new() { At = r.Here, Name = r.ExpectName("a property").Text, Type = r.ExpectName("its type: int, real, bool or text").Text };
                if (property.Type is not ("int" or "real" or "bool" or "text")) throw new SpecSyntaxException(Ids.Type, property.At, "a property is int, real, bool or text");
                if (command.Properties.Exists(p => p.Name == property.Name)) throw new SpecSyntaxException(Ids.Duplicate, property.At, $"the command has a property '{property.Name}' already; give this one another name");
                if (r.TakeSymbol("="))
                {
                    Token first = r.Next;
                    property.Initial = ExpressionParser.Postfix(r);
                    property.DefaultText = first.Kind == TokenKind.Text ? Encoding.UTF8.GetString(first.Bytes) : first.Text;
                }
                command.Properties.Add(property);
            }
            while (r.TakeSymbol(","));
            r.ExpectSymbol(")");
        }
        r.ExpectEnd();
        command.Items = OutParser.ParseBlock(r.Line.Children);
        if (command.Items.Count == 0) throw new SpecSyntaxException(Ids.Missing, at, "the command sends nothing; indent what it sends below it");
        _spec.Commands.Add(command);
    }

    // ---- samples ----

    private void ParseSample(LineReader r, Place at)
    {
        SampleNode sample = new() { At = at, Name = r.ExpectName("a name").Text };
        if (r.TakeName("udp")) sample.Transport = "udp";
        else if (r.TakeName("tcp")) sample.Transport = "tcp";
        r.ExpectEnd();
        foreach (SpecLine child in r.Line.Children) Guard(child, c => ParseSampleLine(sample, child, c));
        if (sample.Input.Count == 0) throw new SpecSyntaxException(Ids.Sample, at, "the sample has no bytes; add `in 7878...` or `in \"text\\r\\n\"`");
        _spec.Samples.Add(sample);
    }

    private void ParseSampleLine(SampleNode sample, SpecLine line, LineReader r)
    {
        Token word = r.ExpectName("given, in, expect or out");
        switch (word.Text)
        {
            case "given":
                do
                {
                    string name = r.ExpectName("a name").Text;
                    object value = Constant(r);
                    // A spec writes the clock in seconds; the session counts µs.
                    if (name == "now") value = (long)Math.Round(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture) * 1e6);
                    sample.Given.Add((name, value));
                }
                while (r.TakeSymbol(","));
                break;
            case "in": sample.Input.AddRange(Data(r)); return;
            case "out":
                sample.Output ??= [];
                if (!r.TakeName("none")) sample.Output.AddRange(Data(r));
                break;
            case "expect" when r.TakeName("ident"):
                sample.ExpectedIdent = r.ExpectText("the ident");
                break;
            case "expect" when r.TakeName("records"):
                sample.ExpectedCount = (int)r.ExpectInteger("the number of records");
                break;
            case "expect" when r.TakeName("record"):
                int record = r.Next.Kind == TokenKind.Integer ? (int)r.Take().Integer : 1;
                foreach (SpecLine child in line.Children) Guard(child, c => ParseExpected(sample, record, c));
                break;
            default:
                throw new SpecSyntaxException(Ids.Syntax, new Place(word.Line, word.Column, word.Length), "a sample has the lines given, in, expect ident, expect records, expect record, out");
        }
        r.ExpectEnd();
    }

    private static void ParseExpected(SampleNode sample, int record, LineReader r)
    {
        Place at = r.Whole;
        Token name = r.ExpectName("a parameter");
        if (r.TakeName("absent"))
        {
            sample.Expected.Add((record, at, name.Text, null, 0));
            r.ExpectEnd();
            return;
        }
        object value = Constant(r);
        double tolerance = 0;
        if (r.TakeSymbol("~")) tolerance = r.Take().Real;
        r.ExpectEnd();
        sample.Expected.Add((record, at, name.Text, value, tolerance));
    }

    private static object Constant(LineReader r)
    {
        bool negative = r.TakeSymbol("-");
        Token token = r.Take();
        switch (token.Kind)
        {
            case TokenKind.Integer: return negative ? -token.Integer : token.Integer;
            case TokenKind.Real: return negative ? -token.Real : token.Real;
            case TokenKind.Text: return Encoding.UTF8.GetString(token.Bytes);
            case TokenKind.Name when token.Text == "true": return true;
            case TokenKind.Name when token.Text == "false": return false;
            default: throw new SpecSyntaxException(Ids.Syntax, new Place(token.Line, token.Column, token.Length), "expected a number, \"text\", true or false");
        }
    }

    private static byte[] Data(LineReader r)
    {
        List<byte> bytes = [];
        while (!r.AtEnd)
        {
            if (r.Next is { Kind: TokenKind.Bytes, Optional: true }) throw new SpecSyntaxException(Ids.Sample, r.Here, "an odd number of hex digits; a byte has two");
            bytes.AddRange(r.ExpectBytes("bytes"));
        }
        return bytes.ToArray();
    }

    private void Guard(SpecLine line, Action<LineReader> parse)
    {
        try
        {
            parse(new LineReader(line));
        }
        catch (SpecSyntaxException e)
        {
            Report(e);
        }
    }

    private void Report(SpecSyntaxException e) => diagnostics.Add(new SpecDiagnostic(e.Id, e.At.Line, e.At.Column, e.At.Length, e.Message));
}
