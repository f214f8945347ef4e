using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Perf.Shared;

/// <summary>One measured subject beside its reference, both of the same run.</summary>
/// <param name="Name">Stable name; a baseline is found by it.</param>
/// <param name="Kind">Decides the margin.</param>
/// <param name="TimeNs">Time per message (micro) or per packet (whole gateway), ns.</param>
/// <param name="ReferenceNs">The same for the reference.</param>
/// <param name="AllocatedBytes">Managed bytes per message; null where it is not measured.</param>
public sealed record Measurement(string Name, MeasurementKind Kind, double TimeNs, double ReferenceNs, long? AllocatedBytes)
{
    /// <summary>Greatest ratio aimed at; null when there is no goal.</summary>
    public double? RatioGoal { get; init; }

    /// <summary>Greatest time aimed at on the machine that the goals were set for, ns; null when there is no goal.</summary>
    public double? TimeGoalNs { get; init; }

    /// <summary>Time divided by the reference's time: what is compared, since the machine's speed cancels.</summary>
    [JsonIgnore]
    public double Ratio => TimeNs / ReferenceNs;
}

/// <summary>What kind of subject a measurement is of.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MeasurementKind>))]
public enum MeasurementKind
{
    /// <summary>A benchmark within one process.</summary>
    Micro,
    /// <summary>A benchmark within one process that waits for the disk.</summary>
    Disk,
    /// <summary>The gateway in a process of its own, over sockets.</summary>
    Whole,
}

/// <summary>The measurements of one run and the machine they were taken on.</summary>
/// <param name="Machine">For people; nothing is computed from it.</param>
/// <param name="Rows">The measurements.</param>
public sealed record MeasurementFile(string Machine, IReadOnlyList<Measurement> Rows)
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Processor, cores and runtime of this machine.</summary>
    public static string ThisMachine
    {
        get
        {
            string? processor = File.Exists("/proc/cpuinfo")
                ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[^1].Trim()
                : null;
            return $"{processor ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">The file holds no measurements.</exception>
    public static MeasurementFile Read(string path) =>
        JsonSerializer.Deserialize<MeasurementFile>(File.ReadAllText(path), s_options) ?? throw new InvalidDataException($"{path} holds no measurements.");

    /// <summary>Writes a file, and its folder where it is missing.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, s_options) + "\n");
    }
}
