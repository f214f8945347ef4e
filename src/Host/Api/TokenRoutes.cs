using System.Text.Json;
using Gateway.Host.Accounts;

namespace Gateway.Host.Api;

/// <summary><c>/platform/tokens</c>: keys to the gateway. A key is shown in the answer to its POST and never again: only its hash is kept.</summary>
internal static class TokenRoutes
{
    private static readonly string[] s_settable = ["info", "enabled", "ttl", "expire", "access", "metadata", "cid"];

    private static readonly ItemShape<TokenView> s_shape = Shape(showsKey: false);
    private static readonly ItemShape<TokenView> s_shapeWithKey = Shape(showsKey: true);

    internal static ItemKind<TokenView> Kind { get; } = new(
        "token", "platform/tokens", call => call.Service<AccessTokens>().All.Select(token => ViewOf(call, token)),
        (call, id) => call.Service<AccessTokens>().Find(id) is { } token ? ViewOf(call, token) : null, view => view.Token.Id, view => view.Token.Cid, _ => s_shape)
    {
        Journal = AccountItem.Token,
    };

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/platform/tokens", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "Creates tokens; each key is shown in this answer and never again."),
        new("GET", "/platform/tokens/{sel}", RouteInputs.Fields, Kind.ReadAsync, "Shows tokens, without their keys."),
        new("PUT", "/platform/tokens/{sel}", RouteInputs.Fields | RouteInputs.Body, ChangeAsync, "Changes tokens; the change holds for the next request."),
        new("DELETE", "/platform/tokens/{sel}", RouteInputs.None, RemoveAsync, "Removes tokens; from then on they open nothing."),
        new("POST", "/platform/customer/tokens", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "The name until 2023.") { IsAlias = true },
        new("GET", "/platform/customer/tokens/{sel}", RouteInputs.Fields, Kind.ReadAsync, "The name until 2023.") { IsAlias = true },
        new("PUT", "/platform/customer/tokens/{sel}", RouteInputs.Fields | RouteInputs.Body, ChangeAsync, "The name until 2023.") { IsAlias = true },
        new("DELETE", "/platform/customer/tokens/{sel}", RouteInputs.None, RemoveAsync, "The name until 2023.") { IsAlias = true },
    ];

    /// <summary>A token as the caller of <c>/auth/info</c> sees it.</summary>
    internal static Task WriteInfoAsync(ApiCall call) => call.WriteAsync([ViewOf(call, call.Caller.Token)], s_shape.Choose(null).Write);

    private static ItemShape<TokenView> Shape(bool showsKey) => new(
        new("id", true, (json, view) => json.WriteNumberValue(view.Token.Id)),
        new("key", showsKey, (json, view) => json.WriteStringValue(view.Key)),
        new("cid", true, (json, view) => json.WriteNumberValue(view.Token.Cid)),
        new("info", true, (json, view) => json.WriteStringValue(view.Token.Info)),
        new("enabled", true, (json, view) => json.WriteBooleanValue(view.Token.Enabled)),
        new("ttl", true, (json, view) => json.WriteNumberValue(view.Token.Ttl)),
        new("expire", true, (json, view) => json.WriteNumberValue(view.Token.Expire)),
        new("created", true, (json, view) => json.WriteNumberValue(view.Token.Created)),
        new("accessed", true, (json, view) => json.WriteNumberValue(view.Accessed)),
        new("access", true, (json, view) => view.Token.Access.Write(json)),
        new("metadata", false, (json, view) => json.WriteRawValue(view.Token.MetadataJson)));

    private static TokenView ViewOf(ApiCall call, Token token) => new(token, call.Service<AccessTokens>().AccessedOf(token), null);

    private static Task CreateAsync(ApiCall call)
    {
        AccessTokens tokens = call.Service<AccessTokens>();
        LimitDirectory limits = call.Service<LimitDirectory>();
        var empty = new Token { Id = 0, Cid = call.Caller.AccountId, Access = TokenAccess.Standard, Hash = default };
        return Kind.CreateAsync(
            call, s_shapeWithKey, item => Read(item, empty, cid => ItemKind<TokenView>.CidOfNew(call, cid)),
            async draft =>
            {
                call.Http.Response.Headers.CacheControl = "no-store";
                (Token? token, string key, string? problem) = await tokens.CreateAsync(
                    draft, () => limits.ProblemOf(draft.Cid, LimitName.TokensCount, id => tokens.CountBelow(id)), CancellationToken.None).ConfigureAwait(false);
                return (token is null ? null : new TokenView(token, 0, key), problem);
            });
    }

    private static Task ChangeAsync(ApiCall call)
    {
        return Kind.ChangeAsync(
            call, (item, view) => Change(item, view.Token),
            async (item, view) =>
            {
                (Token? token, string? problem) = await call.Service<AccessTokens>().UpdateAsync(view.Token.Id, before => Change(item, before), CancellationToken.None).ConfigureAwait(false);
                return token is null ? (null, new ApiError(ApiErrorCode.BadRequest, problem!, view.Token.Id)) : (ViewOf(call, token), null);
            });

        static Token Change(JsonElement item, Token token) => Read(item, token, cid => cid == token.Cid ? cid : throw ApiProblem.BadRequest("cid of a token can't be changed."));
    }

    private static Task RemoveAsync(ApiCall call) => Kind.RemoveAsync(call, view => call.Service<AccessTokens>().RemoveAsync(view.Token.Id, CancellationToken.None));

    private static Token Read(JsonElement item, Token token, Func<long, long> checkCid)
    {
        foreach (JsonProperty field in item.EnumerateObject())
        {
            token = field.Name switch
            {
                "info" => token with { Info = field.Text(Token.InfoLengthMax) },
                "enabled" => token with { Enabled = field.Flag() },
                "ttl" => token with { Ttl = field.Integer(0, Token.TtlMax) },
                "expire" => token with { Expire = field.Integer(0, Token.ExpireMax) },
                "access" when token.IsStart => throw ApiProblem.BadRequest("The start token is a master token; make another one for anything else."),
                "access" => token with { Access = TokenAccess.TryRead(field.Value, out string problem) ?? throw ApiProblem.BadRequest(problem) },
                "metadata" => token with { MetadataJson = field.ObjectText(Account.MetadataLengthMax) },
                "cid" => token with { Cid = checkCid(field.Integer(0, long.MaxValue)) },
                _ => throw field.Unknown("token", s_settable),
            };
        }
        return token.IsStart || token.Ttl > 0 || token.Expire > 0 ? token : throw ApiProblem.BadRequest("A token must end: give ttl (seconds since its last use), or expire (time, s since 1970), or both.");
    }
}

/// <summary>A token as the API shows it.</summary>
/// <param name="Token">The token.</param>
/// <param name="Accessed">Its last use, s since 1970, 0 for none.</param>
/// <param name="Key">Its key, only in the answer that makes it.</param>
internal sealed record TokenView(Token Token, long Accessed, string? Key);
