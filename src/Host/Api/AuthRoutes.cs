namespace Gateway.Host.Api;

/// <summary><c>/auth</c>: what a token is, and where the gateway is.</summary>
internal static class AuthRoutes
{
    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/auth/info", RouteInputs.None, TokenRoutes.WriteInfoAsync, "Shows the token of the request.") { Audience = RouteAudience.AnyToken },
        new("GET", "/auth/regions", RouteInputs.None, WriteRegionsAsync, "Shows where REST and MQTT are.") { Audience = RouteAudience.Everybody },
        new("GET", "/auth/oauth/providers", RouteInputs.None, WriteProvidersAsync, "Shows who else can vouch for users: nobody.") { Audience = RouteAudience.Everybody },
    ];

    /// <summary>One region: this gateway, as the caller reached it. Clients put the scheme before <c>mqtt-ws</c> themselves.</summary>
    private static Task WriteRegionsAsync(ApiCall call) => call.WriteAsync([call.Http.Request], static (json, request) =>
    {
        json.WriteStartObject();
        json.WriteString("name", "gateway");
        json.WriteString("region", "gateway");
        json.WriteBoolean("default", true);
        json.WriteString("rest", $"{request.Scheme}://{request.Host}");
        json.WriteString("mqtt-ws", request.Host.ToString());
        json.WriteString("cdn", "");
        json.WriteEndObject();
    });

    private static Task WriteProvidersAsync(ApiCall call) => call.WriteAsync([""], static (json, _) =>
    {
        json.WriteStartObject();
        json.WriteEndObject();
    });
}
