using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Devices;

namespace Gateway.Host.Api;

/// <summary><c>/gw/devices/{sel}/telemetry/{telemetry}</c>: the last value of each parameter, and forgetting it.</summary>
internal static class TelemetryRoutes
{
    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/devices/{sel}/telemetry/{telemetry}", RouteInputs.None, ReadAsync, "Shows last values: all, or a list of names, prefixes and masks."),
        new("GET", "/gw/devices/{sel}/telemetry", RouteInputs.None, ReadAsync, "The form without a selector: all.") { IsAlias = true },
        new("DELETE", "/gw/devices/{sel}/telemetry/{telemetry}", RouteInputs.Body, RemoveAsync, "Forgets last values."),
    ];

    private static Task ReadAsync(ApiCall call)
    {
        ParameterSelection? selection = SelectionOf(call);
        return call.WriteAsync(DeviceRoutes.Kind.Select(call), (json, device) =>
        {
            json.WriteStartObject();
            json.WriteNumber("id", device.Id);
            json.WritePropertyName("telemetry");
            device.Telemetry.WriteJson(json, selection, device.Facts);
            json.WriteEndObject();
        });
    }

    private static async Task RemoveAsync(ApiCall call)
    {
        ParameterSelection? selection = SelectionOf(call);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        bool isEmpty = body is null || body.RootElement.ValueKind is JsonValueKind.Null || body.RootElement.GetRawText() is "{}" or "[]";
        if (!isEmpty) throw ApiProblem.BadRequest("The body must be empty: which values are forgotten is said in the path.");
        List<(Device Device, int Count)> removed = [.. DeviceRoutes.Kind.Select(call).Select(device => (device, device.Telemetry.Remove(selection)))];
        await call.WriteAsync(removed, static (json, entry) =>
        {
            json.WriteStartObject();
            json.WriteNumber("id", entry.Device.Id);
            json.WriteNumber("deleted", entry.Count);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>The parameters that the path names; null for all.</summary>
    private static ParameterSelection? SelectionOf(ApiCall call)
    {
        string text = call.Route.Parameters.Contains("telemetry") ? call.PathValue("telemetry") : "all";
        if (text is "all" or "*") return null;
        return ParameterSelection.TryParse(text, out ParameterSelection? selection) && selection is not null
            ? selection
            : throw ApiProblem.BadRequest($"'{text}' selects no values; expected all, or at most {ParameterSelection.ItemsMax} names, prefixes as position, and masks as can.*.");
    }
}
