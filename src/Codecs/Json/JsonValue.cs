namespace Gateway.Codecs;

/// <summary>Writes one MessagePack value as JSON. The value has been walked over before, so it is whole and not too deep.</summary>
internal static class JsonValue
{
    /// <summary>Writes the value at <paramref name="p"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(ReadOnlySpan<byte> payload, int p, Span<byte> json) => WriteNext(payload, ref p, json);

    private static int WriteNext(ReadOnlySpan<byte> payload, ref int p, Span<byte> json)
    {
        byte code = payload[p];
        switch (code)
        {
            case 0xCB or 0xCA when MessagePackScan.TryReal(payload, ref p, out double real):
                return JsonText.WriteReal(json, real);
            case 0xC2:
                p++;
                return JsonText.Copy("false"u8, json);
            case 0xC3:
                p++;
                return JsonText.Copy("true"u8, json);
            case (>= 0xA0 and <= 0xBF) or (>= 0xD9 and <= 0xDB) when MessagePackScan.TryText(payload, ref p, out int start, out int length):
                return JsonText.WriteText(json, payload.Slice(start, length));
            case < 0x80 or >= 0xE0 or (>= 0xCC and <= 0xD3) when MessagePackScan.TryInteger(payload, ref p, out long integer):
                return code == 0xCF ? JsonText.WriteUnsigned(json, (ulong)integer) : JsonText.WriteInteger(json, integer);
            case 0xD6 or 0xD7 or 0xC7 when MessagePackScan.TryTime(payload, ref p, out long timeUs):
                return JsonText.WriteTime(json, timeUs);
            case 0xC4 or 0xC5 or 0xC6:
                return WriteBytes(payload, ref p, json);
            case (>= 0x80 and <= 0x9F) or (>= 0xDC and <= 0xDF):
                return WriteContainer(payload, ref p, json);
            default:
                // Nil, and extensions that nobody here writes.
                MessagePackScan.TrySkip(payload, ref p);
                return JsonText.Copy("null"u8, json);
        }
    }

    private static int WriteBytes(ReadOnlySpan<byte> payload, ref int p, Span<byte> json)
    {
        int header = 1 + (1 << (payload[p] - 0xC4));
        int start = p + header;
        MessagePackScan.TrySkip(payload, ref p);
        json[0] = (byte)'"';
        Convert.TryToHexStringLower(payload[start..p], json[1..], out int digits);
        json[digits + 1] = (byte)'"';
        return digits + 2;
    }

    private static int WriteContainer(ReadOnlySpan<byte> payload, ref int p, Span<byte> json)
    {
        MessagePackScan.TryContainer(payload, ref p, out int count, out bool isMap);
        json[0] = (byte)(isMap ? '{' : '[');
        int length = 1;
        for (int i = 0; i < count; i++)
        {
            if (i > 0) json[length++] = (byte)',';
            if (isMap)
            {
                length += WriteKey(payload, ref p, json[length..]);
                json[length++] = (byte)':';
            }
            length += WriteNext(payload, ref p, json[length..]);
        }
        json[length++] = (byte)(isMap ? '}' : ']');
        return length;
    }

    private static int WriteKey(ReadOnlySpan<byte> payload, ref int p, Span<byte> json)
    {
        if (MessagePackScan.TryText(payload, ref p, out int start, out int length)) return JsonText.WriteText(json, payload.Slice(start, length));
        int at = p;
        if (!MessagePackScan.TryInteger(payload, ref p, out long integer))
        {
            // A key that JSON can't have; its place in the payload keeps it apart from others.
            MessagePackScan.TrySkip(payload, ref p);
            integer = at;
        }
        json[0] = (byte)'"';
        int digits = JsonText.WriteInteger(json[1..], integer);
        json[digits + 1] = (byte)'"';
        return digits + 2;
    }
}
