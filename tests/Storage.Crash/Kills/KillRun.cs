using System.Diagnostics;
using System.Globalization;

namespace Gateway.Storage.Crash.Kills;

/// <summary>One seed: a process that writes, is killed and is looked after, several times on one folder.</summary>
internal sealed class KillRun(int seed, string folder)
{
    private const int ChildSecondsMax = 60;

    private readonly Dictionary<(long Channel, long Writer), (long Next, long LastKey)> _acked = [];
    private readonly Dictionary<long, long> _deleteBegun = [];
    private readonly Dictionary<long, long> _deleteDone = [];
    private readonly Dictionary<long, long> _nextKey = [];

    /// <summary>Packets that were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Appends that were refused as full.</summary>
    public long Full { get; private set; }

    /// <summary>What runs this seed again.</summary>
    public static string ReplayCommand(int seed) => string.Create(CultureInfo.InvariantCulture, $"dotnet run -c Release --project tests/Storage.Crash -- kill --seed {seed}");

    /// <summary>Runs all rounds.</summary>
    /// <returns>What is wrong, or null.</returns>
    public async Task<string?> RunAsync()
    {
        for (int round = 0; round < KillPlan.Rounds; round++)
        {
            string? wrong = await LiveAsync(round);
            try
            {
                wrong ??= await CheckAsync(round);
            }
            catch (Exception e) when (e is DamagedLogException or IOException)
            {
                wrong = e.Message;
            }

            if (wrong is not null) return string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}: {wrong}\n  again: {ReplayCommand(seed)}");
        }

        return null;
    }

    private async Task<string?> LiveAsync(int round)
    {
        KillPlan plan = KillPlan.Of(seed, round);
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in new[] { typeof(KillRun).Assembly.Location, "kill-child", folder, $"{seed}", $"{round}" }) start.ArgumentList.Add(word);
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        using var limit = new Timer(_ => child.Kill(), null, TimeSpan.FromSeconds(ChildSecondsMax), Timeout.InfiniteTimeSpan);
        Task kill = Task.CompletedTask;
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            Take(line);
            if (plan.KillAtCall == 0 && kill.IsCompleted) kill = Task.Run(async () =>
            {
                await Task.Delay(plan.LiveMs);      // from its first word on: the start of the runtime is not what is tested
                child.Kill();
            });
        }

        await kill;
        await child.WaitForExitAsync();
        return await errors is { Length: > 0 } text ? $"the writer said: {text}" : null;
    }

    private void Take(string line)
    {
        string[] words = line.Split(' ');
        // The kill may cut the last line: a number that lost its end must not count.
        if ((words[0], words.Length) is not (("a", 5) or ("b", 3) or ("d", 3) or ("f", 2))) return;
        long[] numbers = [.. words[1..].Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
        switch (words[0])
        {
            case "a":
                _acked[(numbers[0], numbers[1])] = (numbers[2], numbers[3]);
                Acknowledged++;
                break;
            case "b":
                _deleteBegun[numbers[0]] = Math.Max(_deleteBegun.GetValueOrDefault(numbers[0]), numbers[1]);
                break;
            case "d":
                _deleteDone[numbers[0]] = Math.Max(_deleteDone.GetValueOrDefault(numbers[0]), numbers[1]);
                break;
            default:
                Full++;
                break;
        }
    }

    private async Task<string?> CheckAsync(int round)
    {
        await using var store = new MessageStore(KillPlan.Of(seed, round).Options(folder));
        foreach (long channel in store.ChannelIds)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), CancellationToken.None);
            if (await CheckAsync(log) is { } wrong) return $"channel {channel}: {wrong}";
        }

        long missing = _acked.Keys.Select(who => who.Channel).Except(store.ChannelIds).FirstOrDefault();
        return missing == 0 ? null : $"channel {missing} is gone";
    }

    private async Task<string?> CheckAsync(IMessageLog log)
    {
        var last = new Dictionary<long, long>();
        var page = new MessagePage();
        long head = log.State.HeadKey;
        for (long key = 0; ; key = page.NextKey)
        {
            await log.ReadAsync(key, 10_000, 1 << 20, page, CancellationToken.None);
            if (page.Count == 0) break;
            for (int i = 0; i < page.Count; i++)
            {
                if (!KillMessage.TryRead(page.Payload(i), log.ChannelId, out long writer, out long number)) return $"message {page.Key(i)} is not what was written";
                if (last.TryGetValue(writer, out long before) && number != before + 1 && (number % KillMessage.NumbersPerRound != 0 || number <= before))
                    return $"writer {writer}: {number} follows {before}";
                last[writer] = number;
            }
        }

        if (head < _deleteDone.GetValueOrDefault(log.ChannelId)) return $"it begins with {head}, deleted below {_deleteDone[log.ChannelId]}";
        if (head > Math.Max(_deleteBegun.GetValueOrDefault(log.ChannelId), 1)) return $"it begins with {head}, nobody deleted beyond {_deleteBegun.GetValueOrDefault(log.ChannelId)}";
        if (log.State.NextKey < _nextKey.GetValueOrDefault(log.ChannelId)) return $"its next key is {log.State.NextKey}, it was {_nextKey[log.ChannelId]}";
        _nextKey[log.ChannelId] = log.State.NextKey;
        foreach (((long channel, long writer), (long next, long lastKey)) in _acked)
        {
            if (channel != log.ChannelId || lastKey < head) continue;
            if (last.GetValueOrDefault(writer, -1) + 1 < next) return $"writer {writer}: ends with {last.GetValueOrDefault(writer, -1)}, acknowledged below {next}";
        }

        return null;
    }
}
