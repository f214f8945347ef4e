namespace Gateway.Host.Api;

/// <summary>All operations of the API. One more is one row in the table of its subject; one more subject is one line here.</summary>
internal static class ApiRoutes
{
    /// <summary>Every operation, in the order of the documents.</summary>
    internal static IReadOnlyList<ApiRoute> All { get; } =
    [
        .. ChannelRoutes.Table,
        .. MessageRoutes.Table,
        .. RecordRoutes.Table,
        .. ConnectionRoutes.Table,
        .. ProtocolRoutes.Table,
        .. DeviceTypeRoutes.Table,
        .. DeviceRoutes.Table,
        .. DeviceMessageRoutes.Table,
        .. TelemetryRoutes.Table,
        .. DeviceRecordRoutes.Table,
        .. CommandRoutes.Table,
        .. CommandResultRoutes.Table,
        .. ChannelCommandRoutes.Table,
        .. ReloadRoutes.Table,
        .. CustomerRoutes.Table,
        .. SubaccountRoutes.Table,
        .. TokenRoutes.Table,
        .. LimitRoutes.Table,
        .. AccountLogRoutes.Table,
        .. MqttSessionRoutes.Table,
        .. MqttSubscriptionRoutes.Table,
        .. MqttMessageRoutes.Table,
        .. MqttLogRoutes.Table,
        .. AuthRoutes.Table,
        .. ExpressionRoutes.Table,
        .. ConstRoutes.Table,
        .. DocumentRoutes.Table,
    ];

    /// <summary>Those that the documents have: older names of the same are left out.</summary>
    internal static IEnumerable<ApiRoute> Documented => All.Where(route => !route.IsAlias);
}
