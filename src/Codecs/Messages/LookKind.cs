namespace Gateway.Codecs;

/// <summary>What bytes are that a decoder or framer looks at without reading them as a field.</summary>
public enum LookKind : byte
{
    /// <summary>A number at an offset: <c>u16@end-6</c>.</summary>
    Peek,
    /// <summary>A literal that ends a text.</summary>
    Delimiter,
    /// <summary>A marker by which the framer finds the start of a frame.</summary>
    FrameStart,
    /// <summary>A marker by which the framer finds the end of a frame.</summary>
    FrameEnd,
    /// <summary>Bytes that say how long the frame is, or of which kind.</summary>
    FrameLength,
}
