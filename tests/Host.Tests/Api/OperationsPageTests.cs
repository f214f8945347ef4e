using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Host.Api;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: <c>docs/rest-operations.md</c> lists every operation of the platform's published API as this gateway answers it: it works, or is refused with the reason.</summary>
public sealed class OperationsPageTests
{
    private const int OperationsPublished = 275;
    private const string Works = "works";

    /// <summary>Not an HTTP method: the vendor's description holds a note of its own under this name.</summary>
    private const string PseudoMethod = "X-FLESPI-EXTRA-PARAMETERS";

    private static string PagePath => Path.Combine(RepositoryRoot(), "docs", "rest-operations.md");

    [Fact]
    public async Task Every_row_of_the_page_is_how_the_gateway_answers()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Row[] rows = [.. ReadPage()];
        Assert.Equal(OperationsPublished, rows.Length);
        foreach (Row row in rows)
        {
            Assert.Equal(AnswerOf(row.Method, row.Path), row.Answer);
            if (row.Method == PseudoMethod) continue;
            string path = string.Join('/', row.Path.Split('/').Select(word => word.StartsWith('{') ? "all" : word));
            (HttpStatusCode status, JsonElement body) = await gateway.CallAsync(TestGateway.Token, row.Method, path);
            if (row.Answer == Works) Assert.NotEqual(HttpStatusCode.NotImplemented, status);
            else Assert.True(status is HttpStatusCode.NotImplemented && ReasonOf(body).EndsWith(row.Answer, StringComparison.Ordinal), $"{row}: {status} {body.GetRawText()}");
        }
    }

    /// <summary>Where the published list lies beside the repository, the page is compared with it; with GATEWAY_WRITE_DOCS=1 it is written.</summary>
    [Fact]
    public void The_page_is_made_from_the_published_list()
    {
        string list = Path.Combine(RepositoryRoot(), "..", "shared", "reference", "flespi-rest-operations.tsv");
        if (!File.Exists(list)) Assert.Skip("The published list is not beside the repository.");
        string page = Render(File.ReadLines(list).Skip(1).Select(line => line.Split('\t')).Select(cells => (cells[0], cells[1], cells[2])));
        if (Environment.GetEnvironmentVariable("GATEWAY_WRITE_DOCS") == "1") File.WriteAllText(PagePath, page);
        Assert.Equal(page, File.ReadAllText(PagePath));
    }

    private static string AnswerOf(string method, string path)
    {
        if (method == PseudoMethod) return "No operation: a note in the description under the name of a method.";
        string shape = ShapeOf(path);
        return ApiRoutes.All.Any(route => route.Method == method && ShapeOf(route.Path) == shape) ? Works
            : RefusedRoutes.ReasonOf(shape) ?? throw new InvalidOperationException($"{method} {path} is neither in ApiRoutes nor in RefusedRoutes.");
    }

    private static string Render(IEnumerable<(string Base, string Path, string Method)> operations)
    {
        Row[] rows = [.. operations.Select(operation => new Row(operation.Method, operation.Base + operation.Path, AnswerOf(operation.Method, operation.Base + operation.Path)))];
        var page = new StringBuilder();
        page.Append($"""
            # REST operations

            The {rows.Length} operations of the API that existing clients speak, and what this gateway answers: {rows.Count(row => row.Answer == Works)} work, the others are refused with HTTP 501 and the
            reason. What each takes and shows is at `/reference` of a running gateway. Made by `OperationsPageTests` from the routes in `src/Host/Api`:
            `GATEWAY_WRITE_DOCS=1 tests/Host.Tests/bin/Release/net10.0/Host.Tests -class '*OperationsPageTests'`.

            Older names that work too: `/gw/protocols` for `/gw/channel-protocols`, `/platform/customer/tokens` for `/platform/tokens`,
            `commands-queue` and `commands-result` of channels for those of devices. Besides the list: `/const/values`,
            `/gw/api.json` and its siblings, `/openapi.json`, `/reference`, `/health/live`, `/health/ready`, `/metrics`.

            | method | path | answer |
            | --- | --- | --- |

            """);
        foreach (Row row in rows) page.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {row.Method} | `{row.Path}` | {row.Answer} |\n");
        return page.ToString();
    }

    private static IEnumerable<Row> ReadPage()
    {
        foreach (string line in File.ReadLines(PagePath))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length == 5 && cells[2].StartsWith('`')) yield return new Row(cells[1], cells[2].Trim('`'), cells[3]);
        }
    }

    private static string ShapeOf(string path) => string.Join('/', path.Split('/').Select(word => word.StartsWith('{') ? "{}" : word));

    private static string ReasonOf(JsonElement body) => body.GetProperty("errors")[0].GetProperty("reason").GetString() ?? "";

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }

    private sealed record Row(string Method, string Path, string Answer);
}
