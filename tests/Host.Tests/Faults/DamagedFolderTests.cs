using System.Security.Cryptography;
using Gateway.Host.Channels;
using Gateway.Host.Configuration;
using Xunit;

namespace Gateway.Host.Tests.Faults;

/// <summary>A folder that nobody can trust: the gateway refuses to start, in one line that names the file, and changes nothing.</summary>
public sealed class DamagedFolderTests : IDisposable
{
    private const int PortFirst = 9_900;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-damage-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Promise: damage that concerns all channels is never started over.</summary>
    [Theory]
    [InlineData("format")]
    [InlineData("checkpoint-*")]
    [InlineData("journal-*")]
    public async Task A_gateway_with_a_damaged_store_refuses_to_start_in_one_line_and_changes_nothing(string pattern)
    {
        using (ChildGateway gateway = await ChildGateway.StartAsync(_folder.FullName, PortFirst))
        {
            await gateway.CreateChannelAsync(Codecs.CodecRegistry.BuiltIn[0].Info.Name);
            await gateway.KillAsync();
        }
        string[] files = Directory.GetFiles(Path.Combine(_folder.FullName, GatewayChannels.MessagesFolderName), pattern);
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            for (int i = 0; i < Math.Min(bytes.Length, 8192); i++) bytes[i] ^= 0x41;
            await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        }
        await ExpectRefusalAsync(Path.GetDirectoryName(files[0])!, "the data folder ", " is damaged: ", files[0]);
    }

    [Fact]
    public async Task A_gateway_with_a_damaged_configuration_refuses_to_start_in_one_line_and_changes_nothing()
    {
        string file = Path.Combine(_folder.FullName, SqliteConfigurationStore.FileName);
        await File.WriteAllTextAsync(file, new string('?', 8192), TestContext.Current.CancellationToken);
        await ExpectRefusalAsync(_folder.FullName, "the configuration in ", " can't be used: ", _folder.FullName);
    }

    private async Task ExpectRefusalAsync(string untouched, params string[] words)
    {
        Dictionary<string, string> before = Hashes(untouched);
        (int exitCode, string printed) = await ChildGateway.RefuseAsync(_folder.FullName);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("gateway: ", printed, StringComparison.Ordinal);
        Assert.Equal(1, printed.Count(c => c == '\n'));
        Assert.All(words, word => Assert.Contains(word, printed, StringComparison.Ordinal));
        Assert.Equal(before, Hashes(untouched));
    }

    private static Dictionary<string, string> Hashes(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith("lock", StringComparison.Ordinal))
            .ToDictionary(file => file, file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
}
