using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>Commands: a method for each, with its typed properties as locals.</summary>
internal sealed partial class SpecEmitter
{
    private void EmitCommands(CodeWriter code)
    {
        code.Line("public override global::Gateway.Codecs.EncodeStatus TryEncode(string name, global::Gateway.Codecs.CommandArguments arguments, global::Gateway.Codecs.Session session, global::Gateway.Codecs.ReplyWriter output)");
        code.Open();
        code.Line($"{_sessionClass} s = ({_sessionClass})session;");
        code.Open("switch (name)");
        List<CodeWriter> methods = [];
        foreach (CommandNode command in _spec.Commands)
        {
            MethodBody method = new();
            _method = method;
            _writer = "output";
            Scope scope = new(null);
            Context c = new() { Scope = scope, Span = "m", Position = "p", End = "e", Fail = (_, _) => "return global::Gateway.Codecs.EncodeStatus.BadArgument;" };
            Out.Indent = 2;
            try
            {
                foreach (VariableNode property in command.Properties)
                {
                    string get = property.Type switch
                    {
                        "int" => $"!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {Value.Quote(property.Name)}, out {Declare("long", property.Name, ValueType.Integer)})",
                        "real" => $"!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {Value.Quote(property.Name)}, out {Declare("double", property.Name, ValueType.Real)})",
                        "bool" => $"!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {Value.Quote(property.Name)}, out {Declare("bool", property.Name, ValueType.Boolean)})",
                        _ => $"!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {Value.Quote(property.Name)}, out {Declare("global::System.ReadOnlySpan<byte>", property.Name, ValueType.Bytes)})",
                    };
                    Out.Line($"if ({get}) return global::Gateway.Codecs.EncodeStatus.BadArgument;");
                }
                EmitWhole(command.Items, c, NewLayout());
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
            string Declare(string type, string name, ValueType valueType)
            {
                string local = $"a_{Identifier(name)}";
                scope.Set(name, valueType == ValueType.Bytes ? Value.OfBytes(local, "0", $"{local}.Length") : Value.Of(valueType, local));
                return $"{type} {local}";
            }
            _writer = "reply";
            string methodName = $"Command{methods.Count + 1}_{Identifier(command.Name)}";
            code.Line($"case {Value.Quote(command.Name)}: return {methodName}(arguments, s, output);");
            CodeWriter body = new() { Indent = 1 };
            body.Line($"private static global::Gateway.Codecs.EncodeStatus {methodName}(global::Gateway.Codecs.CommandArguments arguments, {_sessionClass} s, global::Gateway.Codecs.ReplyWriter output)");
            body.Open();
            foreach (string local in method.Locals) body.Line(local);
            body.Append(method.Code);
            body.Hidden();
            body.Line("return global::Gateway.Codecs.EncodeStatus.Ok;");
            body.Close();
            methods.Add(body);
        }
        code.Line("default: return global::Gateway.Codecs.EncodeStatus.UnknownCommand;");
        code.Close();
        code.Close();
        foreach (CodeWriter method in methods) code.Line("").Append(method);
    }
}
