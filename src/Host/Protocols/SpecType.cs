namespace Gateway.Host.Protocols;

/// <summary>Types of options and of properties of commands, as specs call them.</summary>
internal static class SpecType
{
    /// <summary>What JSON Schema calls a type.</summary>
    /// <param name="type"><c>int</c>, <c>minutes</c>, <c>real</c>, <c>bool</c>, or a kind of text.</param>
    internal static string InJsonSchema(string type) => type switch { "int" or "minutes" => "integer", "real" => "number", "bool" => "boolean", _ => "string" };
}
