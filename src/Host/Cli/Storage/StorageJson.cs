using System.Text;
using System.Text.Json;
using Gateway.Storage.Inspection;
using Gateway.Storage.Rings;

namespace Gateway.Host.Cli;

/// <summary>What <c>gateway storage check --json</c> prints: one object.</summary>
internal static class StorageJson
{
    /// <summary>Writes a report.</summary>
    public static async Task WriteAsync(StorageReport report, RingReport? rings, TextWriter output)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("folder", report.Folder);
            json.WriteNumber("format", report.FormatVersion);
            json.WriteBoolean("sound", report.IsSound);
            json.WriteNumber("files", report.FileCount);
            json.WriteNumber("bytes", report.Bytes);
            json.WriteNumber("journal_entries", report.JournalEntries);
            json.WriteStartArray("channels");
            foreach (ChannelReport channel in report.Channels) Write(json, channel);
            json.WriteEndArray();
            json.WriteStartArray("damages");
            foreach (StorageDamage damage in report.Damages) Write(json, damage);
            json.WriteEndArray();
            if (rings is not null) Write(json, rings);
            json.WriteEndObject();
        }

        await output.WriteLineAsync(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length)).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter json, ChannelReport channel)
    {
        json.WriteStartObject();
        json.WriteNumber("id", channel.ChannelId);
        json.WriteNumber("messages", channel.Messages);
        json.WriteNumber("bytes", channel.Bytes);
        json.WriteNumber("first_key", channel.FirstKey);
        json.WriteNumber("last_key", channel.LastKey);
        json.WriteNumber("holes", channel.HoleCount);
        json.WriteNumber("log_version", channel.LogVersion);
        json.WriteString("state", channel.IsDamaged ? "damaged" : "ok");
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StorageDamage damage)
    {
        json.WriteStartObject();
        json.WriteString("file", damage.File);
        json.WriteNumber("byte", damage.Offset);
        if (damage.ChannelId > 0) json.WriteNumber("channel", damage.ChannelId);
        json.WriteString("what", damage.What);
        json.WriteString("todo", damage.Todo);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RingReport rings)
    {
        json.WriteStartObject("rings");
        json.WriteNumber("rings", rings.Rings);
        json.WriteNumber("files", rings.Files);
        json.WriteNumber("bytes", rings.Bytes);
        json.WriteNumber("records", rings.Records);
        json.WriteNumber("dropped", rings.Dropped);
        json.WriteNumber("gaps", rings.GapCount);
        json.WriteEndObject();
    }
}
