using Microsoft.AspNetCore.Http.Connections;
using MQTTnet.AspNetCore;

namespace Gateway.Host.Mqtt;

/// <summary>Puts the MQTT broker and the publisher into a host.</summary>
internal static class GatewayMqtt
{
    private const string WebSocketPath = "/mqtt";
    private const string SubProtocol = "mqtt";

    /// <summary>Adds broker and publisher. The port is Kestrel's: <c>listener.UseMqtt()</c>.</summary>
    public static IServiceCollection AddGatewayMqtt(this IServiceCollection services)
    {
        services.AddConnections();
        services.AddMqttConnectionHandler();
        services.AddSingleton<ClientAccess>();
        services.AddSingleton<MqttBroker>();
        services.AddSingleton<MessagePublisher>();
        services.AddHostedService(provider => provider.GetRequiredService<MqttBroker>());
        services.AddHostedService(provider => provider.GetRequiredService<MessagePublisher>());
        services.AddHostedService<SessionSweeper>();
        return services;
    }

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
