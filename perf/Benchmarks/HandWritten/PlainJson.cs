using System.Buffers;
using System.Text.Json;
using Gateway.Codecs;

namespace Gateway.Perf.Benchmarks.HandWritten;

/// <summary>One typical message, twice: as the payload that is stored, and as JSON written by somebody who has its values at hand.</summary>
public static class PlainJson
{
    /// <summary>What surrounds the message.</summary>
    public static readonly MessageEnvelope Envelope = new(7, 16, 1_700_000_001_250_000);

    private const long TimestampUs = 1_700_000_000_000_000;
    private static readonly byte[] s_ident = "353173060000000"u8.ToArray();
    private static readonly byte[] s_peer = "203.0.113.7:40321"u8.ToArray();
    private static readonly JsonEncodedText[] s_names =
    [
        .. new[]
        {
            "battery.voltage", "channel.id", "engine.ignition.status", "event.enum", "external.powersource.voltage", "gsm.signal.level", "ident", "movement.status", "peer",
            "position.altitude", "position.direction", "position.hdop", "position.latitude", "position.longitude", "position.satellites", "position.speed", "position.valid",
            "protocol.id", "server.timestamp", "timestamp", "vehicle.mileage",
        }.Select(name => JsonEncodedText.Encode(name)),
    ];

    /// <summary>The message as it is stored: 18 values in the order of a frame.</summary>
    public static byte[] Payload()
    {
        PlainMessages messages = new(s_ident, s_peer);
        messages.Begin();
        messages.Time(Keys.Timestamp, TimestampUs);
        messages.Real(Keys.PositionLongitude, 25.2797);
        messages.Real(Keys.PositionLatitude, 54.6872);
        messages.Integer(Keys.PositionAltitude, 112);
        messages.Integer(Keys.PositionDirection, 90);
        messages.Integer(Keys.PositionSatellites, 11);
        messages.Boolean(Keys.PositionValid, true);
        messages.Integer(Keys.PositionSpeed, 54);
        messages.Integer(Keys.EventEnum, 239);
        messages.Boolean(Keys.EngineIgnitionStatus, true);
        messages.Boolean(Keys.MovementStatus, true);
        messages.Integer(Keys.GsmSignalLevel, 80);
        messages.Real(Keys.PositionHdop, 0.8);
        messages.Real(Keys.ExternalPowersourceVoltage, 12.65);
        messages.Real(Keys.BatteryVoltage, 4.012);
        messages.Real(Keys.VehicleMileage, 123.456);
        messages.End();
        return messages[0].ToArray();
    }

    /// <summary>Writes the message as JSON with the platform's writer: names encoded once, values at hand and in order.</summary>
    /// <param name="writer">Reset before.</param>
    public static void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber(s_names[0], 4.012);
        writer.WriteNumber(s_names[1], Envelope.ChannelId);
        writer.WriteBoolean(s_names[2], true);
        writer.WriteNumber(s_names[3], 239);
        writer.WriteNumber(s_names[4], 12.65);
        writer.WriteNumber(s_names[5], 80);
        writer.WriteString(s_names[6], s_ident);
        writer.WriteBoolean(s_names[7], true);
        writer.WriteString(s_names[8], s_peer);
        writer.WriteNumber(s_names[9], 112);
        writer.WriteNumber(s_names[10], 90);
        writer.WriteNumber(s_names[11], 0.8);
        writer.WriteNumber(s_names[12], 54.6872);
        writer.WriteNumber(s_names[13], 25.2797);
        writer.WriteNumber(s_names[14], 11);
        writer.WriteNumber(s_names[15], 54);
        writer.WriteBoolean(s_names[16], true);
        writer.WriteNumber(s_names[17], Envelope.ProtocolId);
        writer.WriteNumber(s_names[18], Envelope.ServerTimeUs / 1e6);
        writer.WriteNumber(s_names[19], TimestampUs / 1_000_000);
        writer.WriteNumber(s_names[20], 123.456);
        writer.WriteEndObject();
        writer.Flush();
    }
}
