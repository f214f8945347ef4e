using System.Buffers;
using System.Globalization;
using Gateway.Host.Accounts;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.Wire;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace Gateway.Host.Mqtt.Requests;

/// <summary>REST over MQTT: a publish to <c>flespi/rest/METHOD/PATH</c> is a request, its payload the body; the answer is published to the response topic, with the correlation data.</summary>
/// <remarks>
/// The request has the rights of the client's token over REST, the answer goes to a topic that the token may publish to. A publish is acknowledged when the request was taken; only the answer says what
/// came of it. Without a response topic, as in MQTT 3, the answer is thrown away.
/// </remarks>
internal sealed class RestRequests(SessionAccess access, LocalCalls calls, Publisher publisher, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<RestRequests> logger)
{
    private const string Root = "flespi/rest/";
    private const string HeaderPrefix = "x-flespi-";
    private const string Cid = "cid";

    private int _running;

    /// <summary>Whether a topic is that of a request.</summary>
    internal static bool IsRequest(string topic) => topic.StartsWith(Root, StringComparison.Ordinal);

    /// <summary>Takes a request.</summary>
    /// <param name="session">Whose it is.</param>
    /// <param name="packet">The request; what is needed of it is copied.</param>
    /// <returns>What an acknowledgement says.</returns>
    internal MqttPubAckReasonCode Take(Session session, MqttPublishPacket packet)
    {
        ReadOnlySpan<char> rest = packet.Topic.AsSpan(Root.Length);
        int slash = rest.IndexOf('/');
        if (slash <= 0 || slash == rest.Length - 1 || !IsMethod(rest[..slash])) return MqttPubAckReasonCode.TopicNameInvalid;
        // A will has no client any more that could ask for anything.
        if (session.Connection is not { } connection || access.TokenOf(session) is not { } token) return MqttPubAckReasonCode.NotAuthorized;
        if (packet.ResponseTopic is { } topic && !access.MayPublish(session, topic)) return MqttPubAckReasonCode.NotAuthorized;
        if (!TryBegin(connection)) return MqttPubAckReasonCode.QuotaExceeded;

        IReadOnlyList<KeyValuePair<string, string>> properties = PublicationProperties.Copy(packet.UserProperties);
        var request = new LocalRequest(rest[..slash].ToString().ToUpperInvariant(), rest[slash..].ToString(), packet.Payload.ToArray(), token)
        {
            Remote = connection.Remote?.Address,
            Headers =
            [
                .. properties.Where(property => property.Key.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase)),
                .. properties.Where(property => property.Key == Cid).Take(1).Select(property => KeyValuePair.Create(HeaderPrefix + Cid, property.Value)),
            ],
        };
        var reply = new Reply(packet.ResponseTopic, packet.CorrelationData, packet.QualityOfServiceLevel is MqttQualityOfServiceLevel.AtMostOnce ? (byte)0 : (byte)1);
        CancellationToken gone = connection.Closed;
        _ = Task.Run(() => AnswerAsync(session, connection, request, reply, gone), CancellationToken.None);
        return MqttPubAckReasonCode.Success;
    }

    private static bool IsMethod(ReadOnlySpan<char> text)
    {
        const int LengthMax = 10;
        if (text.Length > LengthMax) return false;
        foreach (char letter in text)
            if (!char.IsAsciiLetter(letter)) return false;
        return true;
    }

    private bool TryBegin(ClientConnection connection)
    {
        if (Interlocked.Increment(ref _running) <= MqttLimits.RequestsMax && connection.TryBeginRequest()) return true;
        Interlocked.Decrement(ref _running);
        return false;
    }

    private async Task AnswerAsync(Session session, ClientConnection connection, LocalRequest request, Reply reply, CancellationToken gone)
    {
        // Some clients publish and leave; others wait for the answer.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        await using CancellationTokenRegistration leaving = gone.Register(() => limit.CancelAfter(MqttLimits.RequestGrace));
        try
        {
            LocalAnswer answer = await calls.CallAsync(request, MqttLimits.AnswerBytesMax, limit.Token).ConfigureAwait(false);
            if (reply.Topic is null) return;
            await publisher.PublishAsync(new Publication
            {
                Topic = reply.Topic,
                Payload = answer.Body,
                Cid = session.Key.Cid,
                TimeUs = clock.GetUtcNow().ToUnixTimeUs(),
                Qos = reply.Qos,
                Extra = new PublicationProperties
                {
                    IsText = true,
                    ContentType = "application/json",
                    CorrelationData = reply.Correlation,
                    UserProperties = [KeyValuePair.Create("status", answer.Status.ToString(CultureInfo.InvariantCulture))],
                },
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // The client went some time ago, or the gateway stops.
        }
        catch (IOException failure)
        {
            MqttLog.StoreFault(logger, failure);
        }
        catch (Exception failure)
        {
            // It must not be lost in a task that nobody waits for.
            MqttLog.RequestFault(logger, failure, request.Method, request.Target);
        }
        finally
        {
            connection.EndRequest();
            Interlocked.Decrement(ref _running);
        }
    }

    private sealed record Reply(string? Topic, byte[]? Correlation, byte Qos);
}
