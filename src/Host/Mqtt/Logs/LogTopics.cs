using System.Globalization;
using System.Text;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Devices;

namespace Gateway.Host.Mqtt.Logs;

/// <summary>Where events are published: below <c>flespi/log/</c>, the last level says what happened.</summary>
internal static class LogTopics
{
    /// <summary>How the topics of a channel's events begin.</summary>
    internal static string OfChannel(long id) => string.Create(CultureInfo.InvariantCulture, $"flespi/log/gw/channels/{id}");

    /// <summary>How the topics of a device's events begin.</summary>
    internal static string OfDevice(long id) => string.Create(CultureInfo.InvariantCulture, $"flespi/log/gw/devices/{id}");

    /// <summary>How the topics of events of an item of accounts begin.</summary>
    internal static string OfAccounts(AccountItem kind, long id) => string.Create(CultureInfo.InvariantCulture, $"flespi/log/{CollectionOf(kind)}/{id}");

    /// <summary>How the topics of a session's events begin.</summary>
    internal static string OfSession(long id) => string.Create(CultureInfo.InvariantCulture, $"flespi/log/mqtt/sessions/{id}");

    /// <summary>What access lists call items of accounts.</summary>
    internal static string CollectionOf(AccountItem kind) => kind switch
    {
        AccountItem.Limit => "platform/limits",
        AccountItem.Subaccount => "platform/subaccounts",
        AccountItem.Token => "platform/tokens",
        _ => "platform/customer",
    };

    /// <summary>The levels behind the channel.</summary>
    internal static string Of(in ChannelEvent happened)
    {
        string name = happened.Code switch
        {
            ChannelEventCode.BufferNearlyFull => "buffer_nearly_full",
            ChannelEventCode.MessagesDropped => "messages_dropped",
            ChannelEventCode.ProcessingError or ChannelEventCode.ConfigurationInvalid => "error",
            _ => NameOf(happened.Code),
        };
        return happened.ConnectionId == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"connections/{happened.ConnectionId}/{name}");
    }

    /// <summary>The levels behind the device.</summary>
    internal static string Of(in DeviceEvent happened)
    {
        string name = happened.Code switch
        {
            DeviceEventCode.CommandQueued => "queued",
            DeviceEventCode.CommandCancelled => "canceled",
            DeviceEventCode.CommandProcessed => "processed",
            DeviceEventCode.CommandExpired => "expired",
            DeviceEventCode.CommandSent => "sent",
            _ => NameOf(happened.Code),
        };
        return happened.CommandId == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"commands-queue/{happened.CommandId}/{name}");
    }

    /// <summary>The level behind an item of accounts.</summary>
    internal static string Of(AccountEventCode code) => code is AccountEventCode.TokenEnded ? "ended" : NameOf(code);

    /// <summary>The level behind the session.</summary>
    internal static string Of(SessionEventCode code) => code switch
    {
        SessionEventCode.SubscriptionCreated => "subscription_created",
        SessionEventCode.SubscriptionUpdated => "subscription_updated",
        SessionEventCode.SubscriptionDeleted => "subscription_deleted",
        _ => NameOf(code),
    };

    /// <summary>The event as REST shows it.</summary>
    /// <param name="kept">As it is kept: a JSON object without its time.</param>
    /// <param name="timeUs">µs since 1970.</param>
    internal static byte[] PayloadOf(ReadOnlySpan<byte> kept, long timeUs)
    {
        byte[] time = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"timestamp\":{timeUs / 1e6m}}}"));
        return [.. kept[..^1], .. time];
    }

    private static string NameOf<T>(T code) where T : struct, Enum => code.ToString().ToLowerInvariant();
}
