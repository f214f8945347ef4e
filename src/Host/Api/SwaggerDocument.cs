using System.Text.Json;

namespace Gateway.Host.Api;

/// <summary>Swagger 2.0 of one module, in the form from which the public JavaScript library builds itself: <c>basePath</c>, and for each path and method its parameters by name and place.</summary>
internal static class SwaggerDocument
{
    /// <summary>Writes the document of a module.</summary>
    internal static void Write(Utf8JsonWriter json, string module)
    {
        ApiRoute[] routes = [.. ApiRoutes.Documented.Where(route => route.Module == module && !route.Path.EndsWith(".json", StringComparison.Ordinal))];
        json.WriteStartObject();
        json.WriteString("swagger", "2.0");
        json.WriteStartObject("info");
        json.WriteString("title", $"Gateway: {module}");
        json.WriteString("version", Cli.CommandLine.Version);
        json.WriteEndObject();
        json.WriteString("basePath", $"/{module}");
        WriteList(json, "consumes", "application/json");
        WriteList(json, "produces", "application/json");
        json.WriteStartObject("securityDefinitions");
        json.WriteStartObject("token");
        json.WriteString("type", "apiKey");
        json.WriteString("in", "header");
        json.WriteString("name", "Authorization");
        json.WriteString("description", "FlespiToken KEY");
        json.WriteEndObject();
        json.WriteEndObject();
        WriteParameters(json, routes);
        json.WriteStartObject("paths");
        foreach (IGrouping<string, ApiRoute> path in routes.GroupBy(DocumentPath.Of, StringComparer.Ordinal)) WritePath(json, path.Key[(module.Length + 1)..], [.. path]);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WritePath(Utf8JsonWriter json, string path, ApiRoute[] routes)
    {
        json.WriteStartObject(path);
        if (DocumentPath.ParametersOf(routes[0]).Any())
        {
            json.WriteStartArray("parameters");
            foreach (string parameter in DocumentPath.ParametersOf(routes[0])) WriteReference(json, parameter);
            json.WriteEndArray();
        }
        foreach (ApiRoute route in routes)
        {
            json.WriteStartObject(route.Method.ToLowerInvariant());
            json.WriteString("summary", route.Summary);
            json.WriteStartArray("parameters");
            foreach (DocumentParameter parameter in DocumentPath.InputsOf(route)) WriteReference(json, parameter.Key);
            json.WriteEndArray();
            if (route.Audience is not RouteAudience.Everybody)
            {
                json.WriteStartArray("security");
                json.WriteStartObject();
                json.WriteStartArray("token");
                json.WriteEndArray();
                json.WriteEndObject();
                json.WriteEndArray();
            }
            json.WriteStartObject("responses");
            json.WriteStartObject("200");
            json.WriteString("description", "result, and errors beside it for items that failed");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, ApiRoute[] routes)
    {
        json.WriteStartObject("parameters");
        foreach (string name in routes.SelectMany(DocumentPath.ParametersOf).Distinct(StringComparer.Ordinal))
        {
            json.WriteStartObject(name);
            json.WriteString("name", name);
            json.WriteString("in", "path");
            json.WriteBoolean("required", true);
            json.WriteString("type", "string");
            json.WriteEndObject();
        }
        foreach (DocumentParameter parameter in routes.SelectMany(DocumentPath.InputsOf).DistinctBy(parameter => parameter.Key))
        {
            json.WriteStartObject(parameter.Key);
            json.WriteString("name", parameter.Name);
            json.WriteString("in", parameter.In);
            json.WriteString("description", parameter.Description);
            if (parameter.In == "body") json.WriteStartObject("schema");
            if (parameter.In == "body") json.WriteEndObject();
            else json.WriteString("type", "string");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter json, string key)
    {
        json.WriteStartObject();
        json.WriteString("$ref", $"#/parameters/{key}");
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, string item)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(item);
        json.WriteEndArray();
    }
}
