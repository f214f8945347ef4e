namespace Gateway.Host.Api;

/// <summary>Says whether a token opens the API. Implemented where accounts live.</summary>
public interface ITokenValidator
{
    /// <summary>Compares in constant time; wrong tokens are false, never exceptions.</summary>
    /// <param name="token">The bare key, without the prefix <c>FlespiToken</c>; empty when the request has none.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    ValueTask<bool> IsValidAsync(string token, CancellationToken cancellationToken);
}
