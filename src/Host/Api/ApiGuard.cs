using System.Globalization;
using Gateway.Host.Accounts;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Host.Api;

/// <summary>What every request passes before its handler: origin, address, token, account, right, rate; and what every answer passes: problems and traffic.</summary>
internal static class ApiGuard
{
    private const string AccountHeader = "x-flespi-cid";
    private const string AppHeader = "x-flespi-app";
    private const string TraceHeader = "x-flespi-trace";

    /// <summary>The handler of a route behind the guard.</summary>
    internal static RequestDelegate For(ApiRoute route) => async http =>
    {
        http.Response.Headers.AccessControlAllowOrigin = "*";
        var call = new ApiCall(http, route, null);
        CountingResponse? counted = null;
        Token? token = null;
        try
        {
            if (route.Audience is not RouteAudience.Everybody)
            {
                token = Identify(http);
                call = new ApiCall(http, route, Admit(http, route, token));
                counted = CountingResponse.Put(http);
            }
            await route.Handler(call).ConfigureAwait(false);
        }
        catch (ApiProblem problem) when (IsUnanswered())
        {
            await call.WriteErrorAsync(problem.Error).ConfigureAwait(false);
        }
        catch (BadHttpRequestException problem) when (IsUnanswered())
        {
            await call.WriteErrorAsync(new ApiError(ApiErrorCode.BadRequest, problem.Message) { Status = problem.StatusCode }).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfClient(exception, http))
        {
            // Nobody is there to be answered.
        }
        catch (Exception exception) when (IsUnanswered() && StorageFault.Is(exception))
        {
            await call.WriteErrorAsync(StorageFault.ErrorOf(call, exception)).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsUnanswered())
        {
            ApiLog.Fault(ApiLog.For(http), exception, http.Request.Method, http.Request.Path);
            await call.WriteErrorAsync(new ApiError(ApiErrorCode.Internal, "A fault of the gateway; its log has the details.")).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // A part of the answer is out, or waits in the server where it can't be taken back: the client must not take it for the whole.
            ApiLog.Fault(ApiLog.For(http), exception, http.Request.Method, http.Request.Path);
            http.Abort();
        }
        finally
        {
            if (token is not null)
            {
                http.RequestServices.GetRequiredService<CallBudget>().AddTraffic(token, call.BodyBytes + (counted?.Bytes ?? 0));
                if (!HttpMethods.IsGet(http.Request.Method) || http.Response.StatusCode >= StatusCodes.Status400BadRequest) Note(http, token);
            }
        }

        bool IsUnanswered() => !http.Response.HasStarted && counted is not { Bytes: > 0 };
    };

    /// <summary>Whether the client is gone: what came of the request then is nobody's fault.</summary>
    private static bool IsOfClient(Exception exception, HttpContext http) =>
        exception is ConnectionResetException or ConnectionAbortedException || (exception is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested);

    /// <summary>Notes a request that changed something, or was refused, in the log of the token's account. Reading is not noted: a poll each second would crowd out what matters.</summary>
    private static void Note(HttpContext http, Token token)
    {
        HttpRequest request = http.Request;
        var note = new RequestNote(
            request.Method, request.Path + request.QueryString, http.Response.StatusCode, http.Connection.RemoteIpAddress?.ToString(), request.Headers[AppHeader], request.Headers[TraceHeader]);
        http.RequestServices.GetRequiredService<AccountJournal>().Note(token, note);
    }

    /// <summary>Finds the token of a request, and room for it in this minute.</summary>
    /// <exception cref="ApiProblem">There is none.</exception>
    private static Token Identify(HttpContext http)
    {
        IServiceProvider services = http.RequestServices;
        GuessGuard guesses = services.GetRequiredService<GuessGuard>();
        if (guesses.IsBlocked(http.Connection.RemoteIpAddress)) throw Busy(http, guesses.Rest(), "Too many wrong tokens came from this address.");

        CallBudget budget = services.GetRequiredService<CallBudget>();
        if (http.Features.Get<LocalCaller>() is { } local) return Within(local.Token);

        string shown = http.Request.Headers.Authorization is [{ } first, ..] ? first : "";
        if (!services.GetRequiredService<AccessTokens>().TryFind(shown, out Token? token))
        {
            guesses.Note(http.Connection.RemoteIpAddress, shown);
            throw new ApiProblem(new ApiError(ApiErrorCode.Unauthorized, "A valid token is needed: header Authorization: FlespiToken TOKEN."));
        }

        return Within(token);

        Token Within(Token known) => budget.Take(known) is { } reached ? throw Busy(http, budget.Rest(), reached) : known;
    }

    /// <summary>Lets a request in.</summary>
    /// <exception cref="ApiProblem">It may not come in.</exception>
    private static Caller Admit(HttpContext http, ApiRoute route, Token token)
    {
        var caller = new Caller(token, AccountOf(http, token, http.RequestServices.GetRequiredService<AccountDirectory>()));
        return AccessPolicy.MayCall(caller, route) ? caller : throw ApiProblem.Forbidden($"This token may not {route.Method} {route.Path}.");
    }

    /// <summary>The account that a request acts in: its token's, or the one below it that a header names.</summary>
    private static long AccountOf(HttpContext http, Token token, AccountDirectory accounts)
    {
        if (http.Request.Headers[AccountHeader] is not [{ Length: > 0 } text, ..]) return token.Cid;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long cid)) throw ApiProblem.BadRequest($"The header {AccountHeader} must be the number of an account.");
        return accounts.Find(cid) is not null && accounts.IsWithin(cid, token.Cid) ? cid : throw ApiProblem.NotFound("account", cid);
    }

    private static ApiProblem Busy(HttpContext http, TimeSpan rest, string reason)
    {
        http.Response.Headers.RetryAfter = ((int)Math.Ceiling(rest.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return ApiProblem.TooMany($"{reason} Try again when the minute is over.");
    }
}

/// <summary>Log lines of the API.</summary>
internal static partial class ApiLog
{
    /// <summary>Where they go.</summary>
    internal static ILogger For(HttpContext http) => http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(GatewayApi));

    [LoggerMessage(3101, LogLevel.Error, "{Method} {Path} failed.")]
    internal static partial void Fault(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(3103, LogLevel.Warning, "The journal of removed account {Id} can't be deleted.")]
    internal static partial void JournalStays(ILogger logger, Exception exception, long id);
}
