using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Host.Api;
using Gateway.Host.Configuration;

namespace Gateway.Host.Accounts;

/// <summary>Who may use the gateway: keys are kept as hashes in the configuration store and compared in constant time.</summary>
/// <remarks>Any number of threads once opened; before that nobody gets in. A configured key is the only one that counts, and is not written to disk.</remarks>
internal sealed class AccessTokens(IConfigurationStore store) : ITokenValidator
{
    private const string Kind = "token";

    private Entry[] _entries = [];
    private Entry? _unkept;

    /// <summary>Reads the stored tokens; makes the first one when there is none and none is configured.</summary>
    /// <param name="configured">The key from the command line, environment or file, null for none.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>The key that was made, null when none was. It can't be read again: show it once, after <see cref="KeepAsync"/>.</returns>
    /// <exception cref="InvalidDataException">A stored token is damaged.</exception>
    public async ValueTask<string?> OpenAsync(string? configured, CancellationToken cancellationToken)
    {
        if (configured is not null)
        {
            _entries = [Entry.Of(1, "configured", configured)];
            return null;
        }

        IReadOnlyList<ConfigurationItem> items = await store.ListAsync(Kind, cancellationToken).ConfigureAwait(false);
        if (items.Count > 0)
        {
            _entries = [.. items.Select(Entry.Of)];
            return null;
        }

        string made = AccessToken.Make();
        _unkept = Entry.Of(await store.NextIdAsync(Kind, cancellationToken).ConfigureAwait(false), "first", made);
        _entries = [_unkept];
        return made;
    }

    /// <summary>Stores a token that was made. Apart from <see cref="OpenAsync"/>, so that a start that fails leaves no token whose key nobody has seen.</summary>
    public async ValueTask KeepAsync(CancellationToken cancellationToken)
    {
        if (_unkept is not { } token) return;
        await store.PutAsync(Kind, token.Id, token.ToJson(), expectedRevision: 0, cancellationToken).ConfigureAwait(false);
        _unkept = null;
    }

    /// <summary>Finds the token whose key a client shows.</summary>
    /// <param name="shown">The key, bare or as <c>FlespiToken KEY</c>.</param>
    /// <param name="token">The token, when true.</param>
    public bool TryFind(ReadOnlySpan<char> shown, out TokenInfo token)
    {
        token = default;
        ReadOnlySpan<char> key = AccessToken.Bare(shown);
        if (key.IsEmpty) return false;

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        AccessToken.Hash(key, hash);
        bool found = false;
        foreach (Entry entry in _entries)
        {
            if (!CryptographicOperations.FixedTimeEquals(entry.Hash, hash)) continue;
            token = new TokenInfo(entry.Id, entry.Name);
            found = true;
        }
        return found;
    }

    /// <inheritdoc />
    public ValueTask<bool> IsValidAsync(string token, CancellationToken cancellationToken) => ValueTask.FromResult(TryFind(token, out _));

    private sealed record Entry(long Id, string Name, byte[] Hash)
    {
        public static Entry Of(long id, string name, string key)
        {
            byte[] hash = new byte[SHA256.HashSizeInBytes];
            AccessToken.Hash(key, hash);
            return new Entry(id, name, hash);
        }

        public static Entry Of(ConfigurationItem item)
        {
            try
            {
                StoredToken stored = JsonSerializer.Deserialize(item.Json, TokenJson.Default.StoredToken)!;
                byte[] hash = Convert.FromHexString(stored.Sha256);
                if (hash.Length == SHA256.HashSizeInBytes) return new Entry(item.Id, stored.Name, hash);
            }
            catch (Exception damage) when (damage is JsonException or FormatException)
            {
                throw new InvalidDataException($"stored token {item.Id} is damaged: {damage.Message.ReplaceLineEndings(" ")}", damage);
            }
            throw new InvalidDataException($"stored token {item.Id} is damaged: its hash must have {SHA256.HashSizeInBytes} bytes.");
        }

        public string ToJson() => JsonSerializer.Serialize(new StoredToken(Name, Convert.ToHexStringLower(Hash)), TokenJson.Default.StoredToken);
    }
}

/// <summary>A token, without its key.</summary>
/// <param name="Id">Number of the token.</param>
/// <param name="Name">What it is for.</param>
internal readonly record struct TokenInfo(long Id, string Name);

/// <summary>A token as it is stored.</summary>
internal sealed record StoredToken(string Name, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoredToken))]
internal sealed partial class TokenJson : JsonSerializerContext;
