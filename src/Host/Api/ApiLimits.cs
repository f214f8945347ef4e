using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Host.Api;

/// <summary>Limits that the HTTP server keeps before the API sees a request, and while a client takes its answer. A client that is slow holds a connection and some tens of kilobytes, and that for a limited time.</summary>
internal static class ApiLimits
{
    /// <summary>Longest first line of a request: path and query are measured by <see cref="RequestTarget"/>, which can say so in the answer; far longer ones are cut off here.</summary>
    internal const int RequestLineBytesMax = 2 * RequestTarget.LengthMax + 1024;

    /// <summary>Connections at one time, those of MQTT included; another one is closed at once.</summary>
    internal const int ConnectionsMax = 50_000;

    /// <summary>Bytes of a request that are received ahead of the handler.</summary>
    internal const int RequestBufferBytes = 128 * 1024;

    /// <summary>Bytes of an answer that wait for a client; a handler that has more waits too.</summary>
    internal const int AnswerBufferBytes = 64 * 1024;

    /// <summary>A body that comes more slowly, bytes per second, is given up with HTTP 408. A body as a whole has <see cref="Configuration.GatewayOptions.ApiBodyTimeout"/>.</summary>
    internal const int BodyRateMin = 240;

    /// <summary>An answer that is taken more slowly, bytes per second, is given up: its connection is closed.</summary>
    internal const int AnswerRateMin = 1_000;

    /// <summary>How long a rate may be lower.</summary>
    internal static readonly TimeSpan RateGrace = TimeSpan.FromSeconds(5);

    /// <summary>Time for the head of a request.</summary>
    internal static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Time that a connection is kept for the next request.</summary>
    internal static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(130);

    /// <summary>Sets the limits.</summary>
    internal static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = RequestLineBytesMax;
        // Twice as much as the API takes: a body that is a little too long gets an answer, a huge one is not received.
        limits.MaxRequestBodySize = 2 * ApiCall.BodyBytesMax;
        limits.MaxRequestBufferSize = Math.Max(RequestBufferBytes, RequestLineBytesMax + limits.MaxRequestHeadersTotalSize);
        limits.MaxResponseBufferSize = AnswerBufferBytes;
        limits.MaxConcurrentConnections = ConnectionsMax;
        limits.MinRequestBodyDataRate = new MinDataRate(BodyRateMin, RateGrace);
        limits.MinResponseDataRate = new MinDataRate(AnswerRateMin, RateGrace);
        limits.RequestHeadersTimeout = HeadTimeout;
        limits.KeepAliveTimeout = KeepAliveTimeout;
    }
}
