using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Gateway.Codecs.Generator;

/// <summary>JSON blocks and HTTP replies.</summary>
internal sealed partial class ItemParser
{
    private static readonly Dictionary<long, string> Reasons = new()
    {
        [200] = "OK", [201] = "Created", [202] = "Accepted", [204] = "No Content", [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
        [405] = "Method Not Allowed", [409] = "Conflict", [413] = "Content Too Large", [415] = "Unsupported Media Type", [422] = "Unprocessable Content", [429] = "Too Many Requests",
        [500] = "Internal Server Error", [501] = "Not Implemented", [503] = "Service Unavailable",
    };

    // json [in expr], json each [in expr] [as i]
    private BlockItem ParseJson(LineReader r, Place at)
    {
        r.Take();
        BlockItem item = new() { At = at, Kind = r.TakeName("each") ? "json each" : "json" };
        if (r.TakeName("in")) item.Argument = ExpressionParser.Parse(r);
        if (item.Kind == "json each" && r.TakeName("as")) item.Name = r.ExpectName("a name").Text;
        r.ExpectEnd();
        if (r.Line.Children.Count == 0) throw new SpecSyntaxException(Ids.Missing, at, item.Kind == "json" ? "'json' has no rows; indent below it `\"path.of.value\"` lines with what to do" : "'json each' has no block; indent below it what to do with each element");
        if (item.Kind == "json each")
        {
            item.Body = ParseAll(r.Line.Children);
            return item;
        }
        SwitchItem rows = new() { At = at, Operand = new NameExpr { At = at, Name = "path" } };
        ParseRows(r, rows);
        item.Body.Add(rows);
        return item;
    }

    // reply http 200 ["text/plain"] items
    private static void ParseHttpReply(LineReader r, ReplyItem item)
    {
        Place at = r.Here;
        long status = r.ExpectInteger("a status such as 200");
        if (status is < 100 or > 599) throw new SpecSyntaxException(Ids.Range, at, "an HTTP status is 100 to 599");
        StringBuilder head = new("HTTP/1.1 ");
        head.Append(status.ToString(CultureInfo.InvariantCulture)).Append(' ').Append(Reasons.TryGetValue(status, out string? reason) ? reason : "Status").Append("\r\n");
        if (r.Next.Kind == TokenKind.Text) head.Append("content-type: ").Append(r.ExpectText("a content type")).Append("\r\n");
        List<OutItem> body = [];
        if (!r.AtEnd) body = OutParser.ParseLine(r);
        body.AddRange(OutParser.ParseBlock(r.Line.Children));
        // A status without content has no length either.
        bool hasLength = status is not (204 or 304) && status >= 200;
        if (hasLength) head.Append("content-length: ");
        if (body.Count == 0)
        {
            item.Items.Add(Literal(at, head + (hasLength ? "0\r\n\r\n" : "\r\n")));
            return;
        }
        if (!hasLength) throw new SpecSyntaxException(Ids.Value, at, $"an answer with status {status} has no body; write 200, or leave the body out");
        const string part = "body of the answer";
        item.Items.Add(Literal(at, head.ToString()));
        item.Items.Add(new OutItem { At = at, Kind = "dec", Value = new LengthOfExpr { At = at, Part = part } });
        item.Items.Add(Literal(at, "\r\n\r\n"));
        item.Items.Add(new OutItem { At = at, Kind = "part", Name = part, Body = body });
    }

    private static OutItem Literal(Place at, string text) => new() { At = at, Kind = "literal", Bytes = Encoding.UTF8.GetBytes(text) };
}
