using System.Text.Json;
using Gateway.Host.Cli;

namespace Gateway.Host.Configuration;

/// <summary>Puts <see cref="GatewayOptions"/> together: command line over environment over file over defaults.</summary>
internal static class SettingsReader
{
    /// <summary>File that is read when none is named and it is there.</summary>
    public const string DefaultFile = "gateway.json";

    private const string FileSetting = "config";
    private const int FileBytesMax = 1024 * 1024;

    /// <summary>Names of the options that <c>gateway run</c> takes for settings.</summary>
    public static string[] OptionNames { get; } = [.. Setting.All.Select(s => s.Name), FileSetting];

    /// <summary>Name of a setting's environment variable.</summary>
    public static string EnvironmentNameOf(string name) => Setting.All.First(setting => setting.Name == name).EnvironmentName;

    /// <summary>Reads all settings.</summary>
    /// <param name="option">Value of an option of the command line, or null.</param>
    /// <param name="environment">Value of an environment variable, or null. Variables that are no settings are never looked at: others use the prefix too.</param>
    /// <exception cref="UsageException">A value is not acceptable, or the file has something that is no setting; says where it comes from, never what a token is.</exception>
    public static GatewayOptions Read(Func<string, string?> option, Func<string, string?> environment)
    {
        string? named = option(FileSetting) ?? NullIfEmpty(environment("GATEWAY_CONFIG"));
        Dictionary<string, string> file = named is not null || File.Exists(DefaultFile) ? ReadFile(named ?? DefaultFile) : [];

        GatewayOptions options = new();
        bool tokenIsSet = false;
        foreach (Setting setting in Setting.All)
        {
            (string? value, string origin) =
                option(setting.Name) is { } given ? (given, $"--{setting.Name}")
                : NullIfEmpty(environment(setting.EnvironmentName)) is { } variable ? (variable, setting.EnvironmentName)
                : file.TryGetValue(setting.Name, out string? written) ? (written, $"{named ?? DefaultFile}: {setting.Name}")
                : (null, "");
            if (value is null) continue;

            // A token of the command line must not lose against a token file that the environment names.
            if (setting.Name is "token-file" && tokenIsSet) continue;
            options = setting.Apply(options, value)
                ?? throw new UsageException($"{origin} must be {setting.Expected}{(setting.Name is "token" ? "" : $", not '{value}'")}.");
            tokenIsSet |= setting.Name is "token";
        }
        return options;
    }

    /// <summary>Reads a JSON object whose members are settings; comments and trailing commas are fine.</summary>
    private static Dictionary<string, string> ReadFile(string path)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        try
        {
            if (new FileInfo(path).Length > FileBytesMax) throw new UsageException($"{path} is larger than {FileBytesMax} bytes.");
            JsonDocumentOptions lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 4 };
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), lenient);
            if (document.RootElement.ValueKind is not JsonValueKind.Object) throw new UsageException($"{path} must hold a JSON object.");

            foreach (JsonProperty member in document.RootElement.EnumerateObject())
            {
                string[] names = [.. Setting.All.Select(s => s.Name)];
                if (!names.Contains(member.Name)) throw new UsageException($"{path}: there is no setting '{member.Name}'{Nearest.Suggest(member.Name, names)}");
                values[member.Name] = member.Value.ValueKind switch
                {
                    JsonValueKind.String => member.Value.GetString()!,
                    JsonValueKind.Number => member.Value.GetRawText(),
                    _ => throw new UsageException($"{path}: {member.Name} must be a string or a number."),
                };
            }
            return values;
        }
        catch (JsonException wrong)
        {
            throw new UsageException($"{path}({wrong.LineNumber + 1},{wrong.BytePositionInLine + 1}): not JSON: {wrong.Message.ReplaceLineEndings(" ")}", wrong);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"can't read {path}: {unreadable.Message}", unreadable);
        }
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
