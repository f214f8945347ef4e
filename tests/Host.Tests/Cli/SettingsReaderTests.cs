using System.Net;
using Gateway.Host.Cli;
using Gateway.Host.Configuration;
using Xunit;

namespace Gateway.Host.Tests.Cli;

public sealed class SettingsReaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-settings-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Nothing_given_gives_the_defaults()
    {
        GatewayOptions options = Read([], []);
        Assert.Equal(new GatewayOptions(), options);
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        string file = Write("""{ "http": "127.0.0.1:1", "mqtt": "127.0.0.1:1", /* a comment */ "channel-ports": "100-200", }""");
        GatewayOptions options = Read(
            new() { ["config"] = file, ["http"] = "127.0.0.1:3" },
            new() { ["GATEWAY_HTTP"] = "127.0.0.1:2", ["GATEWAY_MQTT"] = "127.0.0.1:2" });
        Assert.Equal(3, options.HttpEndPoint.Port);
        Assert.Equal(2, options.MqttEndPoint.Port);
        Assert.Equal((100, 200), (options.ChannelPortFirst, options.ChannelPortLast));
    }

    [Fact]
    public void A_token_of_the_command_line_wins_over_a_token_file_of_the_environment()
    {
        string file = Write("from-file\n");
        Assert.Equal("from-line", Read(new() { ["token"] = "from-line" }, new() { ["GATEWAY_TOKEN_FILE"] = file }).Token);
        Assert.Equal("from-file", Read([], new() { ["GATEWAY_TOKEN_FILE"] = file }).Token);
    }

    [Theory]
    [InlineData("""{ "htpp": "127.0.0.1:1" }""", "there is no setting 'htpp', did you mean 'http'?")]
    [InlineData("""{ "http": true }""", "http must be a string or a number")]
    [InlineData("""{ "http": "x" }""", "must be ADDRESS:PORT")]
    [InlineData("""[]""", "must hold a JSON object")]
    [InlineData("""{ "http": """, "not JSON")]
    public void A_wrong_file_is_refused_with_its_place(string text, string expected)
    {
        string file = Write(text);
        UsageException refused = Assert.Throws<UsageException>(() => Read(new() { ["config"] = file }, []));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Contains(file, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8080", "0.0.0.0:8080")]
    [InlineData(":8080", "0.0.0.0:8080")]
    [InlineData("*:8080", "0.0.0.0:8080")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    [InlineData("[::1]:8080", "[::1]:8080")]
    [InlineData("::1:8080", null)]
    [InlineData("example.com:80", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("127.0.0.1:", null)]
    [InlineData("127.0.0.1:65536", null)]
    [InlineData("", null)]
    public void End_points_are_read_in_the_usual_forms(string text, string? expected) =>
        Assert.Equal(expected is null ? null : IPEndPoint.Parse(expected), Setting.EndPoint(text));

    private static GatewayOptions Read(Dictionary<string, string> line, Dictionary<string, string> environment) =>
        SettingsReader.Read(line.GetValueOrDefault, environment.GetValueOrDefault);

    private string Write(string text)
    {
        string path = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(path, text);
        return path;
    }
}
