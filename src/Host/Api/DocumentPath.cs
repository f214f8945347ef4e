namespace Gateway.Host.Api;

/// <summary>A parameter of a request besides those in its path.</summary>
/// <param name="Key">Its name among all parameters of a document.</param>
/// <param name="Name">Its name in a request.</param>
/// <param name="In">query, body or header.</param>
/// <param name="Description">What it is.</param>
internal sealed record DocumentParameter(string Key, string Name, string In, string Description);

/// <summary>Paths and parameters as documents name them: <c>/gw/channels/{channels-selector}</c> for <c>/gw/channels/{sel}</c>.</summary>
internal static class DocumentPath
{
    private static readonly DocumentParameter s_fields = new("fields", "fields", "query", "names of the fields to show, separated by commas, with members as configuration.port and masks");
    private static readonly DocumentParameter s_data = new("data", "data", "query", "a JSON object of options; may be the body as well");
    private static readonly DocumentParameter s_body = new("body", "data", "body", "what to create or change");
    private static readonly DocumentParameter s_names = new("names", "names", "query", "names, separated by commas");
    private static readonly DocumentParameter s_account = new("x-flespi-cid", "x-flespi-cid", "header", "an account below the token's: the request acts in it");

    /// <summary>The path with speaking names.</summary>
    internal static string Of(ApiRoute route) =>
        route.Parameters.Zip(ParametersOf(route)).Aggregate(route.Path, static (path, pair) => path.Replace($"{{{pair.First}}}", $"{{{pair.Second}}}", StringComparison.Ordinal));

    /// <summary>The names of the path's parameters, each after the word before it.</summary>
    internal static IEnumerable<string> ParametersOf(ApiRoute route)
    {
        string before = "";
        foreach (string word in route.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] == '{') yield return $"{before}-selector";
            else before = word;
        }
    }

    /// <summary>The other parameters of a route.</summary>
    internal static IEnumerable<DocumentParameter> InputsOf(ApiRoute route)
    {
        if (route.Inputs.HasFlag(RouteInputs.Names)) yield return s_names;
        if (route.Inputs.HasFlag(RouteInputs.Fields)) yield return s_fields;
        if (route.Inputs.HasFlag(RouteInputs.Data)) yield return s_data;
        if (route.Inputs.HasFlag(RouteInputs.Body)) yield return s_body;
        if (route.Audience is not (RouteAudience.Everybody or RouteAudience.AnyToken)) yield return s_account;
    }
}
