namespace Gateway.Host.Simulation;

/// <summary>Finds how a decoder reads a number by writing others and looking what comes out: for forms that a spec puts together from expressions.</summary>
internal static class NumberProbe
{
    /// <summary>Finds a form.</summary>
    /// <param name="plain">The packet.</param>
    /// <param name="start">First byte of the number.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="targets">Values that the form must be able to write, all of the sign of the sample.</param>
    /// <param name="tolerance">How far off a value may be.</param>
    /// <param name="decode">What the decoder makes of a packet; null when it does not give the value.</param>
    /// <returns>Null when no code does it.</returns>
    public static NumberForm? Find(byte[] plain, int start, int length, IReadOnlyList<double> targets, double tolerance, Func<byte[], double?> decode)
    {
        if (decode(plain) is not { } now) return null;
        foreach (NumberCode code in NumberCodes.All)
        {
            if (!NumberCodes.TryRead(plain.AsSpan(start, length), code, out double number) || number == 0) continue;
            // A second point not far from the first: a code that is wrong seldom gives the line that the third lies on.
            double other = number * 0.9;
            if (Decode(plain, start, length, code, other, decode) is not { } then) continue;
            double read = Rounded(plain, start, length, code, other);
            if (read == number || then == now) continue;
            double factor = (now - then) / (number - read);
            NumberForm form = new(code, factor, now - number * factor);
            if (Math.Abs(form.Offset) < Math.Abs(now) * 1e-6) form = form with { Factor = now / number, Offset = 0 };
            if (targets.All(target => IsRight(plain, start, length, form, target, tolerance, decode))) return form;
        }
        return null;
    }

    private static bool IsRight(byte[] plain, int start, int length, NumberForm form, double target, double tolerance, Func<byte[], double?> decode)
    {
        byte[] packet = [.. plain];
        return form.TryWrite(packet.AsSpan(start, length), target) && decode(packet) is { } value && Math.Abs(value - target) <= tolerance;
    }

    private static double? Decode(byte[] plain, int start, int length, NumberCode code, double number, Func<byte[], double?> decode)
    {
        byte[] packet = [.. plain];
        return NumberCodes.TryWrite(packet.AsSpan(start, length), code, number) ? decode(packet) : null;
    }

    /// <summary>The number as the bytes hold it after it was written.</summary>
    private static double Rounded(byte[] plain, int start, int length, NumberCode code, double number)
    {
        byte[] packet = [.. plain];
        NumberCodes.TryWrite(packet.AsSpan(start, length), code, number);
        NumberCodes.TryRead(packet.AsSpan(start, length), code, out double read);
        return read;
    }
}
