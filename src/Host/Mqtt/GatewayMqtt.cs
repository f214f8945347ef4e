using Gateway.Host.Mqtt.Channels;
using Gateway.Host.Mqtt.Connections;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Mqtt.Requests;
using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Mqtt.States;
using Gateway.Host.Mqtt.Storing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Host.Mqtt;

/// <summary>Puts the MQTT broker into a host.</summary>
internal static class GatewayMqtt
{
    private const string WebSocketPath = "/mqtt";
    private const string SubProtocol = "mqtt";

    /// <summary>Adds the broker. The port is Kestrel's: <see cref="UseGatewayMqtt"/>.</summary>
    public static IServiceCollection AddGatewayMqtt(this IServiceCollection services)
    {
        services.AddConnections();
        services.AddSingleton<MqttCounters>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<SessionJournal>();
        services.AddSingleton<SessionQueues>();
        services.AddSingleton<SessionAccess>();
        services.AddSingleton<AccountFilters>();
        services.AddSingleton<ChannelInterest>();
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<StateTree>();
        services.AddSingleton<IRetainedSource>(provider => provider.GetRequiredService<StateTree>());
        services.AddSingleton<RetainedMessages>();
        services.AddSingleton<Router>();
        services.AddSingleton<Publisher>();
        services.AddSingleton<RestRequests>();
        services.AddSingleton<FeedServices>();
        services.AddSingleton<ChannelFeeds>();
        services.AddSingleton<PlaceKeeper>();
        services.AddSingleton<ClientSubscriptions>();
        services.AddSingleton<ClientPublishing>();
        services.AddSingleton<PumpServices>();
        services.AddSingleton<Admission>();
        services.AddSingleton<MqttBroker>();
        services.AddSingleton<IMqttPublisher>(provider => provider.GetRequiredService<Publisher>());
        services.AddHostedService(provider => provider.GetRequiredService<PlaceKeeper>());
        services.AddHostedService(provider => provider.GetRequiredService<MqttBroker>());
        services.AddHostedService<StatePublisher>();
        services.AddHostedService<LogPublisher>();
        return services;
    }

    /// <summary>Serves MQTT on a port.</summary>
    public static void UseGatewayMqtt(this ListenOptions listener) => listener.UseConnectionHandler<MqttConnectionHandler>();

    /// <summary>Leads WebSockets that speak MQTT to the broker whatever their path: clients use <c>/mqtt</c>, <c>/</c> and others. Before routing.</summary>
    public static void UseGatewayMqttOverWebSocket(this IApplicationBuilder application) =>
        application.Use(static (context, next) =>
        {
            IHeaderDictionary headers = context.Request.Headers;
            bool isWebSocket = headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase);
            if (isWebSocket && (context.Request.Path == "/" || headers.SecWebSocketProtocol.ToString().Contains(SubProtocol, StringComparison.OrdinalIgnoreCase)))
                context.Request.Path = WebSocketPath;
            return next(context);
        });

    /// <summary>Maps the broker's WebSocket.</summary>
    public static void MapGatewayMqtt(this IEndpointRouteBuilder routes) =>
        routes.MapConnectionHandler<MqttConnectionHandler>(WebSocketPath, options =>
        {
            options.Transports = HttpTransportType.WebSockets;
            options.WebSockets.SubProtocolSelector = asked =>
                asked.FirstOrDefault(p => p.Equals(SubProtocol, StringComparison.OrdinalIgnoreCase)) ?? asked.FirstOrDefault() ?? "";
        });
}
