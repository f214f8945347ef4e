using System.Buffers;
using System.Globalization;

namespace Gateway.Host.Api;

/// <summary>Which items a request is about: the <c>{sel}</c> of a path.</summary>
/// <remarks>
/// <c>all</c> or <c>*</c>, an id, <c>field=value</c> (nested as <c>configuration.ident</c>, with <c>*</c> and <c>?</c> as wildcards), a list of ids and fields, or a condition in braces.
/// What one term finds comes before what the next one finds, and nothing twice.
/// </remarks>
internal sealed class Selector
{
    /// <summary>Ids and fields in one list.</summary>
    internal const int TermsMax = 10_000;

    /// <summary>Fields in one list: each is looked for in all items.</summary>
    internal const int FieldTermsMax = 100;

    /// <summary>Longest value with wildcards, characters.</summary>
    internal const int MaskLengthMax = 256;

    private const string Expected = "expected an id, a list of ids, all, field=value with * and ? as wildcards, or {expression}";

    private static readonly SearchValues<char> s_fieldCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    private readonly TimeProvider _clock;
    private readonly Term[] _terms;
    private readonly string? _expression;

    private Selector(TimeProvider clock, Term[] terms, string? expression)
    {
        _clock = clock;
        _terms = terms;
        _expression = expression;
    }

    /// <summary>Reads a selector.</summary>
    /// <param name="text">As it is in the path, percent-encoding undone.</param>
    /// <param name="clock">What time it is, for conditions.</param>
    /// <exception cref="ApiProblem">It is none.</exception>
    internal static Selector Parse(string text, TimeProvider clock)
    {
        text = text.Trim();
        if (text is "all" or "*") return new Selector(clock, [], null);
        if (text.StartsWith('{'))
        {
            if (!text.EndsWith('}')) throw ApiProblem.BadRequest("A selector that starts with { must end with }.");
            return new Selector(clock, [], text[1..^1]);
        }

        List<string> parts = SplitTerms(text);
        if (parts.Count is 0 or > TermsMax) throw ApiProblem.BadRequest($"A selector must name 1 to {TermsMax} ids.");
        Term[] terms = [.. parts.Select(part => TryTerm(part, out Term term) ? term : throw ApiProblem.BadRequest($"'{part}' is no selector; {Expected}."))];
        if (terms.Count(term => term.Path is not null) > FieldTermsMax) throw ApiProblem.BadRequest($"A selector may name at most {FieldTermsMax} fields.");
        return new Selector(clock, [.. terms.Distinct()], null);
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
        if (_expression is not null)
        {
            using ItemCondition<T> condition = shape.ConditionOf(_expression, "selector", isFilter: false, _clock);
            return [.. all().Where(condition.IsMet)];
        }
        if (_terms.Length == 0) return [.. all()];

        var found = new List<T>(_terms.Length);
        HashSet<T>? seen = _terms.Length > 1 ? new(ReferenceEqualityComparer.Instance) : null;
        foreach (Term term in _terms)
        {
            if (term.Path is { } path)
            {
                foreach (T item in all())
                    if (shape.Matches(item, path, term.Value) && seen?.Add(item) is null or true) found.Add(item);
            }
            else if (find(term.Id) is { } item)
            {
                if (seen?.Add(item) is null or true) found.Add(item);
            }
            else errors.Add(new ApiError(ApiErrorCode.NotFound, $"There is no {noun} {term.Id}.", term.Id));
        }
        return found;
    }

    /// <summary>Cuts a list at its commas. A comma that no term follows belongs to the value in front of it: <c>name=Smith, John</c> is one term.</summary>
    private static List<string> SplitTerms(string text)
    {
        List<string> parts = [];
        int start = 0;
        bool isQuoted = false;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '"') isQuoted = !isQuoted;
            if (i < text.Length && (text[i] != ',' || isQuoted)) continue;
            string part = text[start..i];
            bool isPartOfValue = parts.Count > 0 && parts[^1].Contains('=', StringComparison.Ordinal) && !TryTerm(part, out _);
            if (isPartOfValue) parts[^1] += "," + part;
            else if (part.Trim().Length > 0) parts.Add(part);
            if (parts.Count > TermsMax) break;
            start = i + 1;
        }
        return parts;
    }

    private static bool TryTerm(string text, out Term term)
    {
        text = text.Trim();
        term = default;
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            bool isId = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id);
            term = new Term(id, null, "");
            return isId;
        }
        string path = text[..equals].Trim();
        if (path.Length == 0 || path.AsSpan().ContainsAnyExcept(s_fieldCharacters)) return false;
        string value = text[(equals + 1)..].TrimStart('=').Trim();      // == is accepted as well
        if (value.Length >= 2 && value[0] == '"' && value[^1] == '"') value = value[1..^1];
        if (value.Length > MaskLengthMax && value.AsSpan().ContainsAny('*', '?')) throw ApiProblem.BadRequest($"A value with wildcards may have at most {MaskLengthMax} characters.");
        term = new Term(0, path, value);
        return true;
    }

    /// <summary>An id, or the value of a field.</summary>
    private readonly record struct Term(long Id, string? Path, string Value);
}
