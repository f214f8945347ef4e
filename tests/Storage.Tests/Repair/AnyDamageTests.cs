using Gateway.Storage.Disk;
using Gateway.Storage.Inspection;
using Gateway.Storage.Repair;

namespace Gateway.Storage.Tests.Repair;

public sealed class AnyDamageTests : RepairFixture
{
    private const int Seeds = 30;

    /// <summary>Promise: whatever happens to a few files, the folder is sound and opens with everything, or a repair makes it so with everything but what it told: the rest of each channel is
    /// there once, in order and unchanged.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_happens_to_some_files_a_repair_keeps_all_but_what_it_tells(bool killed)
    {
        await MakeAsync(killed);
        int first = Number("GATEWAY_TEST_SEED", otherwise: 1), count = Number("GATEWAY_TEST_SEEDS", otherwise: Environment.GetEnvironmentVariable("GATEWAY_TEST_SEED") is null ? Seeds : 1);
        for (int seed = first; seed < first + count; seed++)
        {
            string folder = Path.Combine(Folder, $"damaged-{seed}");
            CopyFolder(Good, folder);
            string done = Damage(folder, new Random(seed));
            try
            {
                await RepairAndCheckAsync(folder);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Assert.Fail($"seed {seed}, {(killed ? "killed" : "stopped")}, {done}: {e}");
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Number(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out int given) ? given : otherwise;

    private async Task RepairAndCheckAsync(string folder)
    {
        StorageReport report = Inspect(folder);
        IReadOnlyList<RepairStep> steps = report.IsSound ? [] : await RepairAsync(folder);
        bool isUncertain = steps.Any(step => step.Action!.Contains("much higher keys", StringComparison.Ordinal));
        bool isRebuilt = steps.Any(step => step.Action!.Contains("come back", StringComparison.Ordinal));
        ILookup<long, MessageLoss> losses = steps.SelectMany(step => step.Losses).ToLookup(loss => loss.ChannelId);
        await using MessageStore store = Open(new FilesWithoutSync(), SmallFiles with { Folder = folder });
        for (int channel = 1; channel <= 4; channel++)
        {
            IMessageLog log = await store.OpenAsync(channel, new LogOptions(), None);
            List<(long Key, long Number)> all = await ReadAll(log);
            Assert.All(all, message => Assert.Equal(message.Number + 1, message.Key));
            Assert.Equal(all.Select(message => message.Key).Distinct().Order(), all.Select(message => message.Key));
            Assert.Equal(all.Count, log.State.Count);
            if (!isRebuilt) Assert.Empty(all.Select(message => message.Number).Except(NumbersOf(channel)));

            long[] missing = [.. NumbersOf(channel).Except(all.Select(message => message.Number)).Where(number => !losses[channel].Any(loss => number + 1 >= loss.FromKey && number + 1 <= loss.ToKey))];
            if (isUncertain) missing = [.. missing.Where(number => number < all.Select(message => message.Number).DefaultIfEmpty(-1).Max())];     // what came last, nobody knows
            Assert.True(missing.Length == 0, $"channel {channel} lacks {string.Join(',', missing.Take(20))} and nobody said so");
            Assert.True((await Append(log, Pack(9_000, 1))).FirstKey > (isUncertain ? Salvage.KeysPassedOver : channel == 4 ? 0 : Messages));
        }
    }

    private static string Damage(string folder, Random random)
    {
        var done = new List<string>();
        string[] files = [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            string file = files[random.Next(files.Length)];
            if (!File.Exists(file)) continue;
            byte[] bytes = File.ReadAllBytes(file);
            int at = random.Next(Math.Max(bytes.Length, 1)), length = Math.Min(random.Next(1, 20_000), bytes.Length - at);
            int kind = random.Next(6);
            done.Add($"{Path.GetRelativePath(folder, file)} {(kind switch { 0 => "missing", 1 => "cut", 2 => "zeroed", 3 => "filled", 4 => "replaced", _ => "flipped" })} at {at} for {length}");
            switch (kind)
            {
                case 0:
                    File.Delete(file);
                    break;
                case 1:
                    File.WriteAllBytes(file, bytes[..at]);
                    break;
                case 2:
                    Array.Clear(bytes, at, Math.Max(length, 0));
                    File.WriteAllBytes(file, bytes);
                    break;
                case 3:
                    random.NextBytes(bytes.AsSpan(at, Math.Max(length, 0)));
                    File.WriteAllBytes(file, bytes);
                    break;
                case 4:
                    File.Copy(files[random.Next(files.Length)] is var other && File.Exists(other) ? other : file, file + ".tmp");
                    File.Move(file + ".tmp", file, overwrite: true);
                    break;
                default:
                    for (int flips = random.Next(1, 30); flips > 0 && bytes.Length > 0; flips--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    File.WriteAllBytes(file, bytes);
                    break;
            }
        }

        return string.Join("; ", done);
    }
}
