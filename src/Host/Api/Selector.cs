using System.Globalization;

namespace Gateway.Host.Api;

/// <summary>Which items a request is about: the <c>{sel}</c> of a path.</summary>
internal sealed class Selector
{
    /// <summary>Ids in one list.</summary>
    internal const int IdsMax = 10_000;

    private readonly long[]? _ids;
    private readonly string _path;
    private readonly string _pattern;

    private Selector(long[]? ids, string path, string pattern)
    {
        _ids = ids;
        _path = path;
        _pattern = pattern;
    }

    /// <summary>Reads a selector: <c>all</c>, <c>*</c>, an id, a list of ids, or <c>field=value</c> with wildcards.</summary>
    internal static Selector Parse(string text)
    {
        text = text.Trim();
        if (text is "all" or "*") return new Selector(null, "", "");
        if (text.StartsWith('{')) throw ApiProblem.BadRequest("Selectors by expression are not supported; use an id, a list of ids, all, or field=value with * and ? as wildcards.");

        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            string value = text[(equals + 1)..].TrimStart('=').Trim();      // == is accepted as well
            if (value.Length >= 2 && value[0] == '"' && value[^1] == '"') value = value[1..^1];
            return new Selector(null, text[..equals].Trim(), value);
        }

        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or > IdsMax) throw ApiProblem.BadRequest($"A selector must name 1 to {IdsMax} ids.");
        var ids = new long[parts.Length];
        for (int i = 0; i < parts.Length; i++)
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
                throw ApiProblem.BadRequest($"'{parts[i]}' is no selector; expected an id, a list of ids, all, or field=value.");
        return new Selector([.. ids.Distinct()], "", "");
    }

    /// <summary>Finds the items.</summary>
    /// <param name="noun">What an item is called in errors, e.g. <c>channel</c>.</param>
    /// <param name="all">All items the caller may see.</param>
    /// <param name="find">Finds one by id.</param>
    /// <param name="shape">Looks into fields.</param>
    /// <param name="errors">Takes an entry for each id that is not there.</param>
    internal List<T> Select<T>(string noun, Func<IEnumerable<T>> all, Func<long, T?> find, ItemShape<T> shape, List<ApiError> errors)
        where T : class
    {
        if (_ids is null) return [.. _path.Length == 0 ? all() : all().Where(item => shape.Matches(item, _path, _pattern))];
        var found = new List<T>(_ids.Length);
        foreach (long id in _ids)
        {
            if (find(id) is { } item) found.Add(item);
            else errors.Add(new ApiError(ApiErrorCode.NotFound, $"There is no {noun} {id}.", id));
        }
        return found;
    }
}
