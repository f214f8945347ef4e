using System.Text.Json;

namespace Gateway.Host.Devices;

/// <summary>A device's <c>configuration</c>, checked.</summary>
/// <param name="Ident">What the device calls itself; null for a device without a type.</param>
internal readonly record struct DeviceConfiguration(string? Ident)
{
    private const int TextLengthMax = 64;

    /// <summary>What may be in a configuration: name, JSON type, meaning.</summary>
    internal static IReadOnlyList<(string Name, string Description)> Fields { get; } =
    [
        ("ident", IdentRule.Description),
        ("phone", "Number of the SIM card; kept, since this gateway sends no text messages."),
        ("settings_polling", "When settings are read from the device; kept, since this gateway reads none."),
    ];

    /// <summary>Reads a configuration.</summary>
    /// <param name="json">A JSON object.</param>
    /// <param name="hasType">Whether the device has a type: then it needs an ident, else it has no configuration.</param>
    /// <param name="problem">What is wrong; empty when nothing is.</param>
    internal static DeviceConfiguration Read(string json, bool hasType, out string problem)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        string? ident = null;
        problem = "";
        foreach (JsonProperty field in document.RootElement.EnumerateObject())
        {
            if (!hasType) problem = "The device configuration cannot be stored without a device type: give device_type_id.";
            else if (!Fields.Any(known => known.Name == field.Name)) problem = $"configuration.{field.Name} is not a setting of a device; valid names: {string.Join(", ", Fields.Select(known => known.Name))}.";
            else if (field.Value.ValueKind is not JsonValueKind.String) problem = $"configuration.{field.Name} must be a string, not {field.Value.ValueKind}.";
            else if (field.Name == "ident") problem = IdentRule.ProblemOf(ident = field.Value.GetString()!.Trim()) ?? "";
            else if (field.Value.GetString()!.Length > TextLengthMax) problem = $"configuration.{field.Name} may have at most {TextLengthMax} characters.";
            if (problem.Length > 0) return default;
        }
        if (hasType && ident is null) problem = $"configuration.ident is needed. {IdentRule.Description}";
        return new DeviceConfiguration(ident);
    }
}
