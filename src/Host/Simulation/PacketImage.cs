using Gateway.Codecs;
using Gateway.Host.Inspection;

namespace Gateway.Host.Simulation;

/// <summary>A packet with its frames as the decoder sees them, unescaped, and the way back to the bytes of the wire.</summary>
/// <param name="Plain">The packet; frames that are escaped on the wire are not here.</param>
/// <param name="Parts">Its parts in order.</param>
/// <param name="Escapes">The protocol's escapes.</param>
internal sealed record PacketImage(byte[] Plain, IReadOnlyList<ImagePart> Parts, IReadOnlyList<EscapeInfo> Escapes)
{
    /// <summary>Makes the image of an input.</summary>
    /// <param name="protocol">Says how frames are escaped.</param>
    /// <param name="input">The bytes.</param>
    /// <param name="decoded">What became of them.</param>
    /// <param name="frameStarts">Where each frame begins in the image.</param>
    /// <returns>Null when a frame can't be brought back to the bytes that it came from.</returns>
    public static PacketImage? Of(ProtocolInfo protocol, byte[] input, DecodedInput decoded, out int[] frameStarts)
    {
        List<byte> plain = [];
        List<ImagePart> parts = [];
        frameStarts = new int[decoded.Frames.Count];
        int position = 0;
        for (int i = 0; i < decoded.Frames.Count; i++)
        {
            DecodedFrame frame = decoded.Frames[i];
            ReadOnlySpan<byte> wire = input.AsSpan(position, frame.ConsumedTo - position);
            if (frame.Start >= 0)
            {
                // A frame without escapes stays where it is; other content may need some.
                int before = frame.Start - position;
                Add(plain, parts, wire[..before].ToArray(), EscapeForm.None, 0);
                frameStarts[i] = plain.Count;
                EscapeForm form = protocol.Escapes.Count > 0 ? FormOf(protocol, frame.Bytes, wire.Slice(before, frame.Bytes.Length), out int marks) ?? EscapeForm.None : Unescaped(out marks);
                Add(plain, parts, frame.Bytes, form, marks);
                Add(plain, parts, wire[(before + frame.Bytes.Length)..].ToArray(), EscapeForm.None, 0);
            }
            else
            {
                frameStarts[i] = plain.Count;
                if (FormOf(protocol, frame.Bytes, wire, out int ends) is not { } escaped) return null;
                Add(plain, parts, frame.Bytes, escaped, ends);
            }
            position = frame.ConsumedTo;
        }
        if (position < input.Length) Add(plain, parts, input[position..], EscapeForm.None, 0);
        return new PacketImage([.. plain], parts, protocol.Escapes);
    }

    /// <summary>The bytes of the wire.</summary>
    /// <param name="plain">The image, with other content; as long as <see cref="Plain"/>.</param>
    public byte[] Encode(byte[] plain)
    {
        if (Parts.All(part => part.Form is EscapeForm.None)) return plain;
        List<byte> wire = new(plain.Length + 16);
        foreach (ImagePart part in Parts) wire.AddRange(Encode(plain.AsSpan(part.Start, part.Length), part.Form, part.Marks, Escapes));
        return [.. wire];
    }

    private static EscapeForm Unescaped(out int marks)
    {
        marks = 0;
        return EscapeForm.None;
    }

    private static void Add(List<byte> plain, List<ImagePart> parts, byte[] bytes, EscapeForm form, int marks)
    {
        parts.Add(new ImagePart(plain.Count, bytes.Length, form, marks));
        plain.AddRange(bytes);
    }

    /// <summary>How a frame is escaped: tried out, the bytes of the wire decide.</summary>
    private static EscapeForm? FormOf(ProtocolInfo protocol, byte[] frame, ReadOnlySpan<byte> wire, out int marks)
    {
        for (marks = 0; marks <= 2; marks++)
            foreach (EscapeForm form in (EscapeForm[])[EscapeForm.Inside, EscapeForm.AllButFirst, EscapeForm.AllButLast])
                if (frame.Length >= marks * 2 && wire.SequenceEqual(Encode(frame, form, marks, protocol.Escapes))) return form;
        // Escapes of characters that the frame itself is made of: what holds none of them on the wire gets none by other digits.
        marks = 0;
        return wire.SequenceEqual(frame) ? EscapeForm.None : null;
    }

    private static byte[] Encode(ReadOnlySpan<byte> plain, EscapeForm form, int marks, IReadOnlyList<EscapeInfo> escapes)
    {
        if (form is EscapeForm.None) return plain.ToArray();
        int from = form is EscapeForm.AllButLast ? 0 : marks;
        int to = form is EscapeForm.AllButFirst ? plain.Length : plain.Length - marks;
        List<byte> wire = [.. plain[..from]];
        List<EscapeInfo> own = [];
        foreach (EscapeInfo escape in escapes)
            if (plain.StartsWith(escape.Begin)) own.Add(escape);
        for (int i = from; i < to;)
        {
            ReadOnlySpan<byte> rest = plain[i..to];
            EscapeInfo? escape = null;
            foreach (EscapeInfo candidate in own)
                if (candidate.Plain.Length > 0 && rest.StartsWith(candidate.Plain)) escape = candidate;
            if (escape is null) wire.Add(plain[i++]);
            else
            {
                wire.AddRange(escape.Wire);
                i += escape.Plain.Length;
            }
        }
        wire.AddRange(plain[to..]);
        return [.. wire];
    }
}

/// <summary>A part of a packet.</summary>
/// <param name="Start">First byte in the image.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Form">How it becomes bytes of the wire.</param>
/// <param name="Marks">Bytes at its ends that are no content and not escaped.</param>
internal readonly record struct ImagePart(int Start, int Length, EscapeForm Form, int Marks);

/// <summary>Which bytes of a part are escaped.</summary>
internal enum EscapeForm : byte
{
    /// <summary>None: the bytes are those of the wire.</summary>
    None,
    /// <summary>Those between the marks at both ends.</summary>
    Inside,
    /// <summary>Those behind the marks at the start.</summary>
    AllButFirst,
    /// <summary>Those before the marks at the end.</summary>
    AllButLast,
}
