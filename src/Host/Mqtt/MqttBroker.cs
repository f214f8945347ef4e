using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Gateway.Host.Accounts;
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

    private const string ReservedPrefix = "flespi/";

    private readonly MqttServer _server;
    private readonly AccessTokens _tokens;
    private readonly ILogger<MqttBroker> _logger;
    private readonly ConcurrentDictionary<string, byte> _beingDropped = new(StringComparer.Ordinal);
    private int _clients;
    private long _published;
    private long _dropped;
    private long _refused;

    /// <summary>Makes a broker over Kestrel's connections.</summary>
    public MqttBroker(IEnumerable<IMqttServerAdapter> adapters, AccessTokens tokens, ILogger<MqttBroker> logger)
    {
        _tokens = tokens;
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
    /// <param name="payload">Owned by the broker from here on.</param>
    /// <param name="timeUs">When it appeared, µs since 1970: the user property <c>timestamp</c> of MQTT 5.</param>
    /// <param name="cancellationToken">Stops the hand-over.</param>
    public Task PublishAsync(string topic, byte[] payload, long timeUs, CancellationToken cancellationToken)
    {
        MqttApplicationMessage message = new()
        {
            Topic = topic,
            PayloadSegment = payload,
            QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            UserProperties = [Property("timestamp", Seconds(timeUs))],
        };
        Interlocked.Increment(ref _published);
        return _server.InjectApplicationMessage(
            new InjectedMqttApplicationMessage(message) { SenderClientId = "gateway", CustomSessionItems = _server.ServerSessionItems },
            cancellationToken);
    }

    private static MqttUserProperty Property(string name, string value) => new(name, new ArraySegment<byte>(Encoding.UTF8.GetBytes(value)));

    private static string Seconds(long timeUs) => (timeUs / 1e6m).ToString("0.######", CultureInfo.InvariantCulture);

    private Task ValidateAsync(ValidatingConnectionEventArgs connection)
    {
        if (!_tokens.TryFind(connection.UserName, out TokenInfo token) && !_tokens.TryFind(connection.Password, out token))
        {
            Interlocked.Increment(ref _refused);
            connection.ReasonCode = MqttConnectReasonCode.NotAuthorized;
            LogRefused(_logger, connection.RemoteEndPoint?.ToString() ?? "");
            return Task.CompletedTask;
        }

        connection.ReasonCode = MqttConnectReasonCode.Success;
        // Clients of flespi read who they are from here, some without asking whether it is there.
        connection.ResponseUserProperties ??= [];
        connection.ResponseUserProperties.Add(Property(
            "token", string.Create(CultureInfo.InvariantCulture, $$$"""{"access":{"type":1},"cid":1,"id":{{{token.Id}}}}""")));
        return Task.CompletedTask;
    }

    private static Task InterceptSubscriptionAsync(InterceptingSubscriptionEventArgs subscription)
    {
        if (subscription.TopicFilter.QualityOfServiceLevel is MqttQualityOfServiceLevel.ExactlyOnce)
        {
            subscription.TopicFilter.QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce;
            subscription.Response.ReasonCode = MqttSubscribeReasonCode.GrantedQoS1;
        }
        return Task.CompletedTask;
    }

    private Task InterceptPublishAsync(InterceptingPublishEventArgs publish)
    {
        bool isOurs = ReferenceEquals(publish.SessionItems, _server.ServerSessionItems);
        if (!isOurs && publish.ApplicationMessage.Topic.StartsWith(ReservedPrefix, StringComparison.Ordinal)) publish.ProcessPublish = false;
        return Task.CompletedTask;
    }

    private Task OnSubscribedAsync(ClientSubscribedTopicEventArgs subscription)
    {
        if (Subscriptions.Add(subscription.SessionItems, subscription.TopicFilter.Topic)) MessagesWanted?.Invoke();
        return Task.CompletedTask;
    }

    private Task OnUnsubscribedAsync(ClientUnsubscribedTopicEventArgs subscription)
    {
        Subscriptions.Remove(subscription.SessionItems, subscription.TopicFilter);
        return Task.CompletedTask;
    }

    private Task OnSessionDeletedAsync(SessionDeletedEventArgs session)
    {
        Subscriptions.RemoveSession(session.SessionItems);
        return Task.CompletedTask;
    }

    private Task OnConnectedAsync(ClientConnectedEventArgs client)
    {
        Interlocked.Increment(ref _clients);
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
