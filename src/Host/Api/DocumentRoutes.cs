using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Gateway.Host.Api;

/// <summary>The API's own description: Swagger 2.0 for each module, OpenAPI 3.1 for all, and a page for people. They say nothing that is not public, and need no token.</summary>
internal static class DocumentRoutes
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true };

    /// <summary>Modules that have a document of their own.</summary>
    internal static string[] Modules { get; } = ["gw", "platform", "storage", "mqtt", "auth"];

    internal static ApiRoute[] Table { get; } =
    [
        .. Modules.Select(module => Row($"/{module}/api.json", $"Swagger 2.0 of /{module}.", "application/json; charset=utf-8", json => SwaggerDocument.Write(json, module))),
        Row("/openapi.json", "OpenAPI 3.1 of everything.", "application/json; charset=utf-8", OpenApiDocument.Write),
        new("GET", "/reference", RouteInputs.None, Serve(new Lazy<Document>(() => new Document("text/html; charset=utf-8", Encoding.UTF8.GetBytes(ReferencePage.Render())))), "The API for people.")
        {
            Audience = RouteAudience.Everybody,
        },
    ];

    private static ApiRoute Row(string path, string summary, string contentType, Action<Utf8JsonWriter> write)
    {
        var document = new Lazy<Document>(() =>
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer, s_indented)) write(json);
            return new Document(contentType, buffer.WrittenSpan.ToArray());
        });
        return new ApiRoute("GET", path, RouteInputs.None, Serve(document), summary) { Audience = RouteAudience.Everybody };
    }

    private static Func<ApiCall, Task> Serve(Lazy<Document> lazy) => call =>
    {
        Document document = lazy.Value;
        HttpResponse response = call.Http.Response;
        if (EntityTag.IsKnown(call.Http, document.Tag)) return Task.CompletedTask;
        if (document.ContentType.StartsWith("text/html", StringComparison.Ordinal)) response.Headers.ContentSecurityPolicy = ReferencePage.ContentSecurityPolicy;
        response.ContentType = document.ContentType;
        response.ContentLength = document.Bytes.Length;
        return response.Body.WriteAsync(document.Bytes, call.Aborted).AsTask();
    };

    /// <summary>A document as it is sent; made once.</summary>
    private sealed record Document(string ContentType, byte[] Bytes)
    {
        internal EntityTagHeaderValue Tag { get; } = EntityTag.Of(Bytes);
    }
}
