namespace Gateway.Storage.Tests.Simulation;

/// <summary>Every byte of every file of a small store, one at a time.</summary>
/// <remarks>Of the zeros that fill headers, slots and pages one byte in five is taken, and each that begins or ends a sector of 512.</remarks>
public sealed class EveryByteTests : SimulatedFixture
{
    private const int Messages = 24;
    private const int ZeroStep = 5;

    /// <summary>What a hand does to a file.</summary>
    public enum Harm
    {
        /// <summary>One bit of a byte is another.</summary>
        Flip,
        /// <summary>All bits of a byte are others.</summary>
        Invert,
        /// <summary>A byte is zero.</summary>
        Zero,
        /// <summary>The file ends before a byte.</summary>
        Cut,
    }

    /// <summary>Promise: the store opens with all messages or refuses by the name of a file, whatever happens to a byte; never with an empty log, never with a gap.</summary>
    /// <param name="harm">What happens.</param>
    /// <param name="isCrashed">Half of the messages are in the journal only; else the store was closed.</param>
    [Theory]
    [InlineData(Harm.Flip, false)]
    [InlineData(Harm.Flip, true)]
    [InlineData(Harm.Invert, false)]
    [InlineData(Harm.Invert, true)]
    [InlineData(Harm.Zero, false)]
    [InlineData(Harm.Zero, true)]
    [InlineData(Harm.Cut, false)]
    [InlineData(Harm.Cut, true)]
    public async Task Any_byte_harmed_opens_right_or_is_refused_by_name(Harm harm, bool isCrashed)
    {
        await MakeAsync(isCrashed);
        int cases = 0, refused = 0;
        foreach ((string path, long length) in Disk.Files().Select(file => (file.Path, file.File.Length)).ToList())
        {
            if (Path.GetFileName(path) == "lock") continue;
            byte[] bytes = new byte[length];
            Disk.FileAt(path).Read(bytes, 0);
            for (int at = 0; at < length; at++)
            {
                if (bytes[at] == 0 && at % ZeroStep != 0 && at % 512 is not (0 or 511)) continue;
                if (harm == Harm.Zero && bytes[at] == 0) continue;
                SimulatedDisk disk = Disk.Copy(at);
                switch (harm)
                {
                    case Harm.Flip: disk.FileAt(path).Damage(at, (byte)(1 << (at % 8))); break;
                    case Harm.Invert: disk.FileAt(path).Damage(at, 0xFF); break;
                    case Harm.Zero: disk.FileAt(path).Damage(at, bytes[at]); break;
                    default: disk.FileAt(path).Cut(at); break;
                }

                cases++;
                if (!await OpensRightAsync(disk, $"{harm} at byte {at} of {path}")) refused++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{cases:n0} cases, {refused:n0} refused by name, the others open with everything");
        Assert.InRange(refused, 1, cases - 1);
    }

    /// <summary>Promise: the same for a file that is missing.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_file_missing_opens_right_or_is_refused_by_name(bool isCrashed)
    {
        await MakeAsync(isCrashed);
        foreach (string path in Disk.Files().Select(file => file.Path).ToList())
        {
            SimulatedDisk disk = Disk.Copy(0);
            disk.Delete(path);
            await OpensRightAsync(disk, $"{path} missing");
        }
    }

    /// <summary>Promise: the same for a file whose first 4 KB, its header, are all others.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_beginning_of_a_file_harmed_opens_right_or_is_refused_by_name(bool isCrashed)
    {
        await MakeAsync(isCrashed);
        foreach ((string path, long length) in Disk.Files().Select(file => (file.Path, file.File.Length)).ToList())
        {
            SimulatedDisk disk = Disk.Copy(0);
            for (int at = 0; at < Math.Min(length, 4_096); at++) disk.FileAt(path).Damage(at, 0x41);
            bool isRight = await OpensRightAsync(disk, $"the beginning of {path} harmed");
            TestContext.Current.TestOutputHelper?.WriteLine($"{path}: {(isRight ? "opens with everything" : "refused by name")}");
        }
    }

    private async Task MakeAsync(bool isCrashed)
    {
        MessageStore store = Open();
        IMessageLog one = await OpenLog(store), two = await OpenLog(store, channel: 2);
        for (int i = 0; i < Messages; i += 3)
        {
            await Append(store, one, i, 3);
            await Append(store, two, i, 3);
            if (i == Messages / 2) Assert.True(await store.CheckpointAsync(CancellationToken.None));
        }

        if (isCrashed) Disk.Kill();
        else await store.DisposeAsync();
    }

    /// <returns>True when all messages of both channels are there, false when something was refused by the name of a file.</returns>
    private async Task<bool> OpensRightAsync(SimulatedDisk disk, string where)
    {
        bool isRight = true;
        MessageStore store;
        try
        {
            store = new MessageStore(Options, disk);
        }
        catch (DamagedLogException e)
        {
            Assert.True(e.Message.Contains(Folder + "/", StringComparison.Ordinal), $"{where}: refused without a name: {e.Message}");
            return false;
        }

        foreach (int channel in new[] { 1, 2 })
        {
            try
            {
                List<long> numbers = await Numbers(await OpenLog(store, channel));
                Assert.True(numbers.SequenceEqual(Range(0, Messages)), $"{where}: channel {channel} opens with {numbers.Count} of {Messages} messages");
            }
            catch (DamagedLogException e)
            {
                Assert.True(e.Message.Contains($"{Folder}/channels/{channel}/", StringComparison.Ordinal), $"{where}: channel {channel} is refused without a name: {e.Message}");
                isRight = false;
            }
        }

        await store.DisposeAsync();
        return isRight;
    }
}
