using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Gateway.Host.Api;

/// <summary>ETags of answers that stay the same for long: documents, protocols, parameters, meanings of codes. Weak ones, since the same answer may come compressed or not.</summary>
internal static class EntityTag
{
    /// <summary>The tag of a body.</summary>
    internal static EntityTagHeaderValue Of(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(hash[..16])}\"", isWeak: true);
    }

    /// <summary>Tells the client the tag of an answer, and whether it has that answer already: then the answer is HTTP 304 without a body.</summary>
    /// <returns>True when nothing is to be sent.</returns>
    internal static bool IsKnown(HttpContext http, EntityTagHeaderValue tag)
    {
        http.Response.Headers.ETag = tag.ToString();
        http.Response.Headers.CacheControl = "private, no-cache";
        bool isKnown = EntityTagHeaderValue.TryParseList(http.Request.Headers.IfNoneMatch, out IList<EntityTagHeaderValue>? known)
            && known.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: false));
        if (isKnown) http.Response.StatusCode = StatusCodes.Status304NotModified;
        return isKnown;
    }
}
