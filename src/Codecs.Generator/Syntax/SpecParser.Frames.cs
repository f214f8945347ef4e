using System;

namespace Gateway.Codecs.Generator;

/// <summary>The frame sections: how bytes become frames.</summary>
internal sealed partial class SpecParser
{
    private static readonly string[] FrameRuleNames =
        ["size", "until", "before", "between", "balanced", "walk", "unescape", "tail", "strip", "datagram", "http", "reject"];

    private void ParseFrame(LineReader r, Place at)
    {
        FrameSection frame = new() { At = at };
        if (r.TakeName("tcp")) frame.Transport = "tcp";
        else if (r.TakeName("udp")) frame.Transport = "udp";
        else if (r.TakeName("http"))
        {
            // Requests come over TCP; the rule stands for the whole section.
            r.ExpectEnd();
            if (r.Line.Children.Count > 0) throw new SpecSyntaxException(Ids.Syntax, at, "'frame http' cuts requests by itself and has no rules; for a port that takes other frames too write 'frame tcp' with the rule 'http' in a case");
            frame.Cases.Add(new FrameCase { At = at, Rules = [new FrameRule { At = at, Kind = "http" }] });
            _spec.Frames.Add(frame);
            return;
        }
        r.ExpectEnd();
        FrameCase? plain = null;
        foreach (SpecLine child in r.Line.Children)
        {
            Guard(child, c =>
            {
                if (c.IsName("case") || c.IsName("else"))
                {
                    FrameCase branch = new() { At = c.Whole };
                    if (c.TakeName("case")) branch.Condition = ExpressionParser.Parse(c);
                    else c.Take();
                    c.ExpectEnd();
                    foreach (SpecLine rule in child.Children) Guard(rule, x => branch.Rules.Add(ParseRule(x)));
                    if (branch.Rules.Count == 0) throw new SpecSyntaxException(Ids.Missing, branch.At, "the case has no rule; indent size, until, between, walk, datagram or reject below it");
                    frame.Cases.Add(branch);
                }
                else if (c.IsName("skip") && c.Peek(1).Text == "to")
                {
                    c.Take();
                    c.Take();
                    frame.SkipTo = c.Marks();
                    c.ExpectEnd();
                }
                else
                {
                    if (plain is null) frame.Cases.Add(plain = new FrameCase { At = c.Whole });
                    plain.Rules.Add(ParseRule(c));
                }
            });
        }
        if (frame.Cases.Count == 0) throw new SpecSyntaxException(Ids.Missing, at, "the frame section has no rule; indent size, until, between, walk or datagram below it");
        _spec.Frames.Add(frame);
    }

    private FrameRule ParseRule(LineReader r)
    {
        FrameRule rule = new() { At = r.Whole, Kind = r.ExpectName("a framing rule").Text };
        switch (rule.Kind)
        {
            case "size": rule.Size = ExpressionParser.Parse(r); break;
            case "until":
                rule.Marks = r.Marks();
                ParseExcept(r, rule);
                rule.Keep = r.TakeName("keep");
                if (r.TakeName("plus")) rule.Plus = ExpressionParser.Parse(r);
                break;
            case "before":
                rule.Marks = r.Marks();
                if (r.TakeName("or"))
                {
                    if (!r.TakeName("end")) throw r.Expected("'end'");
                    rule.OrEnd = true;
                }
                break;
            case "between":
                rule.Begin = r.ExpectBytes("the opening mark");
                if (!r.TakeName("and")) throw r.Expected("'and'");
                rule.Marks = r.Marks();
                ParseExcept(r, rule);
                break;
            case "balanced":
                rule.Begin = r.ExpectBytes("the opening sign");
                rule.End = r.ExpectBytes("the closing sign");
                if (rule.Begin.Length != 1 || rule.End.Length != 1) throw new SpecSyntaxException(Ids.Value, rule.At, "the signs of 'balanced' are one byte each; write 'between' for longer marks");
                break;
            case "walk":
                rule.Items = _items.ParseAll(r.Line.Children);
                if (r.Line.Children.Count == 0) throw new SpecSyntaxException(Ids.Missing, rule.At, "'walk' has no items; indent below it what leads from the frame's first byte to its end");
                break;
            case "unescape": rule.Pairs = OutParser.Pairs(r); break;
            case "tail":
                rule.Tail = r.ExpectBytes("the tail");
                if (r.TakeName("else"))
                {
                    rule.TailReject = r.TakeName("reject");
                    if (!rule.TailReject)
                    {
                        if (!r.TakeName("search")) throw r.Expected("'reject' or 'search n'");
                        rule.SearchBytes = (int)r.ExpectInteger("how many bytes to search");
                    }
                }
                else rule.TailReject = true;
                break;
            case "strip": rule.Size = ExpressionParser.Parse(r); break;
            case "datagram" or "http" or "reject": break;
            default:
                throw new SpecSyntaxException(Ids.Syntax, rule.At, $"'{rule.Kind}' is no framing rule{Nearest.Suggestion(rule.Kind, FrameRuleNames)}");
        }
        r.ExpectEnd();
        return rule;
    }

    // `except "$" "$"`: marks inside such a pair do not count; `except "\r\n"`: the mark "\r" does not count before a line feed.
    private static void ParseExcept(LineReader r, FrameRule rule)
    {
        if (!r.TakeName("except")) return;
        rule.ExceptBegin = r.ExpectBytes("the opening mark of what does not count");
        // A single text: marks at its start do not count.
        if (r.Next.Kind is TokenKind.Text or TokenKind.Bytes) rule.ExceptEnd = r.ExpectBytes("its closing mark");
    }
}
