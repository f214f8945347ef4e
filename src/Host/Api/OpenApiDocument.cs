using System.Text.Json;

namespace Gateway.Host.Api;

/// <summary>OpenAPI 3.1 of the whole API.</summary>
internal static class OpenApiDocument
{
    /// <summary>Writes the document.</summary>
    internal static void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("openapi", "3.1.0");
        json.WriteStartObject("info");
        json.WriteString("title", "Gateway");
        json.WriteString("version", Cli.CommandLine.Version);
        json.WriteString("description", "Selectors in paths are a number, numbers separated by commas, all, field=value with * and ?, or an expression in braces.");
        json.WriteEndObject();
        json.WriteStartObject("paths");
        foreach (IGrouping<string, ApiRoute> path in ApiRoutes.Documented.GroupBy(DocumentPath.Of, StringComparer.Ordinal))
        {
            json.WriteStartObject(path.Key);
            foreach (ApiRoute route in path) WriteOperation(json, route);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        WriteComponents(json);
        json.WriteEndObject();
    }

    private static void WriteOperation(Utf8JsonWriter json, ApiRoute route)
    {
        ApiSchema? schema = ApiSchema.Of(route);
        json.WriteStartObject(route.Method.ToLowerInvariant());
        json.WriteString("summary", route.Summary);
        json.WriteStartArray("tags");
        json.WriteStringValue(route.Collection);
        json.WriteEndArray();
        json.WriteStartArray("parameters");
        foreach (string name in DocumentPath.ParametersOf(route)) WriteParameter(json, name, "path", null);
        foreach (DocumentParameter parameter in DocumentPath.InputsOf(route).Where(parameter => parameter.In != "body")) WriteParameter(json, parameter.Name, parameter.In, parameter.Description);
        json.WriteEndArray();
        if (route.Inputs.HasFlag(RouteInputs.Body)) WriteBody(json, route, schema);

        json.WriteStartArray("security");
        if (route.Audience is not RouteAudience.Everybody)
        {
            json.WriteStartObject();
            json.WriteStartArray("token");
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("responses");
        WriteResponse(json, "200", "The items that worked; errors beside them for those that did not.", schema);
        WriteResponse(json, "400", "The request is not understood; the reason says what was expected.", null);
        if (route.Audience is not RouteAudience.Everybody)
        {
            WriteResponse(json, "401", "No valid token.", null);
            WriteResponse(json, "403", "The token may not do this, or a limit is reached.", null);
            WriteResponse(json, "404", "There is no such item, or it is somebody else's.", null);
            WriteResponse(json, "503", "The storage does not work now; nothing was changed by what is not in the result.", null);
            WriteResponse(json, "429", "Too many requests in this minute; Retry-After says when it ends.", null);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteParameter(Utf8JsonWriter json, string name, string place, string? description)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("in", place);
        if (place == "path") json.WriteBoolean("required", true);
        if (description is not null) json.WriteString("description", description);
        json.WriteStartObject("schema");
        json.WriteString("type", "string");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBody(Utf8JsonWriter json, ApiRoute route, ApiSchema? schema)
    {
        json.WriteStartObject("requestBody");
        json.WriteStartObject("content");
        json.WriteStartObject("application/json");
        json.WriteStartObject("schema");
        if (schema is not null && route.MakesItems)
        {
            json.WriteString("type", "array");
            json.WriteStartObject("items");
        }
        json.WriteString("type", "object");
        if (schema is not null) WriteProperties(json, schema.Fields.Where(field => field.IsSettable));
        if (schema is not null && route.MakesItems) json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResponse(Utf8JsonWriter json, string status, string description, ApiSchema? schema)
    {
        json.WriteStartObject(status);
        json.WriteString("description", description);
        json.WriteStartObject("content");
        json.WriteStartObject("application/json");
        json.WriteStartObject("schema");
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        json.WriteStartObject("result");
        json.WriteString("type", "array");
        json.WriteStartObject("items");
        if (schema is not null) json.WriteString("$ref", $"#/components/schemas/{schema.Name}");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("errors");
        json.WriteString("type", "array");
        json.WriteStartObject("items");
        json.WriteString("$ref", "#/components/schemas/error");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteComponents(Utf8JsonWriter json)
    {
        json.WriteStartObject("components");
        json.WriteStartObject("securitySchemes");
        json.WriteStartObject("token");
        json.WriteString("type", "apiKey");
        json.WriteString("in", "header");
        json.WriteString("name", "Authorization");
        json.WriteString("description", "FlespiToken KEY, Bearer KEY, or the bare key");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("schemas");
        foreach (ApiSchema schema in ApiSchema.All)
        {
            json.WriteStartObject(schema.Name);
            json.WriteString("type", "object");
            WriteProperties(json, schema.Fields);
            json.WriteEndObject();
        }
        json.WriteStartObject("error");
        json.WriteString("type", "object");
        WriteProperties(json,
        [
            new("code", "integer", "1 no valid token, 2 bad request, 3 not permitted, 4 not found, 5 limit reached, 6 fault of the gateway or of its disk"),
            new("reason", "string", "what is wrong and what was expected"),
            new("id", "integer", "the item it concerns"),
        ]);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteProperties(Utf8JsonWriter json, IEnumerable<ApiField> fields)
    {
        json.WriteStartObject("properties");
        foreach (ApiField field in fields)
        {
            json.WriteStartObject(field.Name);
            json.WriteString("type", field.Type);
            json.WriteString("description", field.Description);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
