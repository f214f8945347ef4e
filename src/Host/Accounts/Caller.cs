namespace Gateway.Host.Accounts;

/// <summary>Who makes a request: a valid token, and the account in whose name it acts.</summary>
/// <param name="Token">The token.</param>
/// <param name="AccountId">The token's account, or the one below it that the request names: new items go there, and others than it and those below it are absent.</param>
internal sealed record Caller(Token Token, long AccountId)
{
    /// <summary>Whether it may do what concerns the gateway as a whole.</summary>
    internal bool IsOperator => Token is { Cid: AccountDirectory.RootId, Access.Kind: TokenKind.Master };
}
