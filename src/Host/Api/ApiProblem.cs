using Gateway.Host.Expressions;

namespace Gateway.Host.Api;

/// <summary>Numbers that clients find in <c>errors[].code</c>.</summary>
internal enum ApiErrorCode
{
    /// <summary>No token, or a wrong one.</summary>
    Unauthorized = 1,
    /// <summary>The request is not understood or not possible; the reason says what was expected.</summary>
    BadRequest = 2,
    /// <summary>The token may not do this.</summary>
    Forbidden = 3,
    /// <summary>There is no such thing.</summary>
    NotFound = 4,
    /// <summary>A limit of the account, or of the gateway, is reached.</summary>
    LimitReached = 5,
    /// <summary>A fault of ours (HTTP 500), or of the disk (HTTP 503).</summary>
    Internal = 6,
}

/// <summary>One entry of <c>errors</c>.</summary>
/// <param name="Code">What kind.</param>
/// <param name="Reason">What is wrong and what was expected.</param>
/// <param name="Id">The item it concerns, if one.</param>
internal readonly record struct ApiError(ApiErrorCode Code, string Reason, long? Id = null)
{
    private readonly int _status;

    /// <summary>Where in an expression it was noticed, characters from 0.</summary>
    internal int? Column { get; init; }

    /// <summary>The names that would be valid, where an unknown one was given: <c>schema_hint</c>.</summary>
    internal IReadOnlyList<string>? Hint { get; init; }

    /// <summary>The HTTP status of an answer that has nothing but this error.</summary>
    internal int Status
    {
        get => _status != 0 ? _status : StatusOf(Code);
        init => _status = value;
    }

    /// <summary>A storage that does not work now: HTTP 503, since the same request may work later.</summary>
    /// <param name="reason">What does not work.</param>
    /// <param name="id">The item it concerns, if one.</param>
    internal static ApiError Unavailable(string reason, long? id = null) => new(ApiErrorCode.Internal, reason, id) { Status = StatusCodes.Status503ServiceUnavailable };

    private static int StatusOf(ApiErrorCode code) => code switch
    {
        ApiErrorCode.Unauthorized => StatusCodes.Status401Unauthorized,
        ApiErrorCode.Forbidden => StatusCodes.Status403Forbidden,
        ApiErrorCode.NotFound => StatusCodes.Status404NotFound,
        ApiErrorCode.LimitReached => StatusCodes.Status403Forbidden,       // not 429: clients would try again, and nothing changes with time
        ApiErrorCode.Internal => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status400BadRequest,
    };
}

/// <summary>One entry of <c>warnings</c>: something that a result lacks.</summary>
/// <param name="Reason">What and why.</param>
/// <param name="Id">The item it concerns, if one.</param>
internal readonly record struct ApiWarning(string Reason, long? Id)
{
    /// <summary>Places that can't be read which are told one by one, of each item.</summary>
    internal const int GapsMax = 10;
}

/// <summary>Leaves an endpoint with an error answer. Only for requests that are refused as a whole, before anything was changed or written.</summary>
internal sealed class ApiProblem(ApiError error) : Exception(error.Reason)
{
    internal ApiError Error => error;

    /// <summary>HTTP 400 with what was expected.</summary>
    internal static ApiProblem BadRequest(string reason) => new(new ApiError(ApiErrorCode.BadRequest, reason));

    /// <summary>HTTP 400 for an unknown name, with those that are known.</summary>
    internal static ApiProblem UnknownName(string reason, IReadOnlyList<string> known) =>
        new(new ApiError(ApiErrorCode.BadRequest, $"{reason}; valid fields: {string.Join(", ", known)}.") { Hint = known });

    /// <summary>HTTP 400 for a text that is no expression.</summary>
    /// <param name="what">What the text is, e.g. <c>filter</c>.</param>
    /// <param name="error">What is wrong with it.</param>
    internal static ApiProblem BadExpression(string what, ExpressionError error) =>
        new(new ApiError(ApiErrorCode.BadRequest, $"{what} is not understood {error}.") { Column = error.Column });

    /// <summary>HTTP 403: the token may not do this.</summary>
    internal static ApiProblem Forbidden(string reason) => new(new ApiError(ApiErrorCode.Forbidden, reason));

    /// <summary>HTTP 404, the same for what does not exist and for what is somebody else's.</summary>
    internal static ApiProblem NotFound(string noun, long id) => new(Absent(noun, id));

    /// <summary>The error for an item that does not exist or is somebody else's.</summary>
    internal static ApiError Absent(string noun, long id) => new(ApiErrorCode.NotFound, $"There is no {noun} {id}.", id);

    /// <summary>HTTP 429: too many requests, the client may try again after a while.</summary>
    internal static ApiProblem TooMany(string reason) => new(new ApiError(ApiErrorCode.LimitReached, reason) { Status = StatusCodes.Status429TooManyRequests });
}
