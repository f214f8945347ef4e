namespace Gateway.Host.Api;

/// <summary>Operations of the platform whose API this is that this gateway does not have: each answers HTTP 501 with the reason, so that nobody has to guess from a 404.</summary>
internal static class RefusedRoutes
{
    private const string NotYet = "are not built yet";

    // The longest that matches counts; {} stands for any one word.
    private static readonly Refusal[] s_refusals =
    [
        new("/gw/devices/{}", "This part of devices is not built yet."),
        new("/gw/devices/{}/calculate", $"Calculators {NotYet}."),
        new("/gw/devices/{}/geofences", $"Geofences {NotYet}."),
        new("/gw/devices/{}/settings", $"Settings of devices {NotYet}."),
        new("/gw/devices/{}/messages", "Messages come through channels: an http channel takes any."),
        new("/gw/devices/{}/media", "Files of devices are not kept."),
        new("/gw/devices/{}/sms", "There is no modem: text messages need a contract with a carrier."),
        new("/gw/streams", $"Streams {NotYet}; read channel messages by REST or MQTT."),
        new("/gw/stream-protocols", $"Streams {NotYet}."),
        new("/gw/plugins", $"Plugins {NotYet}."),
        new("/gw/plugin-types", $"Plugins {NotYet}."),
        new("/gw/calcs", $"Calculators {NotYet}."),
        new("/gw/geofences", $"Geofences {NotYet}."),
        new("/gw/groups", $"Groups {NotYet}."),
        new("/gw/assets", $"Assets {NotYet}."),
        new("/gw/modems", "There is no modem: text messages need a contract with a carrier."),
        new("/gw/channel-protocols/{}/device-types/{}/assistance", "There is no assistant: the page of each protocol and its spec say what is known."),
        new("/gw/channel-protocols/{}/device-types/{}/knowledge", "There is no knowledge base: the page of each protocol and its spec say what is known."),
        new("/platform/billing", "Nothing is charged."),
        new("/platform/customer/chat", "There is no support chat."),
        new("/platform/customer/chat-file", "There is no support chat."),
        new("/platform/customer/generate-pvm-code", $"Plugins {NotYet}."),
        new("/platform/customer/statistics", "Counters are kept for the running minute only; /metrics has them for a monitoring system to keep."),
        new("/platform/customer/unsubscribe", "No mail is sent."),
        new("/platform/customer/oauth", "There is no login by other platforms; make tokens."),
        new("/platform/deleted", "What is removed is gone: there is no recycle bin."),
        new("/platform/grants", "Grants are not given: move items to a subaccount, or make a token with an access list."),
        new("/platform/grantors", "Grants are not given: move items to a subaccount, or make a token with an access list."),
        new("/platform/identity-providers", "There is no login by other platforms; make tokens."),
        new("/platform/oauth", "There is no login by other platforms; make tokens."),
        new("/platform/realms", $"Realms {NotYet}; make tokens with access lists."),
        new("/platform/webhooks", $"Webhooks {NotYet}; subscribe by MQTT."),
        new("/storage/cdns", "Files are not served."),
        new("/storage/containers", $"Containers {NotYet}; an http channel takes any messages."),
        new("/auth/account", "Accounts are made with POST /platform/subaccounts."),
        new("/auth/callback", "There is no login by other platforms; make tokens."),
        new("/auth/email", "Accounts have no mail addresses."),
        new("/auth/login", "Accounts have no passwords; make tokens."),
        new("/auth/oauth", "There is no login by other platforms; make tokens."),
        new("/auth/password", "Accounts have no passwords; make tokens."),
        new("/ai", "There is no assistant."),
        new("/realm", $"Realms {NotYet}; make tokens with access lists."),
    ];

    private static readonly (string[] Words, string Reason)[] s_byLength = [.. s_refusals.Select(refusal => (WordsOf(refusal.Prefix), refusal.Reason)).OrderByDescending(row => row.Item1.Length)];

    /// <summary>Why there is no operation at a path; null when the path is nothing that the platform has.</summary>
    internal static string? ReasonOf(string path)
    {
        string[] words = WordsOf(path);
        foreach ((string[] prefix, string reason) in s_byLength)
            if (prefix.Length <= words.Length && prefix.Zip(words).All(pair => pair.First == "{}" || pair.First == pair.Second)) return reason;
        return null;
    }

    private static string[] WordsOf(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private sealed record Refusal(string Prefix, string Reason);
}
