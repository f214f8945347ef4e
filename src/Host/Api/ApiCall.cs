using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Host.Accounts;
using Gateway.Host.Configuration;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Host.Api;

/// <summary>One request to the API: what it asks, read and bounded; and its answer in the shape that clients expect.</summary>
internal sealed class ApiCall(HttpContext http, ApiRoute route, Caller? caller)
{
    /// <summary>Longest request body in bytes.</summary>
    internal const int BodyBytesMax = 1024 * 1024;

    /// <summary>Deepest nesting of JSON in a request.</summary>
    internal const int JsonDepthMax = 32;

    private static readonly JsonDocumentOptions s_jsonOptions = new() { MaxDepth = JsonDepthMax };

    // Texts as they are, no \u0027 for an apostrophe: answers are JSON and never part of a page.
    private static readonly JsonWriterOptions s_writerOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly RequestTarget _target = new(http);

    internal HttpContext Http => http;

    /// <summary>The row of the table that the request called.</summary>
    internal ApiRoute Route => route;

    /// <summary>Who asks. Only routes for everybody are called without one.</summary>
    internal Caller Caller => caller ?? throw new InvalidOperationException($"{route.Method} {route.Path} is for everybody, but looks at its caller.");

    /// <summary>Bytes of the body that were read.</summary>
    internal long BodyBytes { get; private set; }

    /// <summary>Cancelled when the client is gone or the gateway stops.</summary>
    internal CancellationToken Aborted => http.RequestAborted;

    /// <summary>Errors of single items, beside the results of others.</summary>
    internal List<ApiError> Errors { get; } = [];

    /// <summary>What the caller should know about a result that is there.</summary>
    internal List<ApiWarning> Warnings { get; } = [];

    internal T Service<T>() where T : notnull => http.RequestServices.GetRequiredService<T>();

    /// <summary>A selector of the path.</summary>
    internal Selector Selector(string name) => Api.Selector.Parse(PathValue(name), Service<TimeProvider>());

    /// <summary>What stands in the path for a parameter of the route, percent-encoding undone.</summary>
    internal string PathValue(string name) => _target.PathValue(name);

    /// <summary>The <c>fields</c> of the query, or null.</summary>
    internal string? Fields => _target.QueryValue("fields");

    /// <summary>The options of a request as one JSON object: <c>data</c> of the query and other names beside it, or else the body, of a GET too. Null when there are none.</summary>
    internal async Task<JsonDocument?> ReadDataAsync()
    {
        string? text = _target.QueryValue("data");
        JsonDocument? data = string.IsNullOrEmpty(text) ? null : ObjectOf(Parse(System.Text.Encoding.UTF8.GetBytes(text), "data"));
        if (_target.QueryAsData(data?.RootElement) is { } whole)
        {
            data?.Dispose();
            return Parse(whole, "data");
        }
        if (data is not null) return data;
        JsonDocument? body = await ReadBodyAsync().ConfigureAwait(false);
        return body is null || body.RootElement.ValueKind is JsonValueKind.Null ? null : ObjectOf(body);

        static JsonDocument ObjectOf(JsonDocument document) =>
            document.RootElement.ValueKind is JsonValueKind.Object ? document : throw ApiProblem.BadRequest("data must be a JSON object.");
    }

    /// <summary>The JSON of the body, whatever its content type; null when it is empty.</summary>
    internal async Task<JsonDocument?> ReadBodyAsync()
    {
        if (http.Request.ContentLength > BodyBytesMax) throw TooLong();
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is false) return null;
        TimeSpan timeout = Service<GatewayOptions>().ApiBodyTimeout;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Aborted);
        limit.CancelAfter(timeout);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(4096);
        int length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent(length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
                int read = await http.Request.Body.ReadAsync(buffer.AsMemory(length), limit.Token).ConfigureAwait(false);
                if (read == 0) break;
                length += read;
                BodyBytes = length;
                if (length > BodyBytesMax) throw TooLong();
            }
            ReadOnlySpan<byte> text = buffer.AsSpan(0, length);
            return text.Trim(" \t\r\n"u8).IsEmpty ? null : Parse(text.ToArray(), "The body");
        }
        catch (OperationCanceledException) when (!Aborted.IsCancellationRequested)
        {
            http.Response.Headers.Connection = "close";     // the rest of the body would be taken for the next request
            throw new ApiProblem(new ApiError(ApiErrorCode.BadRequest, $"The body must be there within {timeout.TotalSeconds} seconds.") { Status = StatusCodes.Status408RequestTimeout });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        static ApiProblem TooLong() => ApiProblem.BadRequest($"The body may have at most {BodyBytesMax} bytes.");
    }

    /// <summary>Answers with items and the errors collected; HTTP 200 unless there is nothing but errors. A long answer is sent on while it is written.</summary>
    /// <remarks>A GET with <c>limit</c> or <c>offset</c> in its query gets that part of the items, and <c>pagination</c> with the number of all.</remarks>
    internal async Task WriteAsync<T>(IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        Page? page = HttpMethods.IsGet(http.Request.Method) ? Page.Of(_target, items.Count) : null;
        http.Response.StatusCode = items.Count == 0 && Errors.Count > 0 ? Errors[0].Status : StatusCodes.Status200OK;
        Begin();
        bool isTagged = route.IsStable && http.Response.StatusCode == StatusCodes.Status200OK;
        ArrayBufferWriter<byte>? whole = isTagged ? new ArrayBufferWriter<byte>(AnswerStream.FlushBytes) : null;
        PipeWriter output = http.Response.BodyWriter;
        long sent = 0;
        using (var json = new Utf8JsonWriter(whole is null ? output : whole, s_writerOptions))
        {
            json.WriteStartObject();
            json.WriteStartArray("result");
            int end = page is null ? items.Count : page.End;
            for (int i = page?.Start ?? 0; i < end; i++)
            {
                write(json, items[i]);
                if (whole is not null || json.BytesCommitted + json.BytesPending - sent < AnswerStream.FlushBytes) continue;
                json.Flush();
                sent = json.BytesCommitted;
                await AnswerStream.SendAsync(output, Aborted).ConfigureAwait(false);
            }
            json.WriteEndArray();
            page?.Write(json);
            WriteErrors(json);
            WriteWarnings(json);
            json.WriteEndObject();
        }
        if (whole is not null)
        {
            if (EntityTag.IsKnown(http, EntityTag.Of(whole.WrittenSpan))) return;
            output.Write(whole.WrittenSpan);
        }
        if (sent == 0) http.Response.ContentLength = output.UnflushedBytes;
        await AnswerStream.SendAsync(output, Aborted).ConfigureAwait(false);
    }

    /// <summary>Answers with one error and nothing else.</summary>
    internal Task WriteErrorAsync(ApiError error)
    {
        Errors.Clear();
        Errors.Add(error);
        http.Response.StatusCode = error.Status;
        Begin();
        using (var json = new Utf8JsonWriter(http.Response.BodyWriter, s_writerOptions))
        {
            json.WriteStartObject();
            json.WriteStartArray("result");
            json.WriteEndArray();
            WriteErrors(json);
            json.WriteEndObject();
        }
        http.Response.ContentLength = http.Response.BodyWriter.UnflushedBytes;
        return http.Response.BodyWriter.FlushAsync(Aborted).AsTask();
    }

    /// <summary>Sets the content type of an answer.</summary>
    internal void Begin() => http.Response.ContentType = "application/json; charset=utf-8";

    /// <summary>Writes <c>errors</c> if there are any.</summary>
    internal void WriteErrors(Utf8JsonWriter json)
    {
        if (Errors.Count == 0) return;
        json.WriteStartArray("errors");
        foreach (ApiError error in Errors)
        {
            json.WriteStartObject();
            if (error.Id is { } id) json.WriteNumber("id", id);
            json.WriteNumber("code", (int)error.Code);
            json.WriteString("reason", error.Reason);
            if (error.Column is { } column) json.WriteNumber("column", column);
            if (error.Hint is { } hint)
            {
                json.WriteStartArray("schema_hint");
                foreach (string name in hint) json.WriteStringValue(name);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Errors and warnings as bytes that follow the result in an answer written by hand; empty when there are none.</summary>
    internal byte[] Remarks()
    {
        if (Errors.Count == 0 && Warnings.Count == 0) return [];
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            WriteErrors(json);
            WriteWarnings(json);
            json.WriteEndObject();
        }
        return [(byte)',', .. bytes.WrittenSpan[1..^1]];
    }

    private void WriteWarnings(Utf8JsonWriter json)
    {
        if (Warnings.Count == 0) return;
        json.WriteStartArray("warnings");
        foreach (ApiWarning warning in Warnings)
        {
            json.WriteStartObject();
            if (warning.Id is { } id) json.WriteNumber("id", id);
            json.WriteString("reason", warning.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> text, string what)
    {
        if (!Utf8.IsValid(text.Span)) throw ApiProblem.BadRequest($"{what} is not UTF-8.");
        try
        {
            RefuseHalfCharacters(text.Span, what);
            return JsonDocument.Parse(text, s_jsonOptions);
        }
        catch (JsonException exception)
        {
            throw ApiProblem.BadRequest($"{what} is not JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine}.");
        }
    }

    /// <summary>Refuses an escaped surrogate without its other half: JSON allows it, no string can hold it, and a definition that has it could never be shown again.</summary>
    private static void RefuseHalfCharacters(ReadOnlySpan<byte> text, string what)
    {
        Utf8JsonReader json = new(text, new JsonReaderOptions { MaxDepth = JsonDepthMax });
        while (json.Read())
        {
            if (json.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !json.ValueIsEscaped) continue;
            try
            {
                json.GetString();
            }
            catch (InvalidOperationException)
            {
                throw ApiProblem.BadRequest($"{what} has half of a surrogate pair in the text at byte {json.TokenStartIndex}.");
            }
        }
    }
}
