using System.Buffers.Text;
using Gateway.Codecs.Reading;

namespace Gateway.Perf.Benchmarks.HandWritten;

/// <summary>A Wialon IPS 1.1 line as somebody would decode it who knows nothing but that line.</summary>
public static class WialonDecoder
{
    /// <summary>Decodes a data line, and writes the answer.</summary>
    /// <param name="line"><c>#D#date;time;lat;N;lon;E;speed;course;height;sats;hdop;inputs;outputs;adc;ibutton;params</c>, or <c>#SD#</c> with the first ten; no line end.</param>
    /// <param name="messages">Takes the message and the reply.</param>
    /// <returns>False when it is no such line.</returns>
    public static bool TryDecodeData(ReadOnlySpan<byte> line, PlainMessages messages)
    {
        bool isShort = line.StartsWith("#SD#"u8);
        if (!isShort && !line.StartsWith("#D#"u8)) return false;
        ReadOnlySpan<byte> rest = line[(isShort ? 4 : 3)..];

        ReadOnlySpan<byte> date = Column(ref rest, (byte)';');
        ReadOnlySpan<byte> time = Column(ref rest, (byte)';');
        if (date.Length != 6 || time.Length < 6 || !Text.IsDigits(date) || !Text.IsDigits(time[..6])) return false;
        if (!Clock.TryCivil(2000 + Two(date, 4), Two(date, 2), Two(date, 0), Two(time, 0), Two(time, 2), Two(time, 4), out long timeUs)) return false;
        ReadOnlySpan<byte> latitudeText = Column(ref rest, (byte)';');
        bool south = Column(ref rest, (byte)';') is [(byte)'S', ..];
        ReadOnlySpan<byte> longitudeText = Column(ref rest, (byte)';');
        bool west = Column(ref rest, (byte)';') is [(byte)'W', ..];
        if (!Coordinates.TryDegreesMinutes(latitudeText, out double latitude) || !Coordinates.TryDegreesMinutes(longitudeText, out double longitude)) return false;
        if (latitude > 90 || longitude > 180) return false;

        messages.Begin();
        messages.Real(Keys.PositionLatitude, south ? -latitude : latitude);
        messages.Real(Keys.PositionLongitude, west ? -longitude : longitude);
        if (!TryReal(Column(ref rest, (byte)';'), Keys.PositionSpeed, messages)) return false;
        if (!TryReal(Column(ref rest, (byte)';'), Keys.PositionDirection, messages)) return false;
        if (!TryReal(Column(ref rest, (byte)';'), Keys.PositionAltitude, messages)) return false;
        if (!Utf8Parser.TryParse(Column(ref rest, (byte)';'), out int satellites, out _)) return false;
        messages.Integer(Keys.PositionSatellites, satellites);
        if (!isShort)
        {
            if (!TryReal(Column(ref rest, (byte)';'), Keys.PositionHdop, messages)) return false;
            if (!TryInteger(Column(ref rest, (byte)';'), Keys.Din, messages)) return false;
            if (!TryInteger(Column(ref rest, (byte)';'), Keys.Dout, messages)) return false;
        }
        ReadOnlySpan<byte> voltages = Column(ref rest, (byte)';');
        Column(ref rest, (byte)';');    // iButton: NA in the line that is measured
        messages.Time(Keys.Timestamp, timeUs);
        messages.Boolean(Keys.PositionValid, satellites >= 3);
        for (int i = 1; !voltages.IsEmpty; i++)
            if (!TryReal(Column(ref voltages, (byte)','), Keys.Ain | i << 16, messages)) return false;
        if (!TryWriteParameters(Column(ref rest, (byte)';'), messages)) return false;
        messages.End();

        ReadOnlySpan<byte> reply = isShort ? "#ASD#1\r\n"u8 : "#AD#1\r\n"u8;
        reply.CopyTo(messages.Reply);
        messages.ReplyLength = reply.Length;
        return true;
    }

    private static bool TryWriteParameters(ReadOnlySpan<byte> parameters, PlainMessages messages)
    {
        Span<byte> name = stackalloc byte[128];
        "custom."u8.CopyTo(name);
        while (!parameters.IsEmpty)
        {
            ReadOnlySpan<byte> parameter = Column(ref parameters, (byte)',');
            ReadOnlySpan<byte> key = Column(ref parameter, (byte)':');
            ReadOnlySpan<byte> kind = Column(ref parameter, (byte)':');
            if (key.Length is 0 or > 100 || kind.Length != 1) return false;
            key.CopyTo(name[7..]);
            ReadOnlySpan<byte> fullName = name[..(7 + key.Length)];
            switch (kind[0])
            {
                case (byte)'1':
                    if (!Utf8Parser.TryParse(parameter, out long integer, out _)) return false;
                    messages.SmallInteger(fullName, integer);
                    break;
                case (byte)'2':
                    if (!Utf8Parser.TryParse(parameter, out double real, out _)) return false;
                    messages.Real(fullName, real);
                    break;
                default:
                    messages.Text(fullName, parameter);
                    break;
            }
        }
        return true;
    }

    private static bool TryReal(ReadOnlySpan<byte> text, int key, PlainMessages messages)
    {
        if (!Utf8Parser.TryParse(text, out double value, out int length) || length != text.Length) return false;
        messages.Real(key, value);
        return true;
    }

    private static bool TryInteger(ReadOnlySpan<byte> text, int key, PlainMessages messages)
    {
        if (!Utf8Parser.TryParse(text, out long value, out int length) || length != text.Length) return false;
        messages.Integer(key, value);
        return true;
    }

    private static int Two(ReadOnlySpan<byte> digits, int at) => (digits[at] - '0') * 10 + digits[at + 1] - '0';

    private static ReadOnlySpan<byte> Column(ref ReadOnlySpan<byte> rest, byte separator)
    {
        int end = rest.IndexOf(separator);
        ReadOnlySpan<byte> column = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return column;
    }
}
