using System.Data.Common;
using Gateway.Storage;

namespace Gateway.Host.Api;

/// <summary>Buffers, rings or the configuration that can't be had now: a disk that is full or ill, or data on it that are damaged. Such requests are answered with HTTP 503 and the reason.</summary>
internal static partial class StorageFault
{
    /// <summary>Whether an exception says so.</summary>
    internal static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException or DamagedLogException or DbException;

    /// <summary>The error for it; what the operator needs beyond it goes to the log.</summary>
    /// <param name="call">The request.</param>
    /// <param name="exception">What happened.</param>
    /// <param name="id">The item whose storage it is, null when it concerns the request as a whole.</param>
    internal static ApiError ErrorOf(ApiCall call, Exception exception, long? id = null)
    {
        Unanswered(ApiLog.For(call.Http), exception, call.Http.Request.Method, call.Http.Request.Path);
        return ApiError.Unavailable(exception is DamagedLogException ? exception.Message : "The disk refuses to read or to write; the gateway's log says where. Try again later.", id);
    }

    /// <summary>Reads what is stored of an item. A storage that fails becomes an error of that item; others, and what was read of it before, stay in the answer.</summary>
    internal static async Task GuardAsync(ApiCall call, long id, Func<Task> read)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        catch (Exception exception) when (Is(exception) && !call.Aborted.IsCancellationRequested)
        {
            call.Errors.Add(ErrorOf(call, exception, id));
        }
    }

    [LoggerMessage(3102, LogLevel.Error, "{Method} {Path} could not be answered in full: the storage does not work.")]
    private static partial void Unanswered(ILogger logger, Exception exception, string method, string path);
}
