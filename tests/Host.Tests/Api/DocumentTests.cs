using System.Net;
using System.Text.Json;
using Gateway.Host.Api;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: the documents say what the API does: every route once, every reference leads somewhere, every field is there.</summary>
public sealed class DocumentTests
{
    [Fact]
    public async Task The_public_library_can_build_itself_from_the_module_documents()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        var described = new List<string>();
        foreach (string module in DocumentRoutes.Modules)
        {
            (HttpStatusCode status, JsonElement document) = await gateway.CallAsync(null, "GET", $"/{module}/api.json");
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal("2.0", document.GetProperty("swagger").GetString());
            string basePath = document.GetProperty("basePath").GetString()!;
            Assert.Equal($"/{module}", basePath);
            // As the library's build does it: keep name and place of each parameter, following references.
            foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
            {
                string[] inPath = [.. Resolve(document, path.Value).Where(parameter => parameter.In == "path").Select(parameter => $"{{{parameter.Name}}}")];
                Assert.Equal(inPath, path.Name.Split('/').Where(word => word.StartsWith('{')));
                foreach (JsonProperty method in path.Value.EnumerateObject().Where(member => member.Name != "parameters"))
                {
                    described.Add($"{method.Name.ToUpperInvariant()} {basePath}{path.Name}");
                    Assert.All(Resolve(document, method.Value), parameter => Assert.Contains(parameter.In, new[] { "query", "body", "header" }));
                }
            }
        }
        Assert.Equal(
            ApiRoutes.Documented.Where(route => DocumentRoutes.Modules.Contains(route.Module) && !route.Path.EndsWith("api.json", StringComparison.Ordinal))
                .Select(route => $"{route.Method} {DocumentPath.Of(route)}").Order(StringComparer.Ordinal),
            described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Openapi_has_every_route_once_and_every_reference_leads_somewhere()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (_, JsonElement document) = await gateway.CallAsync(null, "GET", "/openapi.json");
        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        string[] described = [.. document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"))];
        Assert.Equal(ApiRoutes.Documented.Select(route => $"{route.Method} {DocumentPath.Of(route)}").Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        int references = 0;
        foreach (string reference in ReferencesIn(document))
        {
            references++;
            JsonElement target = document;
            foreach (string step in reference.Split('/').Skip(1)) target = target.GetProperty(step);
            Assert.Equal("object", target.GetProperty("type").GetString());
        }
        Assert.True(references > described.Length);
    }

    [Fact]
    public async Task The_documented_fields_are_those_that_items_have_and_take()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        foreach (ApiRoute route in ApiRoutes.Documented.Where(route => route.Method == "GET" && route.Inputs.HasFlag(RouteInputs.Fields)))
        {
            if (ApiSchema.Of(route) is not { } schema) continue;
            (HttpStatusCode status, JsonElement body) = await gateway.GetAsync(route.Parameters.Aggregate(route.Path, (path, name) => path.Replace($"{{{name}}}", "all", StringComparison.Ordinal)) + "?fields=nothing");
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Equal(schema.Fields.Select(field => field.Name).Order(StringComparer.Ordinal), HintOf(body).Order(StringComparer.Ordinal));
        }
        foreach (ApiRoute route in ApiRoutes.Documented.Where(route => route.MakesItems))
        {
            if (ApiSchema.Of(route) is not { } schema) continue;
            (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, route.Path, """[{"nothing":1}]""");
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Equal(schema.Fields.Where(field => field.IsSettable).Select(field => field.Name).Order(StringComparer.Ordinal), HintOf(body).Order(StringComparer.Ordinal));
        }

        static string[] HintOf(JsonElement body) =>
            [.. (body.TryGetProperty("schema_hint", out JsonElement hint) ? hint : body.GetProperty("errors")[0].GetProperty("schema_hint")).EnumerateArray().Select(name => name.GetString()!)];
    }

    [Fact]
    public async Task The_page_for_people_has_every_route_and_runs_nothing()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using HttpResponseMessage answer = await gateway.Http.GetAsync("/reference", TestContext.Current.CancellationToken);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        string page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        foreach (ApiRoute route in ApiRoutes.Documented) Assert.Contains($">{route.Method}</b> <code>{DocumentPath.Of(route)}</code>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_that_the_client_has_already_is_not_sent_again()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using HttpResponseMessage first = await gateway.Http.GetAsync("/openapi.json", TestContext.Current.CancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi.json");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage second = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    private static IEnumerable<(string Name, string In)> Resolve(JsonElement document, JsonElement holder)
    {
        if (!holder.TryGetProperty("parameters", out JsonElement parameters)) yield break;
        foreach (JsonElement parameter in parameters.EnumerateArray())
        {
            JsonElement target = document;
            foreach (string step in parameter.GetProperty("$ref").GetString()!.Split('/').Skip(1)) target = target.GetProperty(step);
            yield return (target.GetProperty("name").GetString()!, target.GetProperty("in").GetString()!);
        }
    }

    private static IEnumerable<string> ReferencesIn(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == "$ref" ? [member.Value.GetString()!] : ReferencesIn(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(ReferencesIn),
        _ => [],
    };
}
