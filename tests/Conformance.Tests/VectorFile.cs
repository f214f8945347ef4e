using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Conformance.Tests;

/// <summary>One recorded frame: bytes in, and what was read from them and answered. See the README of the vectors.</summary>
/// <param name="Id">Unique name of the frame in the vectors.</param>
/// <param name="Session">Frames of one session share a connection.</param>
/// <param name="Transport"><c>tcp</c>, <c>udp</c> or <c>http</c>.</param>
/// <param name="Wire">Bytes on the connection; null when only the frame itself is known.</param>
/// <param name="WireBefore">Bytes that go ahead on the connection.</param>
/// <param name="Frame">The frame as it is after framing; null where it has no bytes (HTTP).</param>
/// <param name="Positions">Expected positions.</param>
/// <param name="Response">Expected answer; null for none.</param>
/// <param name="Config">Settings that the decoder has from this frame on.</param>
/// <param name="ClockUs">The clock that the named outputs are for, µs since 1970, or null.</param>
/// <param name="ClockDependent">Names of the outputs that depend on the clock.</param>
/// <param name="NamesDevice">The frame says which device sends.</param>
internal sealed record VectorFrame(
    string Id, string Session, string Transport, byte[]? Wire, byte[]? WireBefore, byte[]? Frame,
    IReadOnlyList<JsonElement> Positions, byte[]? Response, JsonElement? Config, long? ClockUs, IReadOnlyList<string> ClockDependent, bool NamesDevice)
{
    /// <summary>Eight hex digits that stand for the frame's bytes, so that a list can name a frame without repeating it.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Wire ?? Frame ?? []))[..8];
}

/// <summary>Reads the recorded frames of a protocol.</summary>
internal static class VectorFile
{
    /// <summary>The folder of the decode vectors, or null where this machine has none.</summary>
    public static string? Folder
    {
        get
        {
            string folder = Path.Combine(Repository.Root, "..", "shared", "vectors", "decode");
            return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
        }
    }

    /// <summary>Sessions of a file in the order of the file.</summary>
    public static IReadOnlyList<IReadOnlyList<VectorFrame>> Sessions(string path)
    {
        var sessions = new List<List<VectorFrame>>();
        foreach (string line in File.ReadLines(path))
        {
            if (line.Length == 0) continue;
            VectorFrame frame = Parse(JsonDocument.Parse(line).RootElement);
            List<VectorFrame>? session = sessions.Find(s => s[0].Session == frame.Session);
            if (session is null) sessions.Add(session = []);
            session.Add(frame);
        }
        return sessions;
    }

    private static VectorFrame Parse(JsonElement row)
    {
        string kind = Text(row, "kind") ?? "";
        string frame = Text(row, "frame") ?? "";
        byte[]? frameBytes = kind switch
        {
            "http" => null,
            "text" => frame.Any(c => c > 255) ? Encoding.UTF8.GetBytes(frame) : Encoding.Latin1.GetBytes(frame),
            _ => Convert.FromHexString(frame),
        };
        // Where the framing itself answers, all bytes that were written are in wireResponse.
        string? response = Text(row, "wireResponse") ?? Text(row, "response");
        return new VectorFrame(
            Text(row, "id") ?? "", Text(row, "session") ?? "", Text(row, "transport") ?? "tcp",
            Hex(Text(row, "wire")), Hex(Text(row, "wireBefore")), frameBytes,
            row.TryGetProperty("positions", out JsonElement positions) ? [.. positions.EnumerateArray()] : [],
            Hex(response),
            row.TryGetProperty("config", out JsonElement config) ? config : null,
            Text(row, "clock") is { } clock && TryToUs(clock, out long now) ? now : null,
            row.TryGetProperty("clockDependent", out JsonElement names) ? [.. names.EnumerateArray().Select(n => n.GetString() ?? "")] : [],
            row.TryGetProperty("idents", out JsonElement idents) && idents.GetArrayLength() > 0);
    }

    /// <summary>µs since 1970 of an ISO-8601 time; false for a text that is none.</summary>
    public static bool TryToUs(string iso, out long us)
    {
        bool isTime = DateTimeOffset.TryParse(iso, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time);
        us = isTime ? (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / 10 : 0;
        return isTime;
    }

    private static byte[]? Hex(string? hex) => hex is null ? null : Convert.FromHexString(hex);

    private static string? Text(JsonElement row, string name) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Where things are.</summary>
internal static class Repository
{
    /// <summary>The root of the repository, from the build.</summary>
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes(typeof(System.Reflection.AssemblyMetadataAttribute), false)
        .Cast<System.Reflection.AssemblyMetadataAttribute>()
        .First(a => a.Key == "RepositoryRoot").Value!;

    /// <summary>A file beside the repository that only some machines have, or null.</summary>
    public static string? Reference(string name)
    {
        string path = Path.Combine(Root, "..", "shared", "reference", name);
        return File.Exists(path) ? Path.GetFullPath(path) : null;
    }
}
