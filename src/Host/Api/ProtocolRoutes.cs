using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Devices.Commands;

namespace Gateway.Host.Api;

/// <summary><c>/gw/channel-protocols</c> and <c>/gw/message-parameters</c>: what can be spoken, and what messages can hold.</summary>
internal static class ProtocolRoutes
{
    private static readonly ItemShape<Codec> s_protocols = new(
        new("id", true, (json, codec) => json.WriteNumberValue(codec.Info.Id)),
        new("name", true, (json, codec) => json.WriteStringValue(codec.Info.Name)),
        new("title", true, (json, codec) => json.WriteStringValue(codec.Info.Title)),
        new("features", true, (json, codec) => WriteFeatures(json, codec.Info)),
        new("schema", false, (json, codec) => ConfigurationSchema.Write(json, codec.Info)),
        new("configuration", false, (json, codec) => ConfigurationSchema.Write(json, codec.Info)),
        new("commands", false, (json, codec) => CommandCatalog.Of(codec).WriteTypes(json)),
        new("message_parameters", false, (json, codec) => WriteParameters(json, codec.Info)));

    private static readonly ItemShape<Parameter> s_parameters = new(
        new("id", false, (json, parameter) => json.WriteNumberValue(parameter.Number)),
        new("name", true, (json, parameter) => json.WriteStringValue(parameter.Name)),
        new("type", true, (json, parameter) => json.WriteStringValue(TypeOf(parameter))),
        new("unit", true, (json, parameter) => json.WriteStringValue(parameter.Unit)),
        new("info", true, (json, parameter) => json.WriteStringValue(parameter.Description)));

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/channel-protocols/{sel}", RouteInputs.Fields, ReadProtocolsAsync, "Shows the protocols that channels can speak.") { Audience = RouteAudience.AnyToken, IsStable = true },
        new("GET", "/gw/protocols/{sel}", RouteInputs.Fields, ReadProtocolsAsync, "The name until 2020.") { Audience = RouteAudience.AnyToken, IsAlias = true, IsStable = true },
        new("GET", "/gw/message-parameters/{sel}", RouteInputs.Fields, ReadParametersAsync, "Shows the parameters that messages can hold.") { Audience = RouteAudience.AnyToken, IsStable = true },
    ];

    /// <summary>The protocols of the path's selector.</summary>
    internal static List<Codec> Select(ApiCall call)
    {
        CodecRegistry protocols = call.Service<CodecRegistry>();
        return call.Selector("sel").Select("protocol", () => protocols.All, id => id <= int.MaxValue ? protocols.Find((int)id) : null, s_protocols, call.Errors);
    }

    private static Task ReadProtocolsAsync(ApiCall call)
    {
        ItemShape<Codec>.Projection fields = s_protocols.Choose(call.Fields);
        return call.WriteAsync(Select(call), fields.Write);
    }

    private static Task ReadParametersAsync(ApiCall call)
    {
        ItemShape<Parameter>.Projection fields = s_parameters.Choose(call.Fields);
        List<Parameter> selected = call.Selector("sel").Select(
            "parameter", () => ParameterDictionary.All, id => ParameterDictionary.All.FirstOrDefault(parameter => parameter.Number == id), s_parameters, call.Errors);
        return call.WriteAsync(selected, fields.Write);
    }

    /// <summary>What a protocol can do.</summary>
    internal static void WriteFeatures(Utf8JsonWriter json, ProtocolInfo protocol)
    {
        json.WriteStartObject();
        json.WriteBoolean("tcp", protocol.Tcp);
        json.WriteBoolean("udp", protocol.Udp);
        json.WriteBoolean("commands", protocol.Commands.Count > 0);
        json.WriteEndObject();
    }

    /// <summary>What a protocol's messages can hold.</summary>
    internal static void WriteParameters(Utf8JsonWriter json, ProtocolInfo protocol)
    {
        json.WriteStartArray();
        foreach (string name in protocol.Parameters)
        {
            // din.{i} stands for din.1, din.2, ...: type and unit are those of the row din.
            int open = name.IndexOf(".{", StringComparison.Ordinal);
            Parameter? parameter = ParameterDictionary.Find(open > 0 ? name[..open] : name);
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("type", parameter is null ? "" : TypeOf(parameter));
            json.WriteString("unit", parameter?.Unit ?? "");
            json.WriteString("info", parameter?.Description ?? "");
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static string TypeOf(Parameter parameter) => parameter.Type switch
    {
        ParameterType.Number => "number",
        ParameterType.Boolean => "boolean",
        ParameterType.Text => "string",
        ParameterType.Array => "array",
        _ => "object",
    };
}
