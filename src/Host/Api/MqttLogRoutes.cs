using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Mqtt.Logs;
using Gateway.Storage.Rings;

namespace Gateway.Host.Api;

/// <summary><c>/mqtt/logs</c>: what happened to MQTT sessions of an account, those included that are no more.</summary>
internal static class MqttLogRoutes
{
    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/mqtt/logs", RouteInputs.Data, ReadAsync, "Reads what happened to MQTT sessions of the account: clients that came, went or were kept out, and what they subscribed to."),
    ];

    private static async Task ReadAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync().ConfigureAwait(false);
        MessageQuery query = MessageQuery.ForLogs(data?.RootElement);
        TokenAccess access = call.Caller.Token.Access;
        // A list that names sessions gives the logs of those.
        RingIdentMatch? match = access.Kind is TokenKind.Acl ? ident => access.Gives("GET", "mqtt/sessions", "logs", SessionJournal.SessionOf(ident)) : null;
        SessionJournal journal = call.Service<SessionJournal>();
        using var shape = new LogJson(query, call.Service<TimeProvider>());
        await RecordAnswer.WriteAsync(
            call, query, shape, [call.Caller.AccountId], cid => cid, (cid, times) => query.IsOfType(SessionJournal.OriginType) ? [journal.RingOf(cid).Read(times with { Ident = match })] : []).ConfigureAwait(false);
    }
}
