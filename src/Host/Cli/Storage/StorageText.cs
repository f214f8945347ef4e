using System.Globalization;
using Gateway.Storage.Inspection;
using Gateway.Storage.Repair;
using Gateway.Storage.Rings;

namespace Gateway.Host.Cli;

/// <summary>What <c>gateway storage</c> prints for a person.</summary>
internal static class StorageText
{
    /// <summary>A line about the folder, a table of the channels, each damage with what to do.</summary>
    public static async Task WriteAsync(StorageReport report, RingReport? rings, TextWriter output)
    {
        await output.WriteLineAsync(Text($"{report.Folder}: format {report.FormatVersion}, {report.FileCount} files, {report.Bytes:N0} bytes, {report.JournalEntries:N0} entries in the journal")).ConfigureAwait(false);
        if (rings is not null)
            await output.WriteLineAsync(Text($"rings: {rings.Rings} in {rings.Files} files, {rings.Bytes:N0} bytes, {rings.Records:N0} records, {rings.GapCount:N0} places that can't be read")).ConfigureAwait(false);
        if (report.Channels.Count > 0)
        {
            await output.WriteLineAsync().ConfigureAwait(false);
            await output.WriteLineAsync(Row("channel", "messages", "bytes", "first key", "last key", "state")).ConfigureAwait(false);
            foreach (ChannelReport channel in report.Channels) await output.WriteLineAsync(RowOf(channel)).ConfigureAwait(false);
        }

        await output.WriteLineAsync().ConfigureAwait(false);
        foreach (StorageDamage damage in report.Damages)
        {
            await output.WriteLineAsync(PlaceOf(damage)).ConfigureAwait(false);
            await output.WriteLineAsync($"  {damage.Todo}").ConfigureAwait(false);
        }

        await output.WriteLineAsync(report.IsSound ? "nothing is damaged" : Text($"{report.Damages.Count} damaged")).ConfigureAwait(false);
    }

    /// <summary>What a repair does about each damage, and what is lost by it.</summary>
    public static async Task WriteAsync(IReadOnlyList<RepairStep> steps, string folder, TextWriter output)
    {
        await output.WriteLineAsync($"{folder}: what a repair does").ConfigureAwait(false);
        for (int i = 0; i < steps.Count; i++)
        {
            await output.WriteLineAsync().ConfigureAwait(false);
            await output.WriteLineAsync(Text($"{i + 1}. {PlaceOf(steps[i].Damage)}")).ConfigureAwait(false);
            await output.WriteLineAsync($"   {steps[i].Action ?? "nothing can be done"}").ConfigureAwait(false);
            foreach (MessageLoss loss in steps[i].Losses)
                await output.WriteLineAsync(Text($"   lost: channel {loss.ChannelId}, keys {loss.FromKey} to {loss.ToKey}, {loss.Count:N0} messages")).ConfigureAwait(false);
        }

        await output.WriteLineAsync().ConfigureAwait(false);
        MessageLoss[] losses = [.. steps.SelectMany(step => step.Losses)];
        await output.WriteLineAsync(losses.Length == 0
            ? "No message is lost that is known of."
            : Text($"{losses.Sum(loss => loss.Count):N0} messages of {losses.Select(loss => loss.ChannelId).Distinct().Count()} channels are lost.")).ConfigureAwait(false);
    }

    private static string PlaceOf(StorageDamage damage) =>
        Text($"{damage.File}, byte {damage.Offset}{(damage.ChannelId > 0 ? Text($", channel {damage.ChannelId}") : "")}: {damage.What}");

    private static string RowOf(ChannelReport channel)
    {
        string state = channel.IsDamaged ? "damaged" : "ok";
        if (channel.HoleCount > 0) state += Text($", {channel.HoleCount} {(channel.HoleCount == 1 ? "hole" : "holes")}");
        return Row(
            Text($"{channel.ChannelId}"), Text($"{channel.Messages:N0}"), Text($"{channel.Bytes:N0}"), channel.Messages == 0 ? "-" : Text($"{channel.FirstKey}"),
            channel.Messages == 0 ? "-" : Text($"{channel.LastKey}"), state);
    }

    private static string Row(string channel, string messages, string bytes, string first, string last, string state) => $"{channel,10} {messages,15} {bytes,18} {first,16} {last,16}  {state}";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
