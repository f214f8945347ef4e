namespace Gateway.Host.Mqtt.States;

/// <summary>Where to look for changes of state.</summary>
internal enum StateLook
{
    /// <summary>What users change of channels and devices.</summary>
    Users,
    /// <summary>Also what changes by itself: counters, telemetry, connections, commands, sessions; as far as somebody listens.</summary>
    Live,
    /// <summary>All items, but only what every change of is told, whoever listens: for the first look and the last.</summary>
    Whole,
}
