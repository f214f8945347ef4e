using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Gateway.Host.Api;

/// <summary>The API as one page for people: every operation with its parameters and fields, made from the same table as everything else. Loads nothing, runs no script.</summary>
internal static class ReferencePage
{
    /// <summary>What a browser may do with the page.</summary>
    internal const string ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private const string Head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Gateway API</title>
        <style>
        :root { color-scheme: light dark; }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
        h2 { margin-top: 2rem; }
        nav a { margin-right: 1rem; white-space: nowrap; }
        details { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 6px; margin: .4rem 0; padding: .3rem .7rem; }
        summary { overflow-wrap: anywhere; }
        code, b.method { font-family: ui-monospace, monospace; }
        b.method { display: inline-block; min-width: 4.5rem; }
        table { border-collapse: collapse; margin: .5rem 0; width: 100%; }
        td, th { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0; }
        </style>
        </head>
        <body>
        <h1>Gateway API</h1>
        <p>Every answer is <code>{"result":[…]}</code>, with <code>"errors":[{"code","reason","id"}]</code> for what failed. The token goes into the header
        <code>Authorization: FlespiToken KEY</code>. Selectors in paths are a number, numbers separated by commas, <code>all</code>, <code>field=value</code> with
        <code>*</code> and <code>?</code>, or an expression in braces. For machines: <a href="/openapi.json">openapi.json</a>
        """;

    /// <summary>The page.</summary>
    internal static string Render()
    {
        IGrouping<string, ApiRoute>[] collections = [.. ApiRoutes.Documented.GroupBy(route => route.Collection, StringComparer.Ordinal)];
        var page = new StringBuilder(Head);
        foreach (string module in DocumentRoutes.Modules) page.Append(CultureInfo.InvariantCulture, $", <a href=\"/{module}/api.json\">{module}/api.json</a>");
        page.Append(".</p>\n<nav>");
        foreach (IGrouping<string, ApiRoute> collection in collections) page.Append(CultureInfo.InvariantCulture, $"<a href=\"#{Text(collection.Key)}\">{Text(collection.Key)}</a>\n");
        page.Append("</nav>\n");
        foreach (IGrouping<string, ApiRoute> collection in collections)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2 id=\"{Text(collection.Key)}\">{Text(collection.Key)}</h2>\n");
            foreach (ApiRoute route in collection) RenderRoute(page, route);
        }
        return page.Append("</body>\n</html>\n").ToString();
    }

    private static void RenderRoute(StringBuilder page, ApiRoute route)
    {
        page.Append(CultureInfo.InvariantCulture, $"<details><summary><b class=\"method\">{route.Method}</b> <code>{Text(DocumentPath.Of(route))}</code></summary>\n<p>{Text(route.Summary)} {AudienceOf(route)}</p>\n");
        RenderTable(page, "Parameters", DocumentPath.InputsOf(route).Select(parameter => (parameter.Name, parameter.In, parameter.Description)));
        if (ApiSchema.Of(route) is { } schema)
        {
            if (route.Inputs.HasFlag(RouteInputs.Body)) RenderTable(page, "Body", schema.Fields.Where(field => field.IsSettable).Select(field => (field.Name, field.Type, field.Description)));
            if (route.Method != "DELETE") RenderTable(page, "Answer", schema.Fields.Select(field => (field.Name, field.Type, field.Description)));
        }
        page.Append("</details>\n");
    }

    private static void RenderTable(StringBuilder page, string title, IEnumerable<(string Name, string Type, string Description)> rows)
    {
        if (!rows.Any()) return;
        page.Append(CultureInfo.InvariantCulture, $"<table><tr><th>{title}</th><th></th><th></th></tr>\n");
        foreach ((string name, string type, string description) in rows)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td><code>{Text(name)}</code></td><td>{Text(type)}</td><td>{Text(description)}</td></tr>\n");
        page.Append("</table>\n");
    }

    private static string AudienceOf(ApiRoute route) => route.Audience switch
    {
        RouteAudience.Everybody => "Needs no token.",
        RouteAudience.AnyToken => "Any token.",
        RouteAudience.Listed => "Standard and master tokens, and those whose access list has it.",
        RouteAudience.Unlisted => "Standard and master tokens.",
        RouteAudience.Master => "Master tokens.",
        _ => "Master tokens of the root account.",
    };

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);
}
