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
            Context c = new() { Scope = scope, Frameless = true, Span = "m", Position = "p", End = "e", Fail = (_, _) => "return global::Gateway.Codecs.EncodeStatus.BadArgument;" };
            Out.Indent = 2;
            try
            {
                foreach (VariableNode property in command.Properties)
                {
                    EmitProperty(property, scope);
                }
                EmitWhole(command.Items, c, NewLayout());
            }
            catch (SpecSyntaxException e)
            {
                Report(e);
            }
            _writer = "reply";
            string methodName = $"Command{methods.Count + 1}_{Identifier(command.Name)}";
            code.Line($"case {Value.Quote(command.Name)}: return {methodName}(arguments, s, output);");
            CodeWriter body = new() { Indent = 1 };
            body.Line($"private static global::Gateway.Codecs.EncodeStatus {methodName}(global::Gateway.Codecs.CommandArguments arguments, {_sessionClass} s, global::Gateway.Codecs.ReplyWriter output)");
            body.Open();
            // The frame that a command answers to is an empty one.
            body.Line("global::System.ReadOnlySpan<byte> m = default;");
            body.Line("int p = 0, e = 0;");
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
    // A property that is left out has its default; without one it must be given.
    private void EmitProperty(VariableNode property, Scope scope)
    {
        string local = $"a_{Identifier(property.Name)}";
        string name = Value.Quote(property.Name);
        (string type, Value value) = property.Type switch
        {
            "int" => ("long", Value.Of(ValueType.Integer, local)),
            "real" => ("double", Value.Of(ValueType.Real, local)),
            "bool" => ("bool", Value.Of(ValueType.Boolean, local)),
            _ => ("global::System.ReadOnlySpan<byte>", Value.OfBytes(local, "0", $"{local}.Length")),
        };
        Out.Line($"{type} {local};");
        string taken = $"if (!global::Gateway.Codecs.Reading.Support.TryArgument(arguments, {name}, out {local})) return global::Gateway.Codecs.EncodeStatus.BadArgument;";
        if (property.Initial is null) Out.Line(taken);
        else
        {
            Out.Line($"if (!arguments.ContainsKey({name})) {local} = {DefaultOf(property)};");
            Out.Line($"else {taken}");
        }
        scope.Set(property.Name, value);
    }

    private static string DefaultOf(VariableNode property) => (property.Type, property.Initial) switch
    {
        ("int", NumberExpr { IsReal: false } n) => Value.Literal(n.Integer),
        ("real", NumberExpr n) => Value.Literal(n.IsReal ? n.Real : n.Integer),
        ("bool", NameExpr { Name: "true" or "false" } truth) => truth.Name,
        ("text", BytesExpr text) => Value.Literal(text.Bytes),
        _ => throw new SpecSyntaxException(Ids.Type, property.At, $"the default of '{property.Name}' is no {property.Type}; write a number, true, false or \"text\""),
    };
}
