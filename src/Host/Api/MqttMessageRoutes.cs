using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Topics;
using MQTTnet.Protocol;

namespace Gateway.Host.Api;

/// <summary><c>/mqtt/messages</c>: publishing without an MQTT client, and retained messages.</summary>
/// <remarks>
/// The rights are those of MQTT: a token with an access list needs, besides the method, a topic with the action. What is retained is shown of the account and those below it, as a subscription
/// would be given it; published and deleted is in the account itself, whose topics are its own.
/// </remarks>
internal static class MqttMessageRoutes
{
    // Found before the first is written, so that they are held at once.
    private const int FoundMax = 200_000;

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/mqtt/messages", RouteInputs.Fields | RouteInputs.Body, PublishAsync, "Publishes MQTT messages."),
        new("GET", "/mqtt/messages/{topic}", RouteInputs.Fields | RouteInputs.Data, ReadAsync, "Shows retained messages of a topic or filter, and of topics below unless data.recursive is false."),
        new("DELETE", "/mqtt/messages/{topic}", RouteInputs.Body, RemoveAsync, "Deletes retained messages of a topic or filter, and of topics below unless data.recursive is false."),
    ];

    private static async Task PublishAsync(ApiCall call)
    {
        ItemShape<Publication>.Projection fields = MqttMessageJson.Shape.Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        long nowUs = call.Service<TimeProvider>().GetUtcNow().ToUnixTimeUs();
        List<Publication> wanted = [.. BodyFields.ItemsOf(body, "message").Select(item => MqttMessageJson.Read(item, call.Caller.AccountId, nowUs))];
        if (wanted.Find(one => !AccessPolicy.MayPublish(call.Caller, one.Topic)) is { } forbidden) throw ApiProblem.Forbidden($"This token may not publish to '{forbidden.Topic}'.");
        MqttBroker broker = call.Service<MqttBroker>();
        var published = new List<Publication>(wanted.Count);
        foreach (Publication publication in wanted)
        {
            if (await broker.PublishOwnAsync(publication, isCounted: true).ConfigureAwait(false) is MqttPubAckReasonCode.Success) published.Add(publication);
            else call.Errors.Add(new ApiError(ApiErrorCode.LimitReached, $"The message to '{publication.Topic}' was not published: the account's messages of this minute, or its room for retained messages, are used up."));
        }
        await call.WriteAsync(published, fields.Write).ConfigureAwait(false);
    }

    private static async Task ReadAsync(ApiCall call)
    {
        ItemShape<Publication>.Projection fields = MqttMessageJson.Shape.Choose(call.Fields);
        await call.WriteAsync(Find(call, await FilterOfAsync(call).ConfigureAwait(false)), fields.Write).ConfigureAwait(false);
    }

    /// <summary>As clients do it: an empty retained message, which subscribers are told too. It is not counted; each of them was when it came.</summary>
    private static async Task RemoveAsync(ApiCall call)
    {
        SubscriptionFilter filter = await FilterOfAsync(call).ConfigureAwait(false);
        if (TopicFilter.IsReserved(filter.Plain)) throw ApiProblem.Forbidden("Topics below flespi/ are the gateway's: their messages go with their items.");
        MqttBroker broker = call.Service<MqttBroker>();
        long nowUs = call.Service<TimeProvider>().GetUtcNow().ToUnixTimeUs();
        var removed = new List<string>();
        foreach (Publication kept in Find(call, filter))
        {
            if (kept.Right is not null || kept.Cid != call.Caller.AccountId || !AccessPolicy.MayPublish(call.Caller, kept.Topic)) continue;
            await broker.PublishOwnAsync(new Publication { Topic = kept.Topic, Payload = default, Cid = kept.Cid, TimeUs = nowUs, IsRetained = true }, isCounted: false).ConfigureAwait(false);
            removed.Add(kept.Topic);
        }
        await call.WriteAsync(removed, static (json, topic) =>
        {
            json.WriteStartObject();
            json.WriteString("topic", topic);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>What is retained and may be read.</summary>
    private static List<Publication> Find(ApiCall call, SubscriptionFilter filter)
    {
        AccessPolicy policy = call.Service<AccessPolicy>();
        RetainedWalk walk = call.Service<RetainedMessages>().Open(call.Caller.AccountId, filter);
        var found = new List<Publication>();
        while (walk.TryRead((cid, right) => policy.MayRead(call.Caller, right.Collection, right.Submodule, cid, right.Id), found))
            if (found.Count > FoundMax) throw ApiProblem.BadRequest($"More than {FoundMax} messages match; ask for fewer at a time.");
        found.RemoveAll(one => one.Right is null && !AccessPolicy.MaySubscribe(call.Caller, one.Topic));
        return found;
    }

    /// <summary>The filter in the path, and whether it reaches below.</summary>
    private static async Task<SubscriptionFilter> FilterOfAsync(ApiCall call)
    {
        bool isRecursive = true;
        using JsonDocument? data = await call.ReadDataAsync().ConfigureAwait(false);
        foreach (JsonProperty field in data?.RootElement.EnumerateObject() ?? default)
        {
            if (field.Name is "recursive") isRecursive = field.Flag();
            else if (field.Name is not ("fields" or "limit" or "offset")) throw ApiProblem.BadRequest($"data has no key '{field.Name}'; valid keys: recursive.");
        }
        string topic = call.PathValue("topic");
        if (topic.Length == 0) throw ApiProblem.BadRequest("The path must have a topic or filter, with %2F for each slash and %23 for #.");
        if (isRecursive && topic != "#" && !topic.EndsWith("/#", StringComparison.Ordinal)) topic += "/#";
        if (!SubscriptionFilter.TryParse(topic, out SubscriptionFilter? filter, out string problem)) throw ApiProblem.BadRequest($"'{topic}' is no topic or filter: {problem}.");
        return filter is { Group: null, Spec: null } ? filter : throw ApiProblem.BadRequest("Groups and conditions are for subscriptions; the path must have a topic or filter without.");
    }
}
