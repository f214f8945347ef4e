using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Host.Api;

/// <summary>Limits of requests that the HTTP server keeps before the API sees them.</summary>
internal static class ApiLimits
{
    /// <summary>Longest first line of a request: path and query are measured by <see cref="RequestTarget"/>, which can say so in the answer; far longer ones are cut off here.</summary>
    internal const int RequestLineBytesMax = 2 * RequestTarget.LengthMax + 1024;

    /// <summary>Sets the limits.</summary>
    internal static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = RequestLineBytesMax;
        // Twice as much as the API takes: a body that is a little too long gets an answer, a huge one is not received.
        limits.MaxRequestBodySize = 2 * ApiCall.BodyBytesMax;
    }
}
