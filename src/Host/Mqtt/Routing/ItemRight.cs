namespace Gateway.Host.Mqtt.Routing;

/// <summary>What a client must be allowed to read to be given a message of the gateway.</summary>
/// <param name="Collection">As access lists call it: <c>gw/channels</c>.</param>
/// <param name="Submodule">Part of the item, as <c>messages</c>; null for the item itself.</param>
/// <param name="Id">Number of the item.</param>
internal sealed record ItemRight(string Collection, string? Submodule, long Id);
