using Microsoft.Extensions.Primitives;

namespace Gateway.Host.Api;

/// <summary>The REST routes of channels, protocols and messages.</summary>
public static class GatewayApi
{
    private const string TokenPrefix = "FlespiToken ";

    /// <summary>Maps <see cref="ApiRoutes"/>. Needs an <see cref="ITokenValidator"/> among the services.</summary>
    public static IEndpointRouteBuilder MapGatewayApi(this IEndpointRouteBuilder routes)
    {
        foreach (ApiRoute route in ApiRoutes.All) routes.MapMethods(route.Path, [route.Method], Guard(route.Handler));
        routes.MapMethods("/gw/{**rest}", [HttpMethods.Options], Preflight);
        routes.MapFallback("/gw/{**rest}", Guard(call => call.WriteErrorAsync(new ApiError(ApiErrorCode.NotFound, $"There is no {call.Http.Request.Method} {call.Http.Request.Path}."))));
        return routes;
    }

    /// <summary>Checks the token, allows foreign origins, and turns problems into answers.</summary>
    internal static RequestDelegate Guard(Func<ApiCall, Task> handler) => async http =>
    {
        var call = new ApiCall(http);
        http.Response.Headers.AccessControlAllowOrigin = "*";
        try
        {
            if (!await http.RequestServices.GetRequiredService<ITokenValidator>().IsValidAsync(TokenOf(http.Request.Headers.Authorization), http.RequestAborted).ConfigureAwait(false))
            {
                await call.WriteErrorAsync(new ApiError(ApiErrorCode.Unauthorized, "A valid token is needed: header Authorization: FlespiToken TOKEN.")).ConfigureAwait(false);
                return;
            }
            await handler(call).ConfigureAwait(false);
        }
        catch (ApiProblem problem) when (!http.Response.HasStarted)
        {
            await call.WriteErrorAsync(problem.Error).ConfigureAwait(false);
        }
        catch (BadHttpRequestException problem) when (!http.Response.HasStarted)
        {
            await call.WriteErrorAsync(new ApiError(ApiErrorCode.BadRequest, problem.Message)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            ApiLog.Fault(http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(GatewayApi)), exception, http.Request.Method, http.Request.Path);
            await call.WriteErrorAsync(new ApiError(ApiErrorCode.Internal, "A fault of the gateway; its log has the details.")).ConfigureAwait(false);
        }
    };

    /// <summary>The token of a header, with or without its prefix.</summary>
    internal static string TokenOf(StringValues authorization)
    {
        string text = authorization is [{ } first] ? first.Trim() : "";
        return text.StartsWith(TokenPrefix, StringComparison.OrdinalIgnoreCase) ? text[TokenPrefix.Length..].Trim() : text;
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

/// <summary>Log lines of the API.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(3101, LogLevel.Error, "{Method} {Path} failed.")]
    internal static partial void Fault(ILogger logger, Exception exception, string method, string path);
}
