using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Host.Accounts;

/// <summary>Who may use the gateway: keys are kept as hashes in <c>tokens.json</c> of the data folder and compared in constant time.</summary>
/// <remarks>Any number of threads. A configured key is the only one that counts, and is not written to disk.</remarks>
internal sealed class AccessTokens
{
    /// <summary>Name of the file in the data folder, readable by its owner only.</summary>
    public const string FileName = "tokens.json";

    private const int FileBytesMax = 1024 * 1024;

    private readonly Entry[] _entries;

    private AccessTokens(Entry[] entries) => _entries = entries;

    /// <summary>Reads the data folder's tokens; makes the first one when there is none and none is configured.</summary>
    /// <param name="dataFolder">Exists and is writable.</param>
    /// <param name="configured">The key from the command line, environment or file, null for none.</param>
    /// <param name="made">The key that was made: show it once, it can't be read again. Null when none was made.</param>
    /// <exception cref="InvalidDataException">The file is damaged; the message names it.</exception>
    /// <exception cref="IOException">The file can't be read or written.</exception>
    public static AccessTokens Open(string dataFolder, string? configured, out string? made)
    {
        made = null;
        if (configured is not null) return new AccessTokens([Entry.Of(1, "configured", configured)]);

        string path = Path.Combine(dataFolder, FileName);
        if (File.Exists(path)) return new AccessTokens(Read(path));

        made = AccessToken.Make();
        Entry[] entries = [Entry.Of(1, "first", made)];
        Write(path, entries);
        return new AccessTokens(entries);
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

    private static Entry[] Read(string path)
    {
        if (new FileInfo(path).Length > FileBytesMax) throw new InvalidDataException($"{path} is larger than {FileBytesMax} bytes.");
        try
        {
            TokenFile? file = JsonSerializer.Deserialize(File.ReadAllBytes(path), TokenJson.Default.TokenFile);
            Entry[] entries = [.. (file?.Tokens ?? []).Select(t => new Entry(t.Id, t.Name, Convert.FromHexString(t.Sha256)))];
            if (entries.Length > 0 && entries.All(e => e.Hash.Length == SHA256.HashSizeInBytes)) return entries;
        }
        catch (Exception damage) when (damage is JsonException or FormatException)
        {
            throw new InvalidDataException($"{path} is damaged: {damage.Message.ReplaceLineEndings(" ")}", damage);
        }
        throw new InvalidDataException($"{path} holds no usable token; delete it to get a new one at the next start.");
    }

    /// <summary>Writes beside and renames, so that a crash leaves the old file or the new one.</summary>
    private static void Write(string path, Entry[] entries)
    {
        TokenFile file = new([.. entries.Select(e => new TokenFileEntry(e.Id, e.Name, Convert.ToHexStringLower(e.Hash)))]);
        string beside = path + ".new";
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (FileStream stream = new(beside, options))
        {
            JsonSerializer.Serialize(stream, file, TokenJson.Default.TokenFile);
            stream.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }

    private readonly record struct Entry(int Id, string Name, byte[] Hash)
    {
        public static Entry Of(int id, string name, string key)
        {
            byte[] hash = new byte[SHA256.HashSizeInBytes];
            AccessToken.Hash(key, hash);
            return new Entry(id, name, hash);
        }
    }
}

/// <summary>A token, without its key.</summary>
/// <param name="Id">Number of the token.</param>
/// <param name="Name">What it is for.</param>
internal readonly record struct TokenInfo(int Id, string Name);

/// <summary>Content of <see cref="AccessTokens.FileName"/>.</summary>
internal sealed record TokenFile(IReadOnlyList<TokenFileEntry> Tokens);

/// <summary>One token in the file.</summary>
internal sealed record TokenFileEntry(int Id, string Name, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(TokenFile))]
internal sealed partial class TokenJson : JsonSerializerContext;
