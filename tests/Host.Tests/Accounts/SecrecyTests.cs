using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Gateway.Host.Configuration;
using Gateway.Host.Lifetime;
using Microsoft.Extensions.Logging;
using MQTTnet;
using Xunit;

namespace Gateway.Host.Tests.Accounts;

/// <summary>Promise: a key is in the one answer that makes it and nowhere else: not in logs at any level, in errors, in other answers, or in the data folder.</summary>
public sealed class SecrecyTests
{
    private const string Configured = "configured-key-of-the-secrecy-test";
    private const string Guessed = "guessed-key-of-the-secrecy-test";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_key_is_seen_anywhere_but_where_it_is_made()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-secrecy-");
        var seen = new ConcurrentQueue<string>();
        var keys = new List<string> { Configured, Guessed };
        try
        {
            GatewayOptions options = new() { DataFolder = folder.FullName, HttpEndPoint = new(IPAddress.Loopback, 0), MqttEndPoint = new(IPAddress.Loopback, 0), Token = Configured };
            GatewayProcess gateway = await GatewayProcess.StartAsync(options, logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new Listener(seen)), Cancelled);
            await using (gateway)
            {
                using var http = new HttpClient { BaseAddress = new Uri($"http://{gateway.HttpEndPoint}/") };
                string made = await SendAsync(http, Configured, HttpMethod.Post, "platform/tokens", """[{"ttl":3600,"access":{"type":1}}]""");
                string key = System.Text.Json.JsonDocument.Parse(made[made.IndexOf('{', StringComparison.Ordinal)..]).RootElement.GetProperty("result")[0].GetProperty("key").GetString()!;
                keys.Add(key);
                foreach (string shown in new[] { Configured, $"FlespiToken {key}", $"Bearer {key}", $"FlespiToken {Guessed}", $"Basic {Guessed}" })
                {
                    foreach (string path in new[] { "auth/info", "platform/tokens/all?fields=*", "platform/customer", "gw/channels/{", "gw/channels/all?data=%7B", "nothing", "gw/streams/all", "metrics", "health/ready", "openapi.json" })
                        seen.Enqueue(await SendAsync(http, shown, HttpMethod.Get, path, null));
                    seen.Enqueue(await SendAsync(http, shown, HttpMethod.Put, "platform/tokens/all", """{"ttl":"x"}"""));
                }
                foreach (string shown in new[] { key, $"FlespiToken {Guessed}" })
                {
                    using IMqttClient client = new MqttClientFactory().CreateMqttClient();
                    MqttClientConnectResult result = await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", gateway.MqttEndPoint.Port).WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500).WithCredentials(shown, Guessed).Build(), Cancelled);
                    foreach (MQTTnet.Packets.MqttUserProperty property in result.UserProperties ?? []) seen.Enqueue(Encoding.UTF8.GetString(property.ValueBuffer.Span));
                }
                await SendAsync(http, key, HttpMethod.Delete, "platform/tokens/all", null);
                await gateway.StopAsync();
            }
            Assert.True(seen.Count > 100, $"{seen.Count} texts were looked at");
            foreach (string file in Directory.EnumerateFiles(folder.FullName, "*", SearchOption.AllDirectories)) seen.Enqueue(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancelled)));
            foreach (string key in keys)
                Assert.All(seen, text => Assert.DoesNotContain(key, text, StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> SendAsync(HttpClient http, string shown, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Authorization", shown);
        if (body is not null) request.Content = new StringContent(body);
        using HttpResponseMessage answer = await http.SendAsync(request, Cancelled);
        return $"{answer.Headers}{await answer.Content.ReadAsStringAsync(Cancelled)}";
    }

    /// <summary>Keeps every log line with all that it carries.</summary>
    private sealed class Listener(ConcurrentQueue<string> seen) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            seen.Enqueue(Text(state));
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            seen.Enqueue($"{formatter(state, exception)} {Text(state)} {exception}");

        public void Dispose()
        {
        }

        private static string Text(object? state) => state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}")) : $"{state}";
    }
}
