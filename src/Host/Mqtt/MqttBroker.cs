using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Host.Accounts;
using Gateway.Host.Configuration;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace Gateway.Host.Mqtt;

/// <summary>The embedded MQTT broker: lets clients with a token in, keeps <c>flespi/</c> for the gateway, and bounds what waits for a slow client.</summary>
/// <remarks>Its connections come from Kestrel, over TCP and over WebSocket. It has no port of its own.</remarks>
internal sealed partial class MqttBroker : IHostedService, IAsyncDisposable
{
    /// <summary>Messages that may wait for one client; later ones are dropped for it, counted, and cost a client with QoS 1 its connection.</summary>
    public const int PendingMessagesMax = 20_000;

    private const string SessionMark = "gateway.session";

    private readonly MqttServer _server;
    private readonly AccessTokens _tokens;
    private readonly GuessGuard _guesses;
    private readonly ClientAccess _access;
    private readonly RetainedTopics _retained = new();
    private readonly ILogger<MqttBroker> _logger;
    private readonly ConcurrentDictionary<string, byte> _beingDropped = new(StringComparer.Ordinal);
    private int _clients;
    private long _published;
    private long _dropped;
    private long _refused;

    /// <summary>Makes a broker over Kestrel's connections.</summary>
    public MqttBroker(IEnumerable<IMqttServerAdapter> adapters, AccessTokens tokens, GuessGuard guesses, ClientAccess access, ILogger<MqttBroker> logger)
    {
        _tokens = tokens;
        _guesses = guesses;
        _access = access;
        _logger = logger;
        MqttServerOptions options = new MqttServerOptionsBuilder()
            .WithoutDefaultEndpoint()
            .WithPersistentSessions()
            .WithMaxPendingMessagesPerClient(PendingMessagesMax)
            // The other strategy leaks every dropped message into the session's unacknowledged list.
            .WithPendingMessagesOverflowStrategy(MqttPendingMessagesOverflowStrategy.DropNewMessage)
            .Build();
        _server = new MqttServerFactory().CreateMqttServer(options, adapters);
        _server.ValidatingConnectionAsync += ValidateAsync;
        _server.InterceptingSubscriptionAsync += InterceptSubscriptionAsync;
        _server.InterceptingPublishAsync += InterceptPublishAsync;
        _server.InterceptingClientEnqueueAsync += InterceptDeliveryAsync;
        _server.ClientSubscribedTopicAsync += OnSubscribedAsync;
        _server.ClientUnsubscribedTopicAsync += OnUnsubscribedAsync;
        _server.SessionDeletedAsync += OnSessionDeletedAsync;
        _server.ClientConnectedAsync += OnConnectedAsync;
        _server.ClientDisconnectedAsync += OnDisconnectedAsync;
        _server.ApplicationMessageEnqueuedOrDroppedAsync += OnEnqueuedOrDroppedAsync;
    }

    /// <summary>Which channels somebody listens to.</summary>
    public SubscriptionTable Subscriptions { get; } = new();

    /// <summary>Raised after a filter that can match messages was added and before the client is told so; must be short.</summary>
    public event Action? MessagesWanted;

    /// <summary>Clients connected now.</summary>
    public int Clients => Volatile.Read(ref _clients);

    /// <summary>Messages given to the broker by the gateway since the start.</summary>
    public long Published => Volatile.Read(ref _published);

    /// <summary>Deliveries dropped because a client was too slow, since the start.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Connections refused for want of a valid token, since the start.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync();

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => _server.IsStarted ? _server.StopAsync() : Task.CompletedTask;

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Hands a message of the gateway to everybody who subscribed to its topic.</summary>
    /// <param name="topic">Full topic.</param>
    /// <param name="owner">Whose message it is: who may not read it does not get it.</param>
    /// <param name="payload">Owned by the broker from here on.</param>
    /// <param name="timeUs">When it appeared, µs since 1970: the user property <c>timestamp</c> of MQTT 5.</param>
    /// <param name="cancellationToken">Stops the hand-over.</param>
    public Task PublishAsync(string topic, OwnedProperties owner, byte[] payload, long timeUs, CancellationToken cancellationToken)
    {
        owner.Add(Property("timestamp", Seconds(timeUs)));
        owner.Add(Property("cid", owner.Cid.ToString(CultureInfo.InvariantCulture)));
        MqttApplicationMessage message = new()
        {
            Topic = topic,
            PayloadSegment = payload,
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            UserProperties = owner,
        };
        Interlocked.Increment(ref _published);
        return _server.InjectApplicationMessage(
            new InjectedMqttApplicationMessage(message) { SenderClientId = "gateway", CustomSessionItems = _server.ServerSessionItems },
            cancellationToken);
    }

    /// <summary>Ends the sessions whose token ended; notes that the tokens of connected clients are in use.</summary>
    /// <returns>How many sessions ended.</returns>
    internal async Task<int> SweepSessionsAsync()
    {
        int ended = 0;
        if (!_server.IsStarted) return ended;
        foreach (MqttSessionStatus session in await _server.GetSessionsAsync().ConfigureAwait(false))
        {
            if (_access.IsCurrent(session.Id, isConnected: session.DisconnectedTimestamp is null)) continue;
            ended++;
            try
            {
                if (session.DisconnectedTimestamp is null)
                    await _server.DisconnectClientAsync(session.Id, new MqttServerClientDisconnectOptions { ReasonCode = MqttDisconnectReasonCode.NotAuthorized }).ConfigureAwait(false);
            }
            catch (InvalidOperationException)
            {
                // The client went by itself meanwhile.
            }
            await session.DeleteAsync().ConfigureAwait(false);
        }
        return ended;
    }

    private static MqttUserProperty Property(string name, string value) => new(name, new ArraySegment<byte>(Encoding.UTF8.GetBytes(value)));

    private static string Seconds(long timeUs) => (timeUs / 1e6m).ToString("0.######", CultureInfo.InvariantCulture);

    private Task ValidateAsync(ValidatingConnectionEventArgs connection)
    {
        if (TokenOf(connection) is not { } token || !_access.TryAdmit(connection.ClientId, token))
        {
            Interlocked.Increment(ref _refused);
            connection.ReasonCode = MqttConnectReasonCode.NotAuthorized;
            LogRefused(_logger, connection.RemoteEndPoint?.ToString() ?? "");
            return Task.CompletedTask;
        }

        connection.ReasonCode = MqttConnectReasonCode.Success;
        // Clients of flespi read who they are from here, some without asking whether it is there.
        connection.ResponseUserProperties ??= [];
        connection.ResponseUserProperties.Add(Property("token", StoredJson.Object(json =>
        {
            json.WriteNumber("id", token.Id);
            json.WriteNumber("cid", token.Cid);
            json.WritePropertyName("access");
            token.Access.Write(json);
            json.WriteString("info", token.Info);
            json.WriteNumber("created", token.Created);
            json.WriteNumber("ttl", token.Ttl);
            json.WriteNumber("expire", token.Expire);
        })));
        return Task.CompletedTask;
    }

    /// <summary>The token that a client shows as user name or as password; null when neither is one.</summary>
    private Token? TokenOf(ValidatingConnectionEventArgs connection)
    {
        IPAddress? address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (_guesses.IsBlocked(address)) return null;
        if (_tokens.TryFind(connection.UserName, out Token? token) || _tokens.TryFind(connection.Password, out token)) return token;
        _guesses.Note(address, connection.UserName);
        _guesses.Note(address, connection.Password);
        return null;
    }

    private Task InterceptSubscriptionAsync(InterceptingSubscriptionEventArgs subscription)
    {
        if (!_access.MaySubscribe(subscription.ClientId, subscription.TopicFilter.Topic, out bool isOverLimit))
        {
            subscription.ProcessSubscription = false;
            subscription.Response.ReasonCode = isOverLimit ? MqttSubscribeReasonCode.QuotaExceeded : MqttSubscribeReasonCode.NotAuthorized;
            return Task.CompletedTask;
        }
        if (subscription.TopicFilter.QualityOfServiceLevel is MqttQualityOfServiceLevel.ExactlyOnce)
        {
            subscription.TopicFilter.QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce;
            subscription.Response.ReasonCode = MqttSubscribeReasonCode.GrantedQoS1;
        }
        return Task.CompletedTask;
    }

    private Task InterceptPublishAsync(InterceptingPublishEventArgs publish)
    {
        if (ReferenceEquals(publish.SessionItems, _server.ServerSessionItems)) return Task.CompletedTask;
        if (_access.MayPublish(publish.ClientId, publish.ApplicationMessage.Topic, out long cid, out bool isOverLimit) && _retained.MayPublish(publish.ApplicationMessage, cid))
        {
            var owner = new OwnedProperties(cid, channelId: 0);
            if (publish.ApplicationMessage.UserProperties is { } properties) owner.AddRange(properties);
            publish.ApplicationMessage.UserProperties = owner;
            return Task.CompletedTask;
        }
        publish.ProcessPublish = false;
        publish.Response.ReasonCode = isOverLimit ? MqttPubAckReasonCode.QuotaExceeded : MqttPubAckReasonCode.NotAuthorized;
        return Task.CompletedTask;
    }

    private Task InterceptDeliveryAsync(InterceptingClientApplicationMessageEnqueueEventArgs delivery)
    {
        delivery.AcceptEnqueue = _access.MayReceive(delivery.ReceiverClientId, delivery.ApplicationMessage.UserProperties as OwnedProperties, delivery.ApplicationMessage.Topic);
        return Task.CompletedTask;
    }

    private Task OnSubscribedAsync(ClientSubscribedTopicEventArgs subscription)
    {
        _access.OnSubscribed(subscription.ClientId, subscription.TopicFilter.Topic);
        if (Subscriptions.Add(subscription.SessionItems, subscription.TopicFilter.Topic)) MessagesWanted?.Invoke();
        return Task.CompletedTask;
    }

    private Task OnUnsubscribedAsync(ClientUnsubscribedTopicEventArgs subscription)
    {
        _access.OnUnsubscribed(subscription.ClientId, subscription.TopicFilter);
        Subscriptions.Remove(subscription.SessionItems, subscription.TopicFilter);
        return Task.CompletedTask;
    }

    private Task OnSessionDeletedAsync(SessionDeletedEventArgs session)
    {
        Subscriptions.RemoveSession(session.SessionItems);
        _access.Forget(session.Id, session.SessionItems[SessionMark]);
        return Task.CompletedTask;
    }

    private Task OnConnectedAsync(ClientConnectedEventArgs client)
    {
        Interlocked.Increment(ref _clients);
        client.SessionItems[SessionMark] = _access.MarkOf(client.ClientId);
        return Task.CompletedTask;
    }

    private Task OnDisconnectedAsync(ClientDisconnectedEventArgs client)
    {
        Interlocked.Decrement(ref _clients);
        _beingDropped.TryRemove(client.ClientId, out _);
        return Task.CompletedTask;
    }

    /// <summary>A gap in a QoS 1 subscription must be seen by its client: it loses the connection, as at flespi, and can fetch what is missing by REST.</summary>
    private async Task OnEnqueuedOrDroppedAsync(ApplicationMessageEnqueuedEventArgs delivery)
    {
        if (!delivery.IsDropped) return;
        Interlocked.Increment(ref _dropped);
        if (!_beingDropped.TryAdd(delivery.ReceiverClientId, 0)) return;
        LogTooSlow(_logger, delivery.ReceiverClientId, PendingMessagesMax);
        await _server.DisconnectClientAsync(delivery.ReceiverClientId, new MqttServerClientDisconnectOptions { ReasonCode = MqttDisconnectReasonCode.QuotaExceeded }).ConfigureAwait(false);
    }

    [LoggerMessage(3101, LogLevel.Warning, "MQTT connection from {Remote} refused: no valid token.")]
    private static partial void LogRefused(ILogger logger, string remote);

    [LoggerMessage(3102, LogLevel.Warning, "MQTT client {ClientId} disconnected: {Pending} messages wait for it.")]
    private static partial void LogTooSlow(ILogger logger, string clientId, int pending);
}
