using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gateway.Host.Cli.Demo;

/// <summary>Shows the messages of a demonstration: a table that redraws itself on a screen, a line per message elsewhere.</summary>
internal sealed class DemoView(IReadOnlyList<DemoFeed> feeds, Terminal terminal)
{
    private const int LastMessagesMax = 12;
    private const string ClearScreen = "\e[2J";
    private const string Home = "\e[H";
    private const string ClearLine = "\e[K";
    private const string ClearBelow = "\e[J";
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReadTimeForAnnouncement = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Queue<string> _last = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Dictionary<DemoFeed, (long Messages, long At)> _before = [];

    /// <summary>Takes a message.</summary>
    public void Show(DemoFeed feed, string json)
    {
        string line = $"{feed.Channel.Codec.Info.Name,-10} {json}";
        lock (_gate)
        {
            if (!terminal.IsInteractive)
            {
                terminal.Output.WriteLine(line);
                return;
            }
            _last.Enqueue(line);
            if (_last.Count > LastMessagesMax) _last.Dequeue();
        }
    }

    /// <summary>Redraws until stopped, when there is a screen.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (!terminal.IsInteractive) return;
        // The announcement holds the token: it stays readable for a moment, and on the screen above the table.
        await Task.Delay(ReadTimeForAnnouncement, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await terminal.Output.WriteAsync(ClearScreen).ConfigureAwait(false);
        while (!stopping.IsCancellationRequested)
        {
            await terminal.Output.WriteAsync(Draw()).ConfigureAwait(false);
            await Task.Delay(RedrawInterval, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One line per channel and one for all.</summary>
    public async Task SummarizeAsync()
    {
        foreach (DemoFeed feed in feeds)
            await terminal.Output.WriteLineAsync($"{feed.Channel.Codec.Info.Name,-10} {SimulateCommand.Report(feed.Devices)}").ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        long messages = feeds.Sum(feed => feed.Messages);
        await terminal.Output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{messages} messages on {feeds.Count} channels in {seconds:F1} s, {messages / seconds:F1} per second")).ConfigureAwait(false);
    }

    private string Draw()
    {
        int width = Width();
        StringBuilder screen = new(Home);
        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        Line($"gateway {CommandLine.Version} demo, {seconds:F0} s - Ctrl-C ends it");
        Line($"");
        Line($"{"CHANNEL",7} {"PROTOCOL",-12} {"PORT",5} {"DEVICES",7} {"MESSAGES",9} {"PER SECOND",10} {"REPLY MS",8}");
        long total = 0;
        double rates = 0;
        foreach (DemoFeed feed in feeds)
        {
            double rate = RateOf(feed);
            total += feed.Messages;
            rates += rate;
            Line($"{feed.Channel.Id,7} {feed.Channel.Codec.Info.Name,-12} {feed.Channel.Definition.Port,5} {feed.Devices.Connected,7} {feed.Messages,9} {rate,10:F1} {feed.Devices.LatencyMeanMs,8:F1}");
        }
        Line($"{"",7} {"all",-12} {"",5} {feeds.Sum(feed => feed.Devices.Connected),7} {total,9} {rates,10:F1}");
        Line($"");
        string[] last;
        lock (_gate) last = [.. _last];
        foreach (string line in last) Write(line);
        return screen.Append(ClearBelow).ToString();

        void Line(FormattableString text) => Write(text.ToString(CultureInfo.InvariantCulture));
        void Write(string text) => screen.Append(text.Length > width ? text[..width] : text).Append(ClearLine).Append('\n');
    }

    private double RateOf(DemoFeed feed)
    {
        long now = Stopwatch.GetTimestamp();
        (long messages, long at) = _before.TryGetValue(feed, out (long Messages, long At) before) ? before : (0, _started);
        double seconds = Stopwatch.GetElapsedTime(at, now).TotalSeconds;
        // A rate over a few redraws is calmer to look at.
        if (seconds > 2) _before[feed] = (feed.Messages, now);
        return seconds <= 0 ? 0 : (feed.Messages - messages) / seconds;
    }

    private static int Width()
    {
        const int Otherwise = 120;
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : Otherwise;
        }
        catch (IOException)
        {
            return Otherwise;
        }
    }
}
