using System.Net;
using System.Text.Json;
using Gateway.Host.Accounts;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Host.Api;

/// <summary>A request to the API that did not come over HTTP.</summary>
/// <param name="Method">HTTP method, upper case.</param>
/// <param name="Target">Path and query as in a request line, percent-encoded.</param>
/// <param name="Body">Its body; empty for none.</param>
/// <param name="Token">Who asks; still valid.</param>
internal sealed record LocalRequest(string Method, string Target, ReadOnlyMemory<byte> Body, Token Token)
{
    /// <summary>Where the client is; null when it has no address.</summary>
    internal IPAddress? Remote { get; init; }

    /// <summary>Headers with a meaning of ours, <c>x-flespi-cid</c> for one.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}

/// <summary>What the API answers to a <see cref="LocalRequest"/>.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">JSON.</param>
internal readonly record struct LocalAnswer(int Status, ReadOnlyMemory<byte> Body);

/// <summary>Calls the API from within the process: the same routes, rights, limits and notes as over HTTP, without a socket.</summary>
internal sealed class LocalCalls(IServiceScopeFactory scopes)
{
    private RequestDelegate? _pipeline;

    /// <summary>Notes what requests pass from here on.</summary>
    internal RequestDelegate Before(RequestDelegate next) => _pipeline = next;

    /// <summary>Makes a request and waits for the whole answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="bytesMax">Longest answer; a longer one is replaced by an error.</param>
    /// <param name="cancellationToken">Ends the request as a client does that goes.</param>
    /// <exception cref="OperationCanceledException">The client went.</exception>
    internal async Task<LocalAnswer> CallAsync(LocalRequest request, int bytesMax, CancellationToken cancellationToken)
    {
        if (!IsOfApi(request.Target)) return Failed(new ApiError(ApiErrorCode.NotFound, $"There is no {request.Method} {request.Target}."));
        using var aborted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var body = new BoundedBody(bytesMax, aborted);
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            HttpContext http = ContextOf(request, body, scope.ServiceProvider, aborted);
            await _pipeline!(http).ConfigureAwait(false);
            if (!aborted.IsCancellationRequested) await http.Response.CompleteAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (body.IsFull) return Failed(new ApiError(ApiErrorCode.BadRequest, $"The answer has more than {bytesMax} bytes: ask for less at a time.") { Status = StatusCodes.Status413PayloadTooLarge });
            return aborted.IsCancellationRequested
                ? Failed(new ApiError(ApiErrorCode.Internal, "A fault of the gateway; its log has the details."))
                : new LocalAnswer(http.Response.StatusCode, body.Written);
        }
    }

    private static bool IsOfApi(string target) =>
        target.Length > 1 && target.IndexOf('/', 1) is > 0 and var end && GatewayApi.Modules.Contains(target[1..end]);

    private static DefaultHttpContext ContextOf(LocalRequest request, BoundedBody body, IServiceProvider services, CancellationTokenSource aborted)
    {
        int query = request.Target.IndexOf('?', StringComparison.Ordinal);
        var asked = new HttpRequestFeature
        {
            Method = request.Method,
            Protocol = "HTTP/1.1",
            Scheme = "http",
            RawTarget = request.Target,
            Path = PathString.FromUriComponent(query < 0 ? request.Target : request.Target[..query]).Value!,
            QueryString = query < 0 ? "" : request.Target[query..],
            Body = new MemoryStream(request.Body.ToArray(), writable: false),
        };
        foreach ((string name, string value) in request.Headers) asked.Headers[name] = value;
        asked.Headers.ContentLength = request.Body.Length;

        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(asked);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        features.Set<IHttpRequestLifetimeFeature>(new Lifetime(aborted));
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature { RemoteIpAddress = request.Remote });
        features.Set<IServiceProvidersFeature>(new RequestServicesOf(services));
        features.Set(new LocalCaller(request.Token));
        return new DefaultHttpContext(features);
    }

    private static LocalAnswer Failed(ApiError error) =>
        new(error.Status, JsonSerializer.SerializeToUtf8Bytes(new { result = Array.Empty<object>(), errors = new[] { new { code = (int)error.Code, reason = error.Reason } } }));

    private sealed record RequestServicesOf(IServiceProvider Services) : IServiceProvidersFeature
    {
        public IServiceProvider RequestServices { get; set; } = Services;
    }

    private sealed class Lifetime(CancellationTokenSource aborted) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; } = aborted.Token;

        public void Abort() => aborted.Cancel();
    }

    /// <summary>Keeps an answer as long as it is short enough.</summary>
    private sealed class BoundedBody(int bytesMax, CancellationTokenSource aborted) : MemoryStream
    {
        internal bool IsFull { get; private set; }

        internal ReadOnlyMemory<byte> Written => GetBuffer().AsMemory(0, (int)Length);

        // All other ways to write lead here, in a class that derives from the framework's.
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Length + count <= bytesMax)
            {
                base.Write(buffer, offset, count);
                return;
            }
            IsFull = true;
            aborted.Cancel();
            throw new IOException("The answer is too long.");
        }
    }
}

/// <summary>Says whose a request is that came from within the process; nothing that comes over a socket can set it.</summary>
/// <param name="Token">Its token.</param>
internal sealed record LocalCaller(Token Token);
