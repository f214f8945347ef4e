using System.Globalization;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Protocols;

namespace Gateway.Host.Api;

/// <summary>JSON Schema of the <c>configuration</c> of a protocol's channels: what every channel has, and the options of the protocol.</summary>
internal static class ConfigurationSchema
{
    /// <summary>Name of the dialect.</summary>
    internal const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    /// <summary>Writes the schema.</summary>
    internal static void Write(Utf8JsonWriter json, ProtocolInfo protocol)
    {
        json.WriteStartObject();
        json.WriteString("$schema", Dialect);
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (OptionInfo option in ChannelSettings.Valid(protocol).DistinctBy(option => option.Name)) WriteProperty(json, option);
        json.WriteEndObject();
        json.WriteBoolean("additionalProperties", false);
        json.WriteEndObject();
    }

    private static void WriteProperty(Utf8JsonWriter json, OptionInfo option)
    {
        json.WriteStartObject(option.Name);
        json.WriteString("type", SpecType.InJsonSchema(option.Type));
        json.WriteString("description", option.Description);
        if (option.Choices.Count > 0)
        {
            json.WriteStartArray("enum");
            foreach (string choice in option.Choices) json.WriteStringValue(choice);
            json.WriteEndArray();
        }
        if (option.Min is { } min) json.WriteNumber("minimum", min);
        if (option.Max is { } max) json.WriteNumber("maximum", max);
        if (option.Default.Length > 0) WriteDefault(json, option);
        json.WriteEndObject();
    }

    /// <summary>A default has the type of its property; specs write all of them as text.</summary>
    private static void WriteDefault(Utf8JsonWriter json, OptionInfo option)
    {
        json.WritePropertyName("default");
        if (option.Type is "int" or "minutes" && long.TryParse(option.Default, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer)) json.WriteNumberValue(integer);
        else if (option.Type is "real" && double.TryParse(option.Default, NumberStyles.Float, CultureInfo.InvariantCulture, out double real)) json.WriteNumberValue(real);
        else if (option.Type is "bool") json.WriteBooleanValue(option.Default == "true");
        else json.WriteStringValue(option.Default);
    }
}
