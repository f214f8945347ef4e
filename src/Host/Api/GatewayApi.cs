namespace Gateway.Host.Api;

/// <summary>Maps the REST API into a host.</summary>
public static class GatewayApi
{
    /// <summary>First words of paths that belong to the API.</summary>
    internal static string[] Modules { get; } = ["gw", "platform", "storage", "mqtt", "auth", "const", "ai", "realm"];

    /// <summary>Adds what answers of the API pass on their way out.</summary>
    public static IServiceCollection AddGatewayApi(this IServiceCollection services)
    {
        AnswerCompression.AddTo(services);
        services.AddSingleton<LocalCalls>();
        return services;
    }

    /// <summary>Lets answers pass it; before the routes, and after what is not to be compressed.</summary>
    public static IApplicationBuilder UseGatewayApi(this IApplicationBuilder application) =>
        application.UseResponseCompression().Use(application.ApplicationServices.GetRequiredService<LocalCalls>().Before);

    /// <summary>Maps <see cref="ApiRoutes"/>. Needs the services of <see cref="Accounts.GatewayAccounts"/> and of the rooms that the routes are about.</summary>
    public static IEndpointRouteBuilder MapGatewayApi(this IEndpointRouteBuilder routes)
    {
        foreach (ApiRoute route in ApiRoutes.All) routes.MapMethods(route.Path, [route.Method], ApiGuard.For(route));
        foreach (string module in Modules)
        {
            string rest = $"/{module}/{{**rest}}";
            routes.MapMethods(rest, [HttpMethods.Options], Preflight);
            routes.MapFallback(rest, ApiGuard.For(new ApiRoute("", rest, RouteInputs.None, NothingHereAsync, "") { Audience = RouteAudience.AnyToken }));
        }
        return routes;
    }

    private static Task NothingHereAsync(ApiCall call)
    {
        HttpRequest request = call.Http.Request;
        return call.WriteErrorAsync(RefusedRoutes.ReasonOf(request.Path.Value ?? "") is { } reason
            ? new ApiError(ApiErrorCode.BadRequest, $"{request.Method} {request.Path} is not supported. {reason}") { Status = StatusCodes.Status501NotImplemented }
            : new ApiError(ApiErrorCode.NotFound, $"There is no {request.Method} {request.Path}."));
    }

    private static Task Preflight(HttpContext http)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.AccessControlAllowMethods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
        headers.AccessControlAllowHeaders = "Authorization, Content-Type, x-flespi-app, x-flespi-cid, x-flespi-trace";
        headers.AccessControlMaxAge = "86400";
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
