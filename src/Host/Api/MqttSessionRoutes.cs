using System.Text.Json;
using Gateway.Host.Mqtt;
using Gateway.Host.Mqtt.Sessions;
using MQTTnet.Protocol;

namespace Gateway.Host.Api;

/// <summary><c>/mqtt/sessions</c>: MQTT clients, there and away, and what waits for them. A session can be made ahead of its client.</summary>
internal static class MqttSessionRoutes
{
    private static readonly string[] s_settable = ["client_id", "expires", "cid"];

    internal static ItemShape<Session> Shape { get; } = new(
        new("id", true, (json, session) => json.WriteNumberValue(session.Number)),
        new("client_id", true, (json, session) => json.WriteStringValue(session.Key.ClientId)),
        new("cid", true, (json, session) => json.WriteNumberValue(session.Key.Cid)),
        new("ip", true, (json, session) => json.WriteStringValue(session.Address?.ToString())),
        new("connected", true, (json, session) => json.WriteBooleanValue(session.Connection is not null)),
        new("clean", true, (json, session) => json.WriteBooleanValue(!session.IsPersistent)),
        new("expires", true, (json, session) => json.WriteNumberValue((long)session.Expiry.TotalSeconds)),
        new("size", true, (json, session) => json.WriteNumberValue(session.WaitingBytes)),
        new("waiting_channels", false, (json, session) =>
        {
            json.WriteStartArray();
            foreach (long channel in session.WaitingChannels) json.WriteNumberValue(channel);
            json.WriteEndArray();
        }),
        new("disconnected", false, (json, session) =>
        {
            if (session.DisconnectedAt == 0) json.WriteNullValue();
            else json.WriteNumberValue(session.DisconnectedAt);
        }),
        new("subscriptions_count", false, (json, session) => json.WriteNumberValue(session.SubscriptionCount)));

    /// <summary>The same as a state: without what changes with each message, since to publish that to a session that waits for it would change it again.</summary>
    internal static ItemShape<Session> StateShape { get; } = new([.. Shape.Fields.Where(field => field.Name is not ("size" or "waiting_channels"))]);

    internal static ItemKind<Session> Kind { get; } = new(
        "session", "mqtt/sessions", call => call.Service<SessionDirectory>().All, (call, id) => call.Service<SessionDirectory>().Find(id), session => session.Number, session => session.Key.Cid, _ => Shape);

    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/mqtt/sessions", RouteInputs.Fields | RouteInputs.Body, CreateAsync, "Creates sessions ahead of their clients: who connects with the client id, and not clean, finds what waited."),
        new("GET", "/mqtt/sessions/{sel}", RouteInputs.Fields, Kind.ReadAsync, "Shows sessions of MQTT clients, there and away."),
        new("DELETE", "/mqtt/sessions/{sel}", RouteInputs.None, RemoveAsync, "Ends sessions: their clients are disconnected, and what waits for them is gone."),
    ];

    private static Task CreateAsync(ApiCall call)
    {
        SessionDirectory sessions = call.Service<SessionDirectory>();
        return Kind.CreateAsync(call, Shape, item => Read(call, item), async draft =>
        {
            (Session? session, string? problem, Task stored) = sessions.TryCreate(draft.Key, call.Caller.Token, draft.Expiry);
            try
            {
                await stored.ConfigureAwait(false);
            }
            catch (IOException) when (session is not null)
            {
                // What can't be kept is not there.
                await sessions.EndAsync(session, MqttDisconnectReasonCode.ServerBusy).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }
            return (session, problem);
        });
    }

    private static Task RemoveAsync(ApiCall call)
    {
        SessionDirectory sessions = call.Service<SessionDirectory>();
        return Kind.RemoveAsync(call, async session =>
        {
            await sessions.EndAsync(session, MqttDisconnectReasonCode.AdministrativeAction).ConfigureAwait(false);
            return null;
        });
    }

    private static (SessionKey Key, TimeSpan Expiry) Read(ApiCall call, JsonElement item)
    {
        string clientId = "";
        long cid = call.Caller.AccountId;
        TimeSpan expiry = MqttLimits.SessionExpiryMax;
        foreach (JsonProperty field in item.EnumerateObject())
        {
            switch (field.Name)
            {
                case "client_id":
                    clientId = field.Text(MqttLimits.ClientIdLengthMax);
                    break;
                case "expires":
                    expiry = TimeSpan.FromSeconds(field.Integer(1, (long)MqttLimits.SessionExpiryMax.TotalSeconds));
                    break;
                case "cid":
                    cid = ItemKind<Session>.CidOfNew(call, field.Integer(0, long.MaxValue));
                    break;
                default:
                    throw field.Unknown("session", s_settable);
            }
        }
        if (clientId.Length == 0 || clientId.Contains('\0', StringComparison.Ordinal)) throw ApiProblem.BadRequest("A session must have a client_id, the name that its client connects with; no NUL in it.");
        var key = new SessionKey(cid, clientId);
        return call.Service<SessionDirectory>().Find(key) is { } known ? throw ApiProblem.BadRequest($"Client {clientId} has session {known.Number} already.") : (key, expiry);
    }
}
