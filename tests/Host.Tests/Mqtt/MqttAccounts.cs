using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Cli;
using MQTTnet;
using MQTTnet.Formatter;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>A gateway with two accounts beside each other, and what tests of its topics do to it over REST.</summary>
internal sealed class MqttAccounts : IAsyncDisposable
{
    private MqttAccounts(RunningGateway gateway) => Gateway = gateway;

    public RunningGateway Gateway { get; private set; }

    public long Left { get; private set; }

    public long Right { get; private set; }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<MqttAccounts> StartAsync()
    {
        var accounts = new MqttAccounts(await RunningGateway.StartAsync());
        accounts.Left = await accounts.MakeAsync("platform/subaccounts", """[{"name":"left"}]""", "id", element => element.GetInt64());
        accounts.Right = await accounts.MakeAsync("platform/subaccounts", """[{"name":"right"}]""", "id", element => element.GetInt64());
        return accounts;
    }

    public async Task RestartAsync() => Gateway = await Gateway.RestartAsync();

    public async Task<Channel> CreateChannelAsync(long cid)
    {
        ChannelOutcome outcome = await Gateway.Process.Channels.CreateAsync(new ChannelDraft { Name = "test", ProtocolId = Gateway.Codec.Info.Id, Cid = cid }, Cancelled);
        Assert.Null(outcome.Problem);
        return outcome.Channel!;
    }

    /// <summary>A device, with the ident of <see cref="MqttTests.TestDevice"/>.</summary>
    public Task<long> CreateDeviceAsync(long cid = 1, string ident = "353173060000000") =>
        MakeAsync("gw/devices", $$$"""[{"cid":{{{cid}}},"name":"lorry","device_type_id":{{{Gateway.Codec.Info.Id * 100_000L}}},"configuration":{"ident":"{{{ident}}}"}}]""", "id", element => element.GetInt64());

    /// <summary>Messages of a device, as REST shows them.</summary>
    public async Task<JsonElement> MessagesOfAsync(long deviceId)
    {
        using JsonDocument json = JsonDocument.Parse(await Gateway.Http.GetStringAsync($"gw/devices/{deviceId}/messages", Cancelled));
        return json.RootElement.GetProperty("result").Clone();
    }

    public Task<string> TokenAsync(long cid, string access) => MakeAsync("platform/tokens", $$"""[{"cid":{{cid}},"ttl":3600,"access":{{access}}}]""", "key", element => element.GetString()!);

    /// <summary>A token and its number.</summary>
    public async Task<(long Id, string Key)> NamedTokenAsync(long cid, string access)
    {
        JsonElement token = (await CallAsync(HttpMethod.Post, "platform/tokens", $$"""[{"cid":{{cid}},"ttl":3600,"access":{{access}}}]"""))[0];
        return (token.GetProperty("id").GetInt64(), token.GetProperty("key").GetString()!);
    }

    public async Task SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
        using HttpResponseMessage answer = await Gateway.Http.SendAsync(request, Cancelled);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancelled));
    }

    /// <summary>The items of an answer that has nothing but them.</summary>
    public async Task<JsonElement[]> CallAsync(HttpMethod method, string path, string? body = null, long? cid = null)
    {
        (HttpStatusCode status, JsonElement answer) = await AnswerAsync(method, path, body, cid);
        Assert.True(status is HttpStatusCode.OK && !answer.TryGetProperty("errors", out _), answer.GetRawText());
        return [.. answer.GetProperty("result").EnumerateArray()];
    }

    /// <summary>An answer, whatever it is; with another key than the start token's, and in another account than the token's.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> AnswerAsync(HttpMethod method, string path, string? body = null, long? cid = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body) };
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("FlespiToken", key);
        if (cid is not null) request.Headers.TryAddWithoutValidation("x-flespi-cid", cid.ToString());
        using HttpResponseMessage answer = await Gateway.Http.SendAsync(request, Cancelled);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled)).RootElement);
    }

    /// <summary>Puts an account under a limit.</summary>
    public async Task LimitAsync(long cid, string limit)
    {
        long id = Assert.Single(await CallAsync(HttpMethod.Post, "platform/limits", limit)).GetProperty("id").GetInt64();
        await CallAsync(HttpMethod.Put, $"platform/subaccounts/{cid}", $$"""{"limit_id":{{id}}}""");
    }

    public Task<MqttTests.Subscriber> ConnectAsync(string key, string? filter, MqttProtocolVersion version = MqttProtocolVersion.V500) => MqttTests.Subscriber.ConnectAsync(Options(key, null, version), filter);

    public MqttClientOptionsBuilder Options(string key, string? clientId, MqttProtocolVersion version) => new MqttClientOptionsBuilder()
        .WithProtocolVersion(version)
        .WithTimeout(RunningGateway.Patience)
        .WithTcpServer(Gateway.Process.MqttEndPoint.Address.ToString(), Gateway.Process.MqttEndPoint.Port)
        .WithClientId(clientId ?? Guid.NewGuid().ToString("n"))
        .WithCredentials(key);

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();

    private async Task<T> MakeAsync<T>(string path, string body, string field, Func<JsonElement, T> read)
    {
        using HttpResponseMessage answer = await Gateway.Http.PostAsync(path, new StringContent(body), Cancelled);
        string text = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.IsSuccessStatusCode, text);
        using JsonDocument json = JsonDocument.Parse(text);
        JsonElement result = json.RootElement.GetProperty("result");
        Assert.True(result.GetArrayLength() > 0, text);
        return read(result[0].GetProperty(field));
    }
}
