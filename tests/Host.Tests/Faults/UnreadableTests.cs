using System.Net;
using System.Text.Json;
using Gateway.Host.Channels;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Faults;

/// <summary>Promise: a disk that refuses to read is told as HTTP 503 or as an error of the one item, never as a fault of the gateway, and never as an answer that looks whole; what is gone meanwhile is absent.</summary>
public sealed class UnreadableTests
{
    [Fact]
    public async Task Messages_that_can_not_be_read_are_an_error_of_their_channel()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using TestDevice first = await gateway.FillAsync(3);
        using TestDevice second = await TestDevice.ConnectAsync((await gateway.CreateAsync()).Definition.Port);
        await second.SendAsync("#L;tracker2\n#M;7\n");
        await second.ExpectAsync("#AL;1\n#AM;1\n");

        gateway.Memory!.Of(1).UnreadableKey = 1;
        await ExpectUnavailableAsync(gateway, "/gw/channels/1/messages");
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/gw/channels/all/messages");
        Assert.Equal((HttpStatusCode.OK, 7), (status, Assert.Single(body.GetProperty("result").EnumerateArray()).GetProperty("position.latitude").GetInt32()));
        Assert.Equal(1, Assert.Single(body.GetProperty("errors").EnumerateArray()).GetProperty("id").GetInt64());

        // As a queue it goes on where it stopped: nothing is passed over.
        gateway.Memory.Of(1).UnreadableKey = 2;
        (status, body) = await gateway.GetAsync("""/gw/channels/1/messages?data={"curr_key":0}""");
        Assert.Equal((HttpStatusCode.OK, 1, 2, 1), (status, body.GetProperty("result").GetArrayLength(), body.GetProperty("next_key").GetInt64(), body.GetProperty("errors").GetArrayLength()));
        gateway.Memory.Of(1).UnreadableKey = 0;
        (_, body) = await gateway.GetAsync("""/gw/channels/1/messages?data={"curr_key":2}""");
        Assert.Equal(2, body.GetProperty("result").GetArrayLength());
    }

    [Fact]
    public async Task Rings_that_can_not_be_read_are_an_error_of_their_channel()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        using TestDevice device = await gateway.FillAsync(1);
        await gateway.CreateAsync();
        foreach (string kind in new[] { "idents/*", "packets", "logs" }) Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync($"/gw/channels/1/{kind}")).Status);
        foreach (string kind in new[] { "traffic", "logs" })
        {
            // A link to itself can be listed, and not be opened.
            string file = Directory.GetFiles(Path.Combine(gateway.Options.DataFolder, ChannelRings.FolderName, kind, "1")).Single();
            File.Delete(file);
            File.CreateSymbolicLink(file, file);
        }
        foreach (string kind in new[] { "idents/*", "idents/tracker1/packets", "packets", "logs" })
        {
            await ExpectUnavailableAsync(gateway, $"/gw/channels/1/{kind}");
            (HttpStatusCode status, JsonElement body) = await gateway.GetAsync($"/gw/channels/all/{kind}");
            Assert.Equal(kind is "logs", status is HttpStatusCode.OK);      // the other channel has events alone
            Assert.Equal(1, Assert.Single(body.GetProperty("errors").EnumerateArray()).GetProperty("id").GetInt64());
        }
    }

    [Fact]
    public async Task A_channel_that_is_removed_while_a_request_waits_for_its_messages_is_absent()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(onDisk: true);
        await gateway.CreateAsync();
        Task<(HttpStatusCode Status, JsonElement Body)> poll = gateway.GetAsync("""/gw/channels/1/messages?data={"curr_key":0,"timeout":60}""");
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(poll.IsCompleted);
        await gateway.SendAsync(HttpMethod.Delete, "/gw/channels/1");
        (HttpStatusCode status, JsonElement body) = await poll.WaitAsync(TestDevice.Patience, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.NotFound, 4), (status, body.GetProperty("errors")[0].GetProperty("code").GetInt32()));
    }

    private static async Task ExpectUnavailableAsync(TestGateway gateway, string path)
    {
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync(path);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        JsonElement error = Assert.Single(body.GetProperty("errors").EnumerateArray());
        Assert.Equal((6, 1), (error.GetProperty("code").GetInt32(), error.GetProperty("id").GetInt64()));
        Assert.Contains("The disk refuses to read", error.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, body.GetProperty("result").GetArrayLength());
    }
}
