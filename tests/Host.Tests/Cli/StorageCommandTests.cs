using System.Text.Json;
using Gateway.Storage;
using Gateway.Storage.Rings;
using Xunit;

namespace Gateway.Host.Tests.Cli;

public sealed class StorageCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-storage-command-");

    private string Messages => Path.Combine(_folder.FullName, "messages");

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Check_of_a_sound_folder_prints_what_each_channel_holds_and_changes_nothing()
    {
        await FillAsync();
        Dictionary<string, byte[]> before = Snapshot();
        foreach (string folder in new[] { _folder.FullName, Messages })
        {
            Run run = await Run.Async("storage", "check", folder);
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Contains("nothing is damaged", run.Output, StringComparison.Ordinal);
            string[] row = run.Output.Split('\n').Single(line => line.TrimStart().StartsWith("7 ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(["7", "30", "1,320", "1", "30", "ok"], row);
        }

        Assert.Equal(before, Snapshot());
    }

    [Fact]
    public async Task Check_prints_one_json_object_when_asked()
    {
        await FillAsync();
        Run run = await Run.Async("storage", "check", "--json", _folder.FullName);
        Assert.Equal(0, run.ExitCode);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        Assert.True(report.RootElement.GetProperty("sound").GetBoolean());
        Assert.Equal(Messages, report.RootElement.GetProperty("folder").GetString());
        Assert.Equal(30, report.RootElement.GetProperty("channels")[0].GetProperty("messages").GetInt64());
        Assert.Equal(1, report.RootElement.GetProperty("rings").GetProperty("records").GetInt64());
        Assert.Equal(0, report.RootElement.GetProperty("damages").GetArrayLength());
    }

    [Fact]
    public async Task Damage_is_named_then_planned_then_repaired_and_each_step_only_when_it_was_asked_for()
    {
        await FillAsync();
        string log = Directory.GetFiles(Path.Combine(Messages, "channels", "7")).Single();
        byte[] bytes = await File.ReadAllBytesAsync(log, None);
        bytes[4096 + 64 + (44 * 9) + 30] ^= 1;      // in the tenth message
        await File.WriteAllBytesAsync(log, bytes, None);
        Dictionary<string, byte[]> before = Snapshot();

        Run check = await Run.Async("storage", "check", _folder.FullName);
        Assert.Equal(1, check.ExitCode);
        Assert.Contains($"{log}, byte {4096 + 64 + (44 * 9)}, channel 7: there is no right record", check.Output, StringComparison.Ordinal);
        Run plan = await Run.Async("storage", "repair", _folder.FullName);
        Assert.Equal(1, plan.ExitCode);
        Assert.Contains("lost: channel 7, keys 10 to 10, 1 messages", plan.Output, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", plan.Output, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot());

        Run repair = await Run.Async("storage", "repair", _folder.FullName, "--yes");
        Assert.Equal((0, ""), (repair.ExitCode, repair.Error));
        string kept = Directory.GetDirectories(Messages, "damaged-*").Single();
        Assert.Contains($"is kept in {kept}", repair.Output, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(kept, Path.GetRelativePath(Messages, log)), None));
        Assert.Equal(0, (await Run.Async("storage", "check", _folder.FullName)).ExitCode);
        Assert.Equal(0, (await Run.Async("storage", "repair", _folder.FullName)).ExitCode);
        await using var store = new MessageStore(new StoreOptions { Folder = Messages });
        Assert.Equal(29, (await store.OpenAsync(7, new LogOptions(), None)).State.Count);
    }

    [Fact]
    public async Task A_running_gateway_is_not_disturbed()
    {
        await FillAsync();
        await using var store = new MessageStore(new StoreOptions { Folder = Messages });
        foreach (string command in new[] { "check", "repair" })
        {
            Run run = await Run.Async("storage", command, _folder.FullName);
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.Contains("is in use: stop the gateway first", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("storage needs a command")]
    [InlineData("there is no command 'storage chek', did you mean 'check'?", "chek")]
    [InlineData("DIR is missing", "check")]
    [InlineData("there is no option --force", "repair", "x", "--force")]
    [InlineData("is neither a gateway's data folder nor", "check", "no-such-folder")]
    public async Task Wrong_usage_is_told_with_what_was_expected(string complaint, params string[] words)
    {
        Run run = await Run.Async(["storage", .. words]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
    }

    private async Task FillAsync()
    {
        await using (var store = new MessageStore(new StoreOptions { Folder = Messages }))
        {
            var packet = new Packet { ServerTimeUs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000 };
            packet.Use(new byte[600], [.. Enumerable.Range(1, 30).Select(i => i * 20)], 30);
            Assert.Equal(AppendStatus.Appended, (await (await store.OpenAsync(7, new LogOptions(), None)).AppendAsync(packet, None)).Status);
        }

        await using var rings = new RingStore(new RingStoreOptions { Folder = Path.Combine(_folder.FullName, "rings") });
        rings.Open(RingKind.Traffic, 7, new RingOptions { QuotaBytes = 1_000_000 }).TryAdd(new RingEntry(1, 0, 0, 1), [], [1, 2, 3]);
    }

    private Dictionary<string, byte[]> Snapshot() => Directory.GetFiles(_folder.FullName, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllBytes);
}
