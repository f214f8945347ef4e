using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Mqtt.Topics;
using MQTTnet.Protocol;

namespace Gateway.Host.Api;

/// <summary><c>/mqtt/sessions/{sel}/subscriptions</c>: what sessions are subscribed to, by their clients or from here. Changes hold at once, and as long as those that clients make.</summary>
internal static class MqttSubscriptionRoutes
{
    private const uint IdentifierMax = 268_435_455;

    private static readonly string[] s_settable = ["topic", "qos", "no_local", "retain_as_published", "retain_handling", "identifier"];

    private static readonly ItemShape<Subscription> s_shape = new(
        new("id", true, (json, subscription) => json.WriteNumberValue(subscription.Number)),
        new("session_id", true, (json, subscription) => json.WriteNumberValue(subscription.Session.Number)),
        new("topic", true, (json, subscription) => json.WriteStringValue(subscription.Filter.Text)),
        new("qos", true, (json, subscription) => json.WriteNumberValue(subscription.Qos)),
        new("no_local", true, (json, subscription) => json.WriteBooleanValue(subscription.NoLocal)),
        new("retain_as_published", true, (json, subscription) => json.WriteBooleanValue(subscription.RetainAsPublished)),
        new("identifier", true, (json, subscription) => json.WriteNumberValue(subscription.Identifier)));

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/mqtt/sessions/{sel}/subscriptions", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "Subscribes sessions, whether their clients are there or away; a subscription with the same topic is replaced."),
        new("GET", "/mqtt/sessions/{sel}/subscriptions/{subscription}", RouteInputs.Fields, ReadAsync, "Shows what sessions are subscribed to."),
        new("DELETE", "/mqtt/sessions/{sel}/subscriptions/{subscription}", RouteInputs.None, RemoveAsync, "Ends subscriptions of sessions."),
    ];

    private static async Task CreateAsync(ApiCall call)
    {
        ItemShape<Subscription>.Projection fields = s_shape.Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        List<Draft> drafts = [.. BodyFields.ItemsOf(body, "subscription").Select(item => Read(call, item))];
        ClientSubscriptions subscriptions = call.Service<ClientSubscriptions>();
        var made = new List<Subscription>();
        foreach (Session session in MqttSessionRoutes.Kind.Select(call))
        {
            foreach (Draft draft in drafts)
            {
                (Subscription? subscription, string? problem) = await subscriptions.SubscribeAsync(session, draft.Filter, draft.Stored, draft.Retain, call.Caller.Token).ConfigureAwait(false);
                if (subscription is not null) made.Add(subscription);
                else call.Errors.Add(new ApiError(ApiErrorCode.LimitReached, problem!, session.Number));
            }
        }
        await call.WriteAsync(made, fields.Write).ConfigureAwait(false);
    }

    private static Task ReadAsync(ApiCall call)
    {
        ItemShape<Subscription>.Projection fields = s_shape.Choose(call.Fields);
        return call.WriteAsync(Select(call), fields.Write);
    }

    private static async Task RemoveAsync(ApiCall call)
    {
        ClientSubscriptions subscriptions = call.Service<ClientSubscriptions>();
        var removed = new List<Subscription>();
        foreach (Subscription subscription in Select(call))
        {
            if (await subscriptions.UnsubscribeAsync(subscription.Session, subscription.Filter.Text, call.Caller.Token).ConfigureAwait(false)) removed.Add(subscription);
            else call.Errors.Add(ApiProblem.Absent("subscription", subscription.Number));
        }
        await call.WriteAsync(removed, static (json, subscription) =>
        {
            json.WriteStartObject();
            json.WriteNumber("id", subscription.Number);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static List<Subscription> Select(ApiCall call)
    {
        List<Subscription> all = [.. MqttSessionRoutes.Kind.Select(call).SelectMany(session => session.Subscriptions)];
        Dictionary<long, Subscription>? byNumber = null;
        return call.Selector("subscription").Select(
            "subscription", () => all, id => (byNumber ??= all.DistinctBy(one => one.Number).ToDictionary(one => one.Number)).GetValueOrDefault(id), s_shape, call.Errors);
    }

    private static Draft Read(ApiCall call, JsonElement item)
    {
        string? topic = null;
        var stored = new StoredSubscription("", 1, false, false, 0, 0);
        MqttRetainHandling retain = MqttRetainHandling.SendAtSubscribe;
        foreach (JsonProperty field in item.EnumerateObject())
        {
            switch (field.Name)
            {
                case "topic":
                    topic = field.Text(ushort.MaxValue);
                    break;
                case "qos":
                    // As for clients: 2 is granted as 1.
                    stored = stored with { Qos = (byte)Math.Min(field.Integer(0, 2), 1) };
                    break;
                case "no_local":
                    stored = stored with { NoLocal = field.Flag() };
                    break;
                case "retain_as_published":
                    stored = stored with { RetainAsPublished = field.Flag() };
                    break;
                case "retain_handling":
                    retain = (MqttRetainHandling)field.Integer(0, 2);
                    break;
                case "identifier":
                    stored = stored with { Identifier = (uint)field.Integer(0, IdentifierMax) };
                    break;
                default:
                    throw field.Unknown("subscription", s_settable);
            }
        }
        if (topic is null) throw ApiProblem.BadRequest("A subscription must have a topic: an MQTT filter.");
        if (!SubscriptionFilter.TryParse(topic, out SubscriptionFilter? filter, out string problem)) throw ApiProblem.BadRequest($"topic '{topic}' is no filter: {problem}.");
        if (!AccessPolicy.MaySubscribe(call.Caller, topic)) throw ApiProblem.Forbidden($"This token may not subscribe to '{topic}'.");
        return new Draft(filter, stored with { Filter = topic }, retain);
    }

    private sealed record Draft(SubscriptionFilter Filter, StoredSubscription Stored, MqttRetainHandling Retain);
}
