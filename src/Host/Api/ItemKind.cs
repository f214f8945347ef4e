using System.Text.Json;
using Gateway.Host.Accounts;

namespace Gateway.Host.Api;

/// <summary>What the API has to know about a kind of items to show each caller its own and nobody else's.</summary>
/// <param name="Noun">What one is called in errors: <c>channel</c>.</param>
/// <param name="Collection">What access lists call them: <c>gw/channels</c>.</param>
/// <param name="All">All items, whoever's they are.</param>
/// <param name="Find">One by its number, whoever's it is.</param>
/// <param name="IdOf">Number of an item.</param>
/// <param name="CidOf">The account whose it is.</param>
/// <param name="ShapeOf">What it looks like.</param>
internal sealed record ItemKind<T>(
    string Noun, string Collection, Func<ApiCall, IEnumerable<T>> All, Func<ApiCall, long, T?> Find, Func<T, long> IdOf, Func<T, long> CidOf, Func<ApiCall, ItemShape<T>> ShapeOf)
    where T : class
{
    /// <summary>What the journal of accounts calls such items; null when it does not keep what happens to them.</summary>
    internal AccountItem? Journal { get; init; }

    /// <summary>The items of a selector in the path, as far as the caller may see and use them.</summary>
    /// <param name="call">Takes an error for each number that is absent or not the caller's to see, and for each item that it may see but not use so.</param>
    /// <param name="parameter">Name of the selector in the path.</param>
    internal List<T> Select(ApiCall call, string parameter = "sel")
    {
        AccessPolicy policy = call.Service<AccessPolicy>();
        List<T> seen = call.Selector(parameter).Select(
            Noun, () => All(call).Where(IsSeen), id => Find(call, id) is { } item && IsSeen(item) ? item : null, ShapeOf(call), call.Errors);
        seen.RemoveAll(item =>
        {
            if (AccessPolicy.MayUse(call.Caller, call.Route, IdOf(item))) return false;
            call.Errors.Add(new ApiError(ApiErrorCode.Forbidden, $"This token may not {call.Route.Method} this of {Noun} {IdOf(item)}.", IdOf(item)));
            return true;
        });
        return seen;

        bool IsSeen(T item) => policy.Sees(call.Caller, Collection, CidOf(item), IdOf(item));
    }

    /// <summary>Answers with the items of the selector.</summary>
    internal Task ReadAsync(ApiCall call)
    {
        ItemShape<T>.Projection fields = ShapeOf(call).Choose(call.Fields);
        return call.WriteAsync(Select(call), fields.Write);
    }

    /// <summary>Makes items as the body asks for them. What is wrong in the body changes nothing; what a limit forbids is left out.</summary>
    /// <param name="call">The request.</param>
    /// <param name="shape">What they look like in the answer.</param>
    /// <param name="read">Reads one of the body; throws for what is wrong.</param>
    /// <param name="createAsync">Makes one, or says why there is none.</param>
    internal async Task CreateAsync<TDraft>(ApiCall call, ItemShape<T> shape, Func<JsonElement, TDraft> read, Func<TDraft, ValueTask<(T? Item, string? Problem)>> createAsync)
    {
        ItemShape<T>.Projection fields = shape.Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        List<TDraft> drafts = [.. BodyFields.ItemsOf(body, Noun).Select(read)];
        var created = new List<T>(drafts.Count);
        foreach (TDraft draft in drafts)
        {
            (T? item, string? problem) = await createAsync(draft).ConfigureAwait(false);
            if (item is not null)
            {
                created.Add(item);
                Note(call, AccountEventCode.Created, null, item);
            }
            else call.Errors.Add(new ApiError(ApiErrorCode.LimitReached, problem!));
        }
        await call.WriteAsync(created, fields.Write).ConfigureAwait(false);
    }

    /// <summary>Changes the items of the selector as the body asks for it. What is wrong in the body changes none of them.</summary>
    /// <param name="call">The request.</param>
    /// <param name="check">Throws when the body can't be applied to an item.</param>
    /// <param name="changeAsync">Applies it to one: the item as it is then, or what became of it.</param>
    /// <param name="afterwards">Done once all are changed, before the answer.</param>
    internal async Task ChangeAsync(ApiCall call, Action<JsonElement, T> check, Func<JsonElement, T, ValueTask<(T? Item, ApiError? Error)>> changeAsync, Func<ValueTask>? afterwards = null)
    {
        ItemShape<T>.Projection fields = ShapeOf(call).Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        JsonElement wanted = BodyFields.ItemOf(body, Noun);
        List<T> selected = Select(call);
        foreach (T item in selected) check(wanted, item);

        var changed = new List<T>(selected.Count);
        foreach (T item in selected)
        {
            (T? after, ApiError? error) = await changeAsync(wanted, item).ConfigureAwait(false);
            if (after is not null)
            {
                changed.Add(after);
                Note(call, AccountEventCode.Updated, item, after);
            }
            else
            {
                call.Errors.Add(error!.Value);
            }
        }
        if (afterwards is not null) await afterwards().ConfigureAwait(false);
        await call.WriteAsync(changed, fields.Write).ConfigureAwait(false);
    }

    /// <summary>Removes the items of the selector, and answers with the numbers of those removed.</summary>
    /// <param name="call">The request.</param>
    /// <param name="removeAsync">Removes one; null when it is done, else why it is not.</param>
    internal async Task RemoveAsync(ApiCall call, Func<T, ValueTask<string?>> removeAsync)
    {
        var removed = new List<T>();
        foreach (T item in Select(call))
        {
            if (await removeAsync(item).ConfigureAwait(false) is { } problem)
            {
                call.Errors.Add(new ApiError(ApiErrorCode.BadRequest, problem, IdOf(item)));
                continue;
            }
            removed.Add(item);
            Note(call, AccountEventCode.Deleted, item, null);
        }
        await WriteIdsAsync(call, removed).ConfigureAwait(false);
    }

    /// <summary>Answers with the numbers of items.</summary>
    internal Task WriteIdsAsync(ApiCall call, IReadOnlyList<T> items) => call.WriteAsync(items, (json, item) =>
    {
        json.WriteStartObject();
        json.WriteNumber("id", IdOf(item));
        json.WriteEndObject();
    });

    private void Note(ApiCall call, AccountEventCode code, T? before, T? after)
    {
        if (Journal is not { } kind || (after ?? before) is not { } item) return;
        ItemShape<T> shape = ShapeOf(call);
        call.Service<AccountJournal>().Note(CidOf(item), code, kind, IdOf(item), shape.WriterOf(before), shape.WriterOf(after));
    }

    /// <summary>The account that a new item goes to: the one the caller acts in, or the one that the body names if that is within it.</summary>
    internal static long CidOfNew(ApiCall call, long? named)
    {
        if (named is not { } cid) return call.Caller.AccountId;
        AccountDirectory accounts = call.Service<AccountDirectory>();
        return accounts.Find(cid) is not null && accounts.IsWithin(cid, call.Caller.AccountId) ? cid : throw ApiProblem.NotFound("account", cid);
    }
}
