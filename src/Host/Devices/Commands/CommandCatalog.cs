using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Listeners;
using Gateway.Host.Protocols;

namespace Gateway.Host.Devices.Commands;

/// <summary>A property of a command.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type"><c>int</c>, <c>real</c>, <c>bool</c> or <c>text</c>, as specs have it.</param>
/// <param name="Default">As the spec writes it; empty when the property must be given.</param>
/// <param name="Description">For people.</param>
internal sealed record CommandProperty(string Name, string Type, string Default, string Description);

/// <summary>A command that devices of a protocol understand.</summary>
/// <param name="Name">Name, as users give it.</param>
/// <param name="Title">For people.</param>
/// <param name="Properties">Its properties.</param>
/// <param name="IsOneOf">Exactly one of the properties is given, instead of each that has no default.</param>
internal sealed record CommandType(string Name, string Title, IReadOnlyList<CommandProperty> Properties, bool IsOneOf = false);

/// <summary>The commands of one protocol: those of its spec, and <c>custom</c> for what no spec has a name for; their checks, and their bytes.</summary>
internal sealed class CommandCatalog
{
    /// <summary>Name of the command that every protocol has, but for those over HTTP.</summary>
    internal const string Custom = "custom";

    /// <summary>Most bytes of one command.</summary>
    internal const int BytesMax = 16 * 1024;

    private const string Payload = "payload";
    private const string Text = "text";
    private const string Hex = "hex";

    // In the order in which they count as an answer: what a spec calls one, or else text that a device sends for no other reason.
    private static readonly string[] s_answers = ["command.response", "payload.text"];

    private static readonly ConditionalWeakTable<Codec, CommandCatalog> s_catalogs = [];

    private readonly Codec _codec;
    private readonly bool _takesText;
    private readonly bool _specTakesText;

    private CommandCatalog(Codec codec)
    {
        _codec = codec;
        ProtocolInfo info = codec.Info;
        _specTakesText = info.Commands.Any(command => command is { Name: Custom, Properties: [{ Name: Text }, ..] });
        _takesText = _specTakesText || info.IsText;
        // An HTTP device hears nothing but the answers to its requests.
        Types = info.Http ? [] : [.. info.Commands.Where(command => command.Name != Custom || !_specTakesText).Select(TypeOf), CustomOf()];
        foreach (string answer in s_answers)
        {
            if (!info.Parameters.Contains(answer)) continue;
            AnswerKey = ParameterDictionary.Find(answer)!.Key;
            break;
        }
    }

    /// <summary>All commands.</summary>
    internal IReadOnlyList<CommandType> Types { get; }

    /// <summary>The parameter in which the device's answer to a command comes; 0 when the spec knows no answers.</summary>
    internal int AnswerKey { get; }

    /// <summary>The commands of a codec.</summary>
    internal static CommandCatalog Of(Codec codec) => s_catalogs.GetValue(codec, static codec => new CommandCatalog(codec));

    /// <summary>Checks a command.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="properties">Its properties, a JSON object.</param>
    /// <returns>What is wrong and what was expected; null when nothing is.</returns>
    internal string? ProblemOf(string name, JsonElement properties)
    {
        if (Types.FirstOrDefault(type => type.Name == name) is not { } found)
            return $"command {name} properties validation failed: command definition {name} is not found; the protocol {_codec.Info.Name} has {(Types.Count == 0 ? "none" : string.Join(", ", Types.Select(type => type.Name)))}.";
        foreach (JsonProperty given in properties.EnumerateObject())
        {
            if (found.Properties.FirstOrDefault(known => known.Name == given.Name) is not { } property)
                return $"command {name} has no property '{given.Name}'; valid properties: {(found.Properties.Count == 0 ? "none" : string.Join(", ", found.Properties.Select(known => known.Name)))}.";
            if (ValueOf(property.Type, given.Value) is null) return $"command {name}: {given.Name} must be {WordOf(property.Type)}, not {given.Value.ValueKind}.";
            if (given.Value.ValueKind is JsonValueKind.String && Encoding.UTF8.GetByteCount(given.Value.GetString()!) > 2 * BytesMax) return $"command {name}: {given.Name} may have at most {2 * BytesMax} bytes.";
            if (name == Custom && given.Name == Hex && !IsHex(given.Value.GetString()!)) return $"command {name}: {Hex} must be 2 to {2 * BytesMax} hexadecimal digits, an even number of them.";
        }
        int count = properties.EnumerateObject().Count();
        if (found.IsOneOf) return count == 1 ? null : $"command {name} takes exactly one of {string.Join(", ", found.Properties.Select(known => known.Name))}.";
        CommandProperty? missing = found.Properties.FirstOrDefault(known => known.Default.Length == 0 && !properties.TryGetProperty(known.Name, out _));
        return missing is null ? null : $"command {name} needs {missing.Name}, {WordOf(missing.Type)}.";
    }

    /// <summary>Writes the bytes of a command for a connection. Only for the thread that decodes.</summary>
    /// <returns>Why there are none; null when they were written.</returns>
    internal string? Encode(string name, string propertiesJson, DeviceConnection connection, ReplyWriter output)
    {
        using JsonDocument document = JsonDocument.Parse(propertiesJson);
        if (ProblemOf(name, document.RootElement) is { } problem) return problem;      // the codec may be another one since it was queued
        string? text = null;
        if (name == Custom && Types.First(type => type.Name == Custom).IsOneOf)
        {
            JsonProperty given = document.RootElement.EnumerateObject().First();
            string value = given.Value.GetString()!;
            if (given.Name == Hex) output.Bytes(Convert.FromHexString(value));
            else if (_specTakesText) text = value;
            else output.Bytes(Encoding.UTF8.GetBytes(value));
            if (text is null) return Result(output);
        }

        var arguments = new CommandArguments();
        if (text is not null) arguments[Text] = text;
        else
        {
            foreach (JsonProperty given in document.RootElement.EnumerateObject())
                arguments[given.Name] = ValueOf(Types.First(type => type.Name == name).Properties.First(known => known.Name == given.Name).Type, given.Value)!;
        }
        connection.Session.NowUs = connection.Channel.NowUs;
        return _codec.TryEncode(name, arguments, connection.Session, output) switch
        {
            EncodeStatus.Ok => Result(output),
            EncodeStatus.BadArgument => $"command {name}: a property has a value that the protocol can't carry.",
            _ => $"the protocol {_codec.Info.Name} has no command {name} any more.",
        };
    }

    /// <summary>Writes the commands as the API shows them.</summary>
    internal void WriteTypes(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (CommandType type in Types)
        {
            json.WriteStartObject();
            json.WriteString("name", type.Name);
            json.WriteString("title", type.Title);
            json.WriteStartArray("address");
            json.WriteStringValue("connection");
            json.WriteEndArray();
            json.WriteStartObject("schema");
            json.WriteString("type", "object");
            json.WriteStartObject("properties");
            foreach (CommandProperty property in type.Properties) WriteProperty(json, property);
            json.WriteEndObject();
            json.WriteStartArray("required");
            foreach (CommandProperty property in type.Properties.Where(property => !type.IsOneOf && property.Default.Length == 0)) json.WriteStringValue(property.Name);
            json.WriteEndArray();
            json.WriteBoolean("additionalProperties", false);
            if (type.IsOneOf)
            {
                json.WriteNumber("minProperties", 1);
                json.WriteNumber("maxProperties", 1);
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static CommandType TypeOf(CommandInfo command) =>
        new(command.Name, command.Name, [.. command.Properties.Select(property => new CommandProperty(property.Name, property.Type, property.Default, property.Description))]);

    private CommandType CustomOf()
    {
        var ways = new List<CommandProperty>();
        string how = _specTakesText ? "Text of a command; the protocol puts it into a frame." : "Text, sent as it is.";
        if (_takesText) ways.AddRange([new(Payload, Text, "", how), new(Text, Text, "", $"The same as {Payload}.")]);
        ways.Add(new(Hex, Text, "", "Bytes as hexadecimal digits, sent as they are."));
        return new CommandType(Custom, "What no other command says", ways, IsOneOf: true);
    }

    private static string? Result(ReplyWriter output) =>
        output.Overflowed || output.Length > BytesMax ? $"the command has more than {BytesMax} bytes."
        : output.Length == 0 ? "the spec writes nothing for this command and this model."
        : null;

    private static object? ValueOf(string type, JsonElement value) => (type, value.ValueKind) switch
    {
        ("int" or "minutes", JsonValueKind.Number) => value.TryGetInt64(out long integer) ? integer : null,
        ("real", JsonValueKind.Number) => value.TryGetDouble(out double real) ? real : null,
        ("bool", JsonValueKind.True) => true,
        ("bool", JsonValueKind.False) => false,
        ("text", JsonValueKind.String) => value.GetString(),
        _ => null,
    };

    private static bool IsHex(string text) => text.Length is > 0 and <= 2 * BytesMax && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit);

    private static string WordOf(string type) => type switch
    {
        "int" or "minutes" => "an integer",
        "real" => "a number",
        "bool" => "true or false",
        _ => "a string",
    };

    private static void WriteProperty(Utf8JsonWriter json, CommandProperty property)
    {
        json.WriteStartObject(property.Name);
        json.WriteString("type", SpecType.InJsonSchema(property.Type));
        if (property.Description.Length > 0) json.WriteString("description", property.Description);
        if (property.Default.Length > 0)
        {
            json.WritePropertyName("default");
            // Numbers and truth values as they are written; texts too, without the spec's quotes.
            bool isLiteral = property.Type is not "text" && (property.Default is "true" or "false" || double.TryParse(property.Default, System.Globalization.CultureInfo.InvariantCulture, out _));
            if (isLiteral) json.WriteRawValue(property.Default);
            else json.WriteStringValue(property.Default.Trim('"'));
        }
        json.WriteEndObject();
    }
}
