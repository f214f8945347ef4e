namespace Gateway.Host.Metrics;

/// <summary>Whether the gateway serves: <c>/health/live</c> says that the process runs, <c>/health/ready</c> that it takes devices and clients.</summary>
internal sealed class GatewayHealth
{
    private volatile bool _isReady;

    /// <summary>Set after the start, taken back when the stop begins.</summary>
    public bool IsReady
    {
        get => _isReady;
        set => _isReady = value;
    }
}

/// <summary>Maps the health routes. They need no token and tell nothing else.</summary>
internal static class HealthRoutes
{
    /// <summary>Maps <c>GET /health/live</c> and <c>GET /health/ready</c>: 200 or 503, one word of text.</summary>
    public static void MapGatewayHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (RequestDelegate)(context => context.Response.WriteAsync("live\n", context.RequestAborted)));
        routes.MapGet("/health/ready", (RequestDelegate)(context =>
        {
            bool isReady = context.RequestServices.GetRequiredService<GatewayHealth>().IsReady;
            if (!isReady) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync(isReady ? "ready\n" : "not ready\n", context.RequestAborted);
        }));
    }
}
