namespace Gateway.Host.Api;

/// <summary>The REST routes of channels, protocols and messages.</summary>
public static class GatewayApi
{
    /// <summary>Maps <c>/gw/...</c>. Needs an <see cref="ITokenValidator"/> among the services.</summary>
    public static IEndpointRouteBuilder MapGatewayApi(this IEndpointRouteBuilder routes) => routes;
}
