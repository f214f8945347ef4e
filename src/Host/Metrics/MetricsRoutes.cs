using System.Net;
using System.Text;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Mqtt;
using Gateway.Storage;

namespace Gateway.Host.Metrics;

/// <summary>Maps <c>GET /metrics</c>: Prometheus text. From loopback without a token, from elsewhere with a master token of the root account: they are about everybody's channels.</summary>
internal static class MetricsRoutes
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Maps the route.</summary>
    public static void MapGatewayMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", (RequestDelegate)(context =>
        {
            IServiceProvider services = context.RequestServices;
            bool isLocal = context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
            if (!isLocal && !IsOperator(services, context))
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            }
            context.Response.ContentType = ContentType;
            return context.Response.WriteAsync(
                Render(services.GetRequiredService<ChannelDirectory>(), services.GetRequiredService<MqttBroker>()), context.RequestAborted);
        }));

    private static bool IsOperator(IServiceProvider services, HttpContext context)
    {
        GuessGuard guesses = services.GetRequiredService<GuessGuard>();
        if (guesses.IsBlocked(context.Connection.RemoteIpAddress)) return false;
        string shown = context.Request.Headers.Authorization.ToString();
        if (services.GetRequiredService<AccessTokens>().TryFind(shown, out Token? token)) return new Caller(token, token.Cid).IsOperator;
        guesses.Note(context.Connection.RemoteIpAddress, shown);
        return false;
    }

    private static string Render(ChannelDirectory channels, MqttBroker broker)
    {
        PrometheusText text = new();
        IReadOnlyList<Channel> all = channels.All;
        text.Gauge("gateway_channels", "Channels.", all.Count);
        foreach (Channel channel in all) text.Sample("gateway_channel_buffer_messages", "gauge", "Messages in the buffer.", channel, channel.Log.State.Count);
        foreach (Channel channel in all) text.Sample("gateway_channel_buffer_bytes", "gauge", "Bytes of the buffer that count against its quota.", channel, channel.Log.State.Bytes);
        ChannelMetrics.Render(text, all);
        text.Gauge("gateway_mqtt_clients", "MQTT clients connected.", broker.Clients);
        text.Gauge("gateway_mqtt_sessions", "MQTT sessions, with and without their client.", broker.Sessions);
        text.Gauge("gateway_mqtt_retained", "Retained MQTT messages.", broker.Retained);
        text.Counter("gateway_mqtt_published_total", "Messages of channels that somebody wanted over MQTT.", broker.Counters.Published);
        text.Counter("gateway_mqtt_received_total", "Messages that MQTT clients published.", broker.Counters.Received);
        text.Counter("gateway_mqtt_dropped_total", "Deliveries dropped because an MQTT client was too slow.", broker.Counters.Dropped);
        text.Counter("gateway_mqtt_too_large_total", "Deliveries left out because an MQTT client takes no packets of their size.", broker.Counters.TooLarge);
        text.Counter("gateway_mqtt_missed_total", "Times that an MQTT session came to messages of a channel that had expired or were deleted before it read them.", broker.Counters.Missed);
        text.Counter("gateway_mqtt_events_left_out_total", "Events of MQTT sessions that were not noted: too many of one client or account in a minute.", broker.Counters.Unlogged);
        foreach (MqttRefusal reason in Enum.GetValues<MqttRefusal>()) text.Sample("gateway_mqtt_refused_total", "counter", "What MQTT clients were refused.", reason.ToString(), broker.Counters.Of(reason));
        text.Gauge("process_resident_memory_bytes", "Memory of the process.", Environment.WorkingSet);
        text.Counter("process_cpu_seconds_total", "CPU time of the process.", Environment.CpuUsage.TotalTime.TotalSeconds);
        text.Gauge("dotnet_gc_heap_bytes", "Managed heap.", GC.GetTotalMemory(forceFullCollection: false));
        text.Gauge("dotnet_threadpool_threads", "Threads of the pool.", ThreadPool.ThreadCount);
        return text.ToString();
    }
}

/// <summary>Writes Prometheus' text format; one HELP and TYPE line per name, samples of a name together.</summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder _text = new();
    private string _last = "";

    /// <summary>A gauge without labels.</summary>
    public void Gauge(string name, string help, double value) => Line(name, "gauge", help, "", value);

    /// <summary>A counter without labels.</summary>
    public void Counter(string name, string help, double value) => Line(name, "counter", help, "", value);

    /// <summary>A sample of a channel.</summary>
    public void Sample(string name, string type, string help, Channel channel, double value, string labels = "") =>
        Line(name, type, help, $"{{channel=\"{channel.Id}\",protocol=\"{channel.Codec.Info.Name}\"{labels}}}", value);

    /// <summary>A sample for a reason.</summary>
    public void Sample(string name, string type, string help, string reason, double value) => Line(name, type, help, $"{{reason=\"{reason}\"}}", value);

    /// <inheritdoc />
    public override string ToString() => _text.ToString();

    private void Line(string name, string type, string help, string labels, double value)
    {
        if (_last != name) _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        _last = name;
        _text.Append(name).Append(labels).Append(' ').Append(value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)).Append('\n');
    }
}
