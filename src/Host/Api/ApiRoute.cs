namespace Gateway.Host.Api;

/// <summary>One operation of the API: a row of <see cref="ApiRoutes"/>, from which routing, access control and the API's documents derive.</summary>
/// <param name="Method">HTTP method, upper case.</param>
/// <param name="Path">Path with parameters in braces: <c>/gw/channels/{sel}/messages</c>. Its first two words name the collection of items, and the last word after an item is its submodule.</param>
/// <param name="Inputs">What a request may carry besides its path.</param>
/// <param name="Handler">Answers a request that may be made.</param>
/// <param name="Summary">What it does, one sentence for the documents.</param>
internal sealed record ApiRoute(string Method, string Path, RouteInputs Inputs, Func<ApiCall, Task> Handler, string Summary)
{
    private readonly string[] _words = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Which tokens may call it; without a word of the row's own, the usual one of its module.</summary>
    internal RouteAudience Audience { get; init; } = Path.StartsWith("/platform/", StringComparison.Ordinal) ? RouteAudience.Master : RouteAudience.Listed;

    /// <summary>Its answers stay the same for long: they have an ETag, and are not sent to who has them.</summary>
    internal bool IsStable { get; init; }

    /// <summary>An older name of another route; left out of the documents.</summary>
    internal bool IsAlias { get; init; }

    /// <summary>First word of the path: <c>gw</c>.</summary>
    internal string Module => _words[0];

    /// <summary>What access lists call the items: <c>gw/channels</c>.</summary>
    internal string Collection => _words.Length > 1 ? $"{_words[0]}/{_words[1]}" : _words[0];

    /// <summary>What access lists call the part of an item: <c>messages</c>; null for the item itself.</summary>
    internal string? Submodule => _words.Length > 3 ? _words.Skip(3).Last(static word => word[0] != '{') : null;

    /// <summary>Whether it makes new items of its collection.</summary>
    internal bool MakesItems => Method == "POST" && !Path.Contains('{', StringComparison.Ordinal);

    /// <summary>Names of the parameters in the path, in order.</summary>
    internal IEnumerable<string> Parameters => _words.Where(static word => word[0] == '{').Select(static word => word[1..^1]);
}

/// <summary>What a request may carry besides its path.</summary>
[Flags]
internal enum RouteInputs
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Query <c>fields</c>: which fields of the items are shown.</summary>
    Fields = 1,
    /// <summary>Query <c>data</c>: a JSON object of options.</summary>
    Data = 2,
    /// <summary>A JSON body.</summary>
    Body = 4,
    /// <summary>Query <c>names</c>: a list of names.</summary>
    Names = 8,
}

/// <summary>Which tokens may call a route.</summary>
internal enum RouteAudience
{
    /// <summary>Everybody, without a token.</summary>
    Everybody,
    /// <summary>Every valid token: the answer is about nobody's items.</summary>
    AnyToken,
    /// <summary>Standard and master tokens, and tokens whose access list has the collection.</summary>
    Listed,
    /// <summary>Standard and master tokens; no access list can give it.</summary>
    Unlisted,
    /// <summary>Master tokens.</summary>
    Master,
    /// <summary>Master tokens of the root account: it concerns the gateway as a whole.</summary>
    Operator,
}
