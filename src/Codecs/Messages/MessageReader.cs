namespace Gateway.Codecs;

/// <summary>Reads single values out of a stored payload, without JSON: for topics, filters and cursors. When a key comes twice, the last one counts.</summary>
/// <remarks>Payloads that are no message give false. Nothing is allocated.</remarks>
public static class MessageReader
{
    /// <summary>The device's identifier, UTF-8.</summary>
    public static bool TryGetIdent(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> ident) => TryGetText(payload, ParameterKeys.Ident, out ident);

    /// <summary>The device's time, µs since 1970.</summary>
    public static bool TryGetTimestamp(ReadOnlySpan<byte> payload, out long timeUs) => TryGetTime(payload, ParameterKeys.Timestamp, out timeUs);

    /// <summary>The device's identifier and its time, in one pass.</summary>
    /// <param name="payload">A stored payload.</param>
    /// <param name="ident">UTF-8.</param>
    /// <param name="timeUs">µs since 1970; 0 when the message has no time.</param>
    /// <returns>False when there is no identifier.</returns>
    public static bool TryGetOrigin(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> ident, out long timeUs)
    {
        ident = default;
        timeUs = 0;
        bool isThere = false;
        int p = 0;
        if (!MessagePackScan.TryMapHeader(payload, ref p, out int count)) return false;
        for (int i = 0; i < count; i++)
        {
            if (!MessagePackScan.TryKey(payload, ref p, out int key, out _, out int nameLength)) return false;
            int start = p;
            if (!MessagePackScan.TrySkip(payload, ref p)) return false;
            if (nameLength >= 0) continue;
            // The last of equal keys counts, as everywhere.
            if (key == ParameterKeys.Timestamp) timeUs = TimeAt(payload, start, out long found) ? found : 0;
            else if (key == ParameterKeys.Ident)
            {
                isThere = MessagePackScan.TryText(payload, ref start, out int textStart, out int length);
                ident = isThere ? payload.Slice(textStart, length) : default;
            }
        }
        return isThere;
    }

    /// <summary>Latitude and longitude in degrees; false when one of them is missing.</summary>
    public static bool TryGetPosition(ReadOnlySpan<byte> payload, out double latitude, out double longitude)
    {
        longitude = 0;
        return TryGetNumber(payload, ParameterKeys.Latitude, out latitude) && TryGetNumber(payload, ParameterKeys.Longitude, out longitude);
    }

    /// <summary>A text value, UTF-8; false when there is none or it has another type.</summary>
    public static bool TryGetText(ReadOnlySpan<byte> payload, int key, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!TryFind(payload, key, out int p) || !MessagePackScan.TryText(payload, ref p, out int start, out int length)) return false;
        text = payload.Slice(start, length);
        return true;
    }

    /// <summary>A time value in µs since 1970; a number counts as seconds.</summary>
    public static bool TryGetTime(ReadOnlySpan<byte> payload, int key, out long timeUs)
    {
        timeUs = 0;
        return TryFind(payload, key, out int p) && TimeAt(payload, p, out timeUs);
    }

    /// <summary>A number, integer or real, or a time as seconds.</summary>
    public static bool TryGetNumber(ReadOnlySpan<byte> payload, int key, out double value)
    {
        value = 0;
        if (!TryFind(payload, key, out int p)) return false;
        if (TryNumberAt(payload, p, out value)) return true;
        if (!MessagePackScan.TryTime(payload, ref p, out long timeUs)) return false;
        value = timeUs / 1e6;
        return true;
    }

    /// <summary>An integer.</summary>
    public static bool TryGetInteger(ReadOnlySpan<byte> payload, int key, out long value)
    {
        value = 0;
        return TryFind(payload, key, out int p) && MessagePackScan.TryInteger(payload, ref p, out value);
    }

    /// <summary>A truth value.</summary>
    public static bool TryGetBoolean(ReadOnlySpan<byte> payload, int key, out bool value)
    {
        value = false;
        if (!TryFind(payload, key, out int p) || payload[p] is not (0xC2 or 0xC3)) return false;
        value = payload[p] == 0xC3;
        return true;
    }

    /// <summary>Where the value of a key starts; the last one when there are several.</summary>
    private static bool TryFind(ReadOnlySpan<byte> payload, int key, out int valueStart)
    {
        valueStart = -1;
        int p = 0;
        if (!MessagePackScan.TryMapHeader(payload, ref p, out int count)) return false;
        for (int i = 0; i < count; i++)
        {
            if (!MessagePackScan.TryKey(payload, ref p, out int found, out _, out int nameLength)) return false;
            int start = p;
            if (!MessagePackScan.TrySkip(payload, ref p)) return false;
            if (found == key && nameLength < 0) valueStart = start;
        }
        return valueStart >= 0;
    }

    private static bool TimeAt(ReadOnlySpan<byte> payload, int p, out long timeUs)
    {
        if (MessagePackScan.TryTime(payload, ref p, out timeUs)) return true;
        if (!TryNumberAt(payload, p, out double seconds) || Math.Abs(seconds) > 1e12) return false;
        timeUs = (long)Math.Round(seconds * 1e6);
        return true;
    }

    private static bool TryNumberAt(ReadOnlySpan<byte> payload, int p, out double value)
    {
        if (MessagePackScan.TryReal(payload, ref p, out value)) return true;
        if (!MessagePackScan.TryInteger(payload, ref p, out long integer)) return false;
        value = integer;
        return true;
    }
}
