using System.Net;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Registers devices of the line protocol.</summary>
internal static class DeviceTools
{
    /// <summary>Number of the generic type of the line protocol.</summary>
    public const long LineType = LineCodec.Id * 100_000L;

    /// <summary>Registers a device of the line protocol.</summary>
    /// <returns>Its number.</returns>
    public static async Task<long> RegisterAsync(this TestGateway gateway, string ident, string more = "", long account = 1)
    {
        string body = $$"""[{"name":"device {{ident}}","device_type_id":{{LineType}},"configuration":{"ident":"{{ident}}"}{{more}}}]""";
        (HttpStatusCode status, JsonElement answer) = await gateway.CallAsync(TestGateway.Token, "POST", "/gw/devices?fields=id", body, account);
        Assert.True(status is HttpStatusCode.OK, answer.GetRawText());
        return answer.GetProperty("result")[0].GetProperty("id").GetInt64();
    }

    /// <summary>Disconnects, and waits until the channel knows.</summary>
    public static async Task CloseAsync(this TestDevice device, Channel channel)
    {
        int before = channel.Connections.Count;
        device.Dispose();
        await Eventually.TrueAsync(() => channel.Connections.Count < before, "the connection has ended");
    }

    /// <summary>One field of one device, as JSON.</summary>
    public static async Task<string> FieldAsync(this TestGateway gateway, long device, string field)
    {
        (_, JsonElement body) = await gateway.GetAsync($"/gw/devices/{device}?fields={field}");
        return body.GetProperty("result")[0].GetProperty(field).GetRawText();
    }

    /// <summary>The items of an answer.</summary>
    public static IEnumerable<JsonElement> Results(this JsonElement body) => body.GetProperty("result").EnumerateArray();

    /// <summary>The reason of the first error of an answer.</summary>
    public static string Reason(this JsonElement body) => body.GetProperty("errors")[0].GetProperty("reason").GetString()!;
}
