using System.Text;

namespace Gateway.Codecs.Generator.Tests;

/// <summary>HTTP requests as frames, encoded queries, JSON bodies, and answers.</summary>
public sealed class WebTests
{
    private const string Http = "  port 5055 http\n  max 2048\n";

    private const string Osmand = """
        message form when method == "GET"
          record
            kv "&" "=" urlencoded in query
              "id" login val
              "lat" lat degrees
              "lon" lon degrees
              "name" text -> custom.name
              "timestamp" time "yyyy-MM-dd HH:mm:ss"
              * text -> custom.{key}
          reply http 200
        message posted when header("content-type") starts "application/json"
          let kind = header("X-Kind")
          record
            json in body
              "device_id" login val
              "location.coords.latitude" lat degrees
              "location.coords.longitude" lon degrees
              "location.coords.speed" real if has kind -> position.speed m/s
              "location.is_moving" bool -> movement.status
              "location.extras.*"
                value val if val is string -> custom.{path[16..]}
                value real(val) if val is number -> custom.{path[16..]}
              "cells"
                json each in val as i
                  json in val
                    "lac" int -> gsm.lac.{i}
              "note" text -> custom.note
              "text" value is number val -> custom.numeric
              * text -> custom.other.{path}
          reply http 200 "application/json" "{\"ok\":" dec count "}"
        message other
          reply http 404 "text/plain"
            "no " method " here: " path
        """;

    private static string Get(string target) => $"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n";

    private static string Post(string body, string more = "") => $"POST /d HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\n{more}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    private static Outcome Run(string input, int piece = int.MaxValue) => Lab.Run(Lab.Spec(Osmand, Http), Encoding.UTF8.GetBytes(input), piece: piece);

    [Fact]
    public void What_a_request_should_be_is_told_by_protocols_over_http_alone()
    {
        const string expects = "  expects \"a form with id\"\n";
        Assert.Equal("a form with id", Lab.Compile(Lab.Spec(Osmand, Http + expects)).Info.Expects);
        Assert.Equal("", Lab.Compile(Lab.Spec(Osmand, Http)).Info.Expects);
        Assert.Contains(Lab.Check(Lab.Spec("message m\n  u8 x\n", "  port 5000 tcp\n" + expects)), found => found.Id == "GW1014" && found.Message.Contains("'expects'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_query_is_decoded()
    {
        Outcome outcome = Run(Get("/x?id=12%2D3&lat=60.5&lon=-30&name=J%C3%B6rg+A%26B&timestamp=2023-11-14%2022:13:20&empty=&alarm=sos"));
        Assert.Equal("12-3", outcome.Ident);
        Assert.Equal(60.5, outcome.Message["position.latitude"]);
        Assert.Equal("Jörg A&B", outcome.Message["custom.name"]);
        Assert.Equal("sos", outcome.Message["custom.alarm"]);
        Assert.Equal(1_700_000_000.0, outcome.Message["timestamp"]);
        Assert.DoesNotContain("custom.empty", outcome.Message.Keys);
        Assert.Equal("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", outcome.Reply);
    }

    [Fact]
    public void A_body_is_read_by_paths()
    {
        Outcome outcome = Run(Post("""
            { "location": {"coords":{"latitude": 1.5e1,"longitude":-20,"speed":10}, "is_moving":true, "battery":null,
              "extras":{"a":"x\u00e9\n\"y\"","b":1.25,"c":true}}, "cells":[{"lac":7},{"mcc":1,"lac":8},null,{"lac":9}], "note":"", "text":"-1.5e3", "deep":{"er":[1,"two"]}, "device_id":"d1" }
            """, "X-Kind: a\r\n"));
        Assert.Equal("d1", outcome.Ident);
        Dictionary<string, object> message = outcome.Message;
        Assert.Equal(15.0, message["position.latitude"]);
        Assert.Equal(36.0, message["position.speed"]);
        Assert.Equal(true, message["movement.status"]);
        Assert.Equal("xé\"y\"", ((string)message["custom.a"]).Replace("\n", "", StringComparison.Ordinal));
        Assert.Equal(1.25, message["custom.b"]);
        Assert.DoesNotContain("custom.c", message.Keys);
        Assert.Equal(true, message["custom.numeric"]);
        Assert.Equal(7L, message["gsm.lac.1"]);
        Assert.Equal(8L, message["gsm.lac.2"]);
        Assert.Equal(9L, message["gsm.lac.3"]);
        Assert.Equal("1", message["custom.other.deep.er.1"]);
        Assert.Equal("two", message["custom.other.deep.er.2"]);
        Assert.Equal("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{\"ok\":1}", outcome.Reply);
        Assert.DoesNotContain("position.speed", Run(Post("{\"location\":{\"coords\":{\"speed\":10}}}")).Message.Keys);
    }

    [Theory]
    [InlineData("kv \"&\" \"=\" urlencoded in frame", "a=x%2By&b=2&c=3&d=4&a=z")]
    [InlineData("kv \"&\" \"=\" in frame", "b=2&a=z&c=3")]
    [InlineData("json in frame", "{\"a\":\"\\u0078\",\"b\":2,\"c\":\"3\",\"d\":{\"a\":5},\"a\":\"z\"}")]
    public void What_rows_read_is_known_behind_them(string block, string text)
    {
        string sections = $"message m\n  {block}\n    \"a\" let x = val\n    \"b\" let y = int(val)\n    \"c\" text z\n    \"e\" let w = val\n  record\n    value x -> custom.x\n    value y -> custom.y\n    value z -> custom.z\n    value w -> custom.w\n    value has w -> custom.has\n";
        Dictionary<string, object> message = Lab.Run(Lab.Spec(sections), text).Message;
        Assert.Equal("z", message["custom.x"]);
        Assert.Equal(2L, message["custom.y"]);
        Assert.Equal("3", message["custom.z"]);
        Assert.DoesNotContain("custom.w", message.Keys);
    }

    [Theory]
    [InlineData("{\"a\":}")]
    [InlineData("{\"a\":1")]
    [InlineData("{\"a\" 1}")]
    [InlineData("[1 2]")]
    [InlineData("{\"cells\":[{\"lac\":1}")]
    [InlineData("\"open")]
    [InlineData("nonsense")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public void What_is_no_json_is_refused(string body) => Assert.Equal([DecodeStatus.Malformed], Run(Post(body)).Statuses);

    [Fact]
    public void Requests_are_cut_in_any_pieces()
    {
        string input = Get("/?id=1") + Post("{\"device_id\":\"2\"}") + "POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\ncontent-type: application/json\r\n\r\n8;x=1\r\n{\"device\r\n9\r\n_id\":\"3\"}\r\n0\r\nTrailer: 1\r\n\r\n" + Get("/");
        for (int piece = 1; piece < input.Length; piece += 3)
        {
            Outcome outcome = Run(input, piece);
            Assert.Equal(4, outcome.Frames.Count);
            Assert.Equal([DecodeStatus.Ok, DecodeStatus.Ok, DecodeStatus.Ok, DecodeStatus.Ok], outcome.Statuses);
            Assert.Equal("3", outcome.Ident);
            Assert.EndsWith("\r\n\r\n{\"device_id\":\"3\"}", Encoding.Latin1.GetString(Convert.FromHexString(outcome.Frames[2])), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("\x01\x02", FrameStatus.Malformed)]
    [InlineData("get / HTTP/1.1\r\n\r\n", FrameStatus.Malformed)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", FrameStatus.Malformed)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", FrameStatus.Malformed)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", FrameStatus.Malformed)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", FrameStatus.TooLong)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n", FrameStatus.TooLong)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", FrameStatus.Malformed)]
    [InlineData("GET / HT", FrameStatus.NeedMore)]
    public void What_is_no_request_is_refused(string input, FrameStatus expected) => Assert.Equal(expected, Run(input).End);

    [Fact]
    public void A_head_without_end_is_too_long() => Assert.Equal(FrameStatus.TooLong, Run("GET /" + new string('x', 3000), 100).End);

    [Fact]
    public void A_body_may_be_built_of_anything() =>
        Assert.Equal("HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\ncontent-length: 15\r\n\r\nno PUT here: /a", Run("PUT /a HTTP/1.1\r\n\r\n").Reply);

    [Fact]
    public void A_port_may_take_requests_beside_other_frames()
    {
        Outcome outcome = Lab.Run(Lab.Spec("""
            frame tcp
              case frame starts "GET "
                http
              else
                until "\n"
            message request when len(method) > 0
              reply http 204
            message line
              text t
              reply t "!"
            """), "abc\n" + Get("/") + "def\n");
        Assert.Equal("abc!HTTP/1.1 204 No Content\r\n\r\ndef!", outcome.Reply);
    }

    [Fact]
    public void Values_of_text_are_traced_to_where_they_stand()
    {
        Outcome outcome = Run(Get("/?id=1&lat=60%2E5&lon=7"));
        string frame = Encoding.Latin1.GetString(Convert.FromHexString(outcome.Frames[0]));
        TraceValue latitude = outcome.Trace.Messages[0].Values.First(v => v.Name == "position.latitude");
        Assert.Equal("60%2E5", frame.Substring(latitude.Start, latitude.Length));
    }

    [Theory]
    [InlineData("GW1008", "message m\n  json\n    \"a\" text -> custom.a\n    \"a.b\" text -> custom.b\n", 8, "takes the value as a whole")]
    [InlineData("GW1008", "message m\n  json\n    \"a.b\" text -> custom.a\n    \"a\" text -> custom.b\n", 8, "json in val")]
    [InlineData("GW1006", "message m\n  json\n    1 text -> custom.a\n", 7, "path in quotes")]
    [InlineData("GW1011", "message m\n  json\n", 6, "no rows")]
    [InlineData("GW1006", "message m\n  text t\n  reject if t is number\n", 7, "only a JSON value")]
    [InlineData("GW1006", "message m\n  reject if header(\"x\") == \"y\"\n", 6, "frame http")]
    [InlineData("GW1010", "message m\n  reply http 20\n", 6, "100 to 599")]
    [InlineData("GW1014", "message m\n  reply http 204 \"a\" \"b\"\n", 6, "no body")]
    [InlineData("GW1001", "frame http\n  size 2\nmessage m\n", 5, "case")]
    public void A_fault_is_told_with_what_to_write(string id, string sections, int line, string says)
    {
        IReadOnlyList<SpecDiagnostic> found = Lab.Check(Lab.Spec(sections));
        SpecDiagnostic? fault = found.FirstOrDefault(d => d.Id == id && d.Line == line);
        Assert.True(fault is not null, string.Join('\n', found.Select(d => d.Format("lab.trk"))));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }
}
