using Gateway.Host.Api;

namespace Gateway.Host.Accounts;

/// <summary>The one place that decides who may do what: kind of token × access list × tree of accounts × item. REST and MQTT both ask here.</summary>
/// <remarks>
/// Three answers about an item: absent (another account's, or not on the access list: it reads as a number that does not exist), forbidden (it may be seen, but not this), allowed.
/// </remarks>
internal sealed class AccessPolicy(AccountDirectory accounts)
{
    /// <summary>Whether a request may be made at all, whatever its items.</summary>
    internal static bool MayCall(Caller caller, ApiRoute route) => route.Audience switch
    {
        RouteAudience.Everybody or RouteAudience.AnyToken => true,
        RouteAudience.Listed => caller.Token.Access.Kind is not TokenKind.Acl || IsListed(caller.Token.Access, route),
        RouteAudience.Unlisted => caller.Token.Access.Kind is not TokenKind.Acl,
        RouteAudience.Master => caller.Token.Access.Kind is TokenKind.Master,
        _ => caller.IsOperator,
    };

    /// <summary>Whether an item can be seen: it belongs to the caller's account or one below it, and is on the access list.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="collection">What it is, as access lists call it: <c>gw/channels</c>.</param>
    /// <param name="cid">The account whose it is.</param>
    /// <param name="id">Its number.</param>
    internal bool Sees(Caller caller, string collection, long cid, long id) =>
        accounts.IsWithin(cid, caller.AccountId) && (caller.Token.Access.Kind is not TokenKind.Acl || caller.Token.Access.Has(collection, id));

    /// <summary>Whether a request may be made on an item that can be seen.</summary>
    internal static bool MayUse(Caller caller, ApiRoute route, long id) =>
        route.Audience is not RouteAudience.Listed || caller.Token.Access.Kind is not TokenKind.Acl || caller.Token.Access.Gives(route.Method, route.Collection, route.Submodule, id);

    /// <summary>Whether part of an item may be read, items of accounts only by master tokens: for what reaches a client by other ways than REST.</summary>
    internal bool MayRead(Caller caller, string collection, string? submodule, long cid, long id) =>
        (caller.Token.Access.Kind is TokenKind.Master || !collection.StartsWith("platform/", StringComparison.Ordinal)) && MayDo(caller, "GET", collection, submodule, cid, id);

    /// <summary>Whether a method may be used on part of an item: for what reaches a client by other ways than the item's own route.</summary>
    internal bool MayDo(Caller caller, string method, string collection, string? submodule, long cid, long id) =>
        accounts.IsWithin(cid, caller.AccountId) && (caller.Token.Access.Kind is not TokenKind.Acl || caller.Token.Access.Gives(method, collection, submodule, id));

    /// <summary>Whether a client may publish to an MQTT topic. Those of the gateway itself are nobody's to publish.</summary>
    internal static bool MayPublish(Caller caller, string topic) =>
        !TopicFilter.IsReserved(topic) && (caller.Token.Access.Kind is not TokenKind.Acl || HasTopic(caller, topic, static entry => entry.MayPublish));

    /// <summary>
    /// Whether a client may subscribe to an MQTT filter, with or without <c>$share</c> and <c>$filter</c>. Filters below <c>flespi/</c> always may: of what they match,
    /// each client gets what <see cref="MayRead"/> gives it.
    /// </summary>
    internal static bool MaySubscribe(Caller caller, string filter)
    {
        ReadOnlySpan<char> plain = TopicFilter.Plain(filter);
        if (!TopicFilter.IsValid(plain)) return false;
        return TopicFilter.IsReserved(plain) || caller.Token.Access.Kind is not TokenKind.Acl || HasTopic(caller, plain, static entry => entry.MaySubscribe);
    }

    private static bool IsListed(TokenAccess access, ApiRoute route) =>
        route.MakesItems ? access.GivesAll(route.Method, route.Collection) : access.Gives(route.Method, route.Collection, route.Submodule);

    private static bool HasTopic(Caller caller, ReadOnlySpan<char> filter, Func<AccessEntry, bool> allows)
    {
        foreach (AccessEntry entry in caller.Token.Access.List)
            if (entry.Topic is { } topic && allows(entry) && TopicFilter.Covers(topic, filter)) return true;
        return false;
    }
}
