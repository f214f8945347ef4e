namespace Gateway.Host.Mqtt.Wire;

/// <summary>Integers of 1 to 4 bytes, 7 bits in each, lowest first.</summary>
internal static class VariableInteger
{
    /// <summary>Largest value.</summary>
    internal const int Max = 268_435_455;

    /// <summary>Bytes that a value takes.</summary>
    internal static int SizeOf(int value) => value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;

    /// <summary>Writes a value.</summary>
    /// <returns>Bytes written.</returns>
    internal static int Write(Span<byte> target, int value)
    {
        int at = 0;
        for (; value > 127; value >>= 7) target[at++] = (byte)(value & 127 | 128);
        target[at] = (byte)value;
        return at + 1;
    }
}
