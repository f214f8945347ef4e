using System.Runtime.CompilerServices;

namespace Gateway.Codecs.Reading;

/// <summary>Looks at bytes and tells a tracing sink of it; with any other sink it is the look alone.</summary>
public static class Looks
{
    /// <summary><see cref="Support.Peek"/>, traced.</summary>
    /// <param name="sink">Told where the number stands, if it wants to know.</param>
    /// <param name="line">Line of the spec.</param>
    /// <param name="m">The frame.</param>
    /// <param name="offset">First byte of the number.</param>
    /// <param name="width">1 to 8 bytes.</param>
    /// <param name="littleEndian">Byte order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Peek<TSink>(ref TSink sink, int line, ReadOnlySpan<byte> m, long offset, int width, bool littleEndian) where TSink : struct, IParameterSink
    {
        if (TSink.Traces && offset >= 0 && offset <= m.Length - width) sink.Look(LookKind.Peek, line, (int)offset, width);
        return Support.Peek(m, offset, width, littleEndian);
    }
}
