namespace Gateway.Codecs;

/// <summary>Dictionary numbers that the runtime and the host themselves write or read. A test compares them with <c>parameters.tsv</c>.</summary>
public static class ParameterKeys
{
    /// <summary><c>channel.id</c></summary>
    public const int ChannelId = 692;
    /// <summary><c>device.id</c></summary>
    public const int DeviceId = 747;
    /// <summary><c>device.name</c></summary>
    public const int DeviceName = 752;
    /// <summary><c>device.type.id</c></summary>
    public const int DeviceTypeId = 759;
    /// <summary><c>ident</c></summary>
    public const int Ident = 1056;
    /// <summary><c>peer</c></summary>
    public const int Peer = 1188;
    /// <summary><c>position.latitude</c></summary>
    public const int Latitude = 1199;
    /// <summary><c>position.longitude</c></summary>
    public const int Longitude = 1202;
    /// <summary><c>protocol.id</c></summary>
    public const int ProtocolId = 1218;
    /// <summary><c>server.timestamp</c></summary>
    public const int ServerTimestamp = 1255;
    /// <summary><c>timestamp</c></summary>
    public const int Timestamp = 1344;
}
