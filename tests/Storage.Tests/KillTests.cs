using System.Diagnostics;
using System.Globalization;

namespace Gateway.Storage.Tests;

public sealed class KillTests : StoreFixture
{
    private const int Rounds = 6;

    /// <summary>Promise: whatever was told to be stored when the process was killed is there once, in order, after any number of kills.</summary>
    [Fact]
    public async Task Killed_again_and_again_the_store_holds_every_acknowledged_message_once_and_in_order()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var acked = new Dictionary<(long Channel, long Writer), long>();
        for (int round = 0; round < Rounds; round++)
        {
            await WriteAndKillAsync(random.Next(50, 1_800), acked);
            await CheckAsync(acked, $"seed {seed}, round {round}");
        }

        Assert.True(acked.Values.Sum() > 1_000, "the writers wrote");
    }

    private async Task WriteAndKillAsync(int liveMs, Dictionary<(long Channel, long Writer), long> acked)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in new[] { Path.Combine(AppContext.BaseDirectory, "Storage.Crash.dll"), "write", Options.Folder, "3", "4" }) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(None);
        string? line = await process.StandardOutput.ReadLineAsync(None);
        Assert.True(line == "ready", line + await IfExited(process, errors));
        Task kill = Task.Run(async () =>
        {
            await Task.Delay(liveMs, None);
            process.Kill();     // SIGKILL
        }, None);
        while ((line = await process.StandardOutput.ReadLineAsync(None)) is not null)
        {
            long[] numbers = [.. line.Split(' ').Select(word => long.TryParse(word, CultureInfo.InvariantCulture, out long number) ? number : -1)];
            if (numbers.Length == 3 && !numbers.Contains(-1)) acked[(numbers[0], numbers[1])] = Math.Max(acked.GetValueOrDefault((numbers[0], numbers[1])), numbers[2]);
        }

        await kill;
        await process.WaitForExitAsync(None);
        Assert.Equal("", await errors);
    }

    private static async Task<string> IfExited(Process process, Task<string> errors) => process.HasExited ? await errors : "";

    private async Task CheckAsync(Dictionary<(long Channel, long Writer), long> acked, string where)
    {
        await using MessageStore store = Open();
        for (int channel = 1; channel <= 3; channel++)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
            var next = new long[4];
            var page = new MessagePage();
            for (long key = 0; ; key = page.NextKey)
            {
                await log.ReadAsync(key, 10_000, 1 << 20, page, None);
                if (page.Count == 0) break;
                for (int i = 0; i < page.Count; i++)
                {
                    long writer = NumberOf(page.Payload(i)), number = NumberOf(page.Payload(i)[8..]);
                    Assert.True(next[writer] == number, $"{where}: channel {channel}, writer {writer}: {number} where {next[writer]} belongs");
                    next[writer]++;
                }
            }

            foreach (long count in next) Assert.True(count % 3 == 0, $"{where}: a packet is there in part");
            foreach (((long Channel, long Writer) who, long count) in acked)
                if (who.Channel == channel) Assert.True(next[who.Writer] >= count, $"{where}: {who}: {next[who.Writer]} of {count} acknowledged");
        }
    }
}
