using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Commands;

namespace Gateway.Host.Api;

/// <summary><c>/gw/channel-protocols/{sel}/device-types</c>: which kinds of devices a protocol is for.</summary>
internal static class DeviceTypeRoutes
{
    private static readonly ItemShape<DeviceType> s_shape = new(
        new("id", true, (json, type) => json.WriteNumberValue(type.Id)),
        new("name", true, (json, type) => json.WriteStringValue(type.Name)),
        new("title", true, (json, type) => json.WriteStringValue(type.Title)),
        new("protocol_id", true, (json, type) => json.WriteNumberValue(type.Codec.Info.Id)),
        new("protocol_name", false, (json, type) => json.WriteStringValue(type.Codec.Info.Name)),
        new("device_type_name", false, (json, type) => json.WriteStringValue(type.Name)),
        new("features", true, (json, type) => ProtocolRoutes.WriteFeatures(json, type.Codec.Info)),
        new("schema", false, (json, _) => WriteSchema(json)),
        new("configuration", false, (json, _) => WriteSchema(json)),
        new("commands", false, (json, type) => CommandCatalog.Of(type.Codec).WriteTypes(json)),
        new("settings", false, (json, _) => WriteEmpty(json)),
        new("message_parameters", false, (json, type) => ProtocolRoutes.WriteParameters(json, type.Codec.Info)));

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/channel-protocols/{sel}/device-types/{type}", RouteInputs.Fields, ReadAsync, "Shows the kinds of devices that protocols are for.") { Audience = RouteAudience.AnyToken, IsStable = true },
        new("GET", "/gw/protocols/{sel}/device-types/{type}", RouteInputs.Fields, ReadAsync, "The name until 2020.") { Audience = RouteAudience.AnyToken, IsAlias = true, IsStable = true },
    ];

    private static Task ReadAsync(ApiCall call)
    {
        ItemShape<DeviceType>.Projection fields = s_shape.Choose(call.Fields);
        DeviceTypes types = call.Service<DeviceTypes>();
        List<Codec> protocols = ProtocolRoutes.Select(call);
        List<DeviceType> selected = call.Selector("type").Select(
            "device type", () => protocols.SelectMany(types.Of), id => types.Find(id) is { } type && protocols.Contains(type.Codec) ? type : null, s_shape, call.Errors);
        return call.WriteAsync(selected, fields.Write);
    }

    private static void WriteSchema(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach ((string name, string description) in DeviceConfiguration.Fields)
        {
            json.WriteStartObject(name);
            json.WriteString("type", "string");
            json.WriteString("description", description);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteStartArray("required");
        json.WriteStringValue("ident");
        json.WriteEndArray();
        json.WriteBoolean("additionalProperties", false);
        json.WriteEndObject();
    }

    /// <summary>This gateway reads and writes no settings of devices yet.</summary>
    private static void WriteEmpty(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        json.WriteEndArray();
    }
}
