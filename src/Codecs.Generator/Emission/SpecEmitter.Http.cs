using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>HTTP requests as frames: the names of their parts, and headers.</summary>
internal sealed partial class SpecEmitter
{
    private const string HttpClass = "global::Gateway.Codecs.Reading.Http";

    private bool SpeaksHttp => _spec.Frames.Exists(f => f.Cases.Exists(k => k.Rules.Exists(r => r.Kind == "http")));

    // method, path, query, body: known before the first item of the header.
    private void EmitRequest(Context c)
    {
        if (!SpeaksHttp) return;
        string Part(string hint, string code)
        {
            string local = _method.Int32(hint);
            Out.Line($"{local} = {code};");
            return local;
        }
        Out.Line($"global::Gateway.Codecs.Reading.HttpRequest request = {HttpClass}.Read(m);");
        c.Scope.Set("method", Value.OfBytes("m", "0", Part("methodLength", "request.MethodLength")));
        c.Scope.Set("path", Value.OfBytes("m", Part("pathStart", "request.PathStart"), Part("pathLength", "request.PathLength")));
        c.Scope.Set("query", Value.OfBytes("m", Part("queryStart", "request.QueryStart"), Part("queryLength", "request.QueryLength")));
        string body = Part("bodyStart", "request.BodyStart");
        c.Scope.Set("body", Value.OfBytes("m", body, $"(m.Length - {body})"));
    }

    // header("Content-Type")
    private Value EmitHeader(CallExpr call, Context c)
    {
        if (call.Arguments.Count != 1 || call.Arguments[0] is not BytesExpr { Bytes.Length: > 0 } name) throw new SpecSyntaxException(Ids.Type, call.At, "'header' takes the name of a header in quotes: header(\"Content-Type\")");
        if (!SpeaksHttp) throw new SpecSyntaxException(Ids.Type, call.At, "only HTTP requests have headers; write `frame http`, or the rule `http` in a case of the frame section");
        string has = _method.Boolean("h");
        string start = _method.Int32("s");
        string length = _method.Int32("n");
        Out.Line($"{has} = {HttpClass}.Header(m, {Value.Literal(name.Bytes)}, out {start}, out {length});");
        return new Value { Type = ValueType.Bytes, Base = "m", Start = start, Length = length, Has = has };
    }
}
