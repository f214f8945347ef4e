using System.Buffers.Text;
using System.Globalization;

namespace Gateway.Codecs;

/// <summary>Room for what a frame unpacks or puts together: it lasts until the next frame, and costs nothing once it has grown.</summary>
public abstract partial class Session
{
    /// <summary>Longest text that is put together from parts.</summary>
    public const int ComposedBytesMax = 512;

    private byte[] _workspace = [];
    private int _workspaceUsed;
    private int _frameBytes;
    private int _composedFrom;

    /// <summary>Starts a frame: what earlier frames unpacked is forgotten. Called by generated code.</summary>
    public void BeginFrame()
    {
        FrameMessages = 0;
        _workspaceUsed = _frameBytes = 0;
    }

    /// <summary>Room for <paramref name="length"/> bytes beside what the frame has taken already; empty when it would take more than <see cref="ScratchBytesMax"/> in all.</summary>
    internal Span<byte> Rent(int length)
    {
        if (length < 0 || _frameBytes + length > ScratchBytesMax) return default;
        _frameBytes += length;
        if (_workspace.Length - _workspaceUsed < length)
        {
            // Spans into the old array live on; the new one holds all of such a frame at once the next time.
            _workspace = new byte[Math.Min(ScratchBytesMax, Math.Max(1024, 2 * _frameBytes))];
            _workspaceUsed = 0;
        }
        Span<byte> room = _workspace.AsSpan(_workspaceUsed, length);
        _workspaceUsed += length;
        return room;
    }

    /// <summary>Gives back the end of the last rented room.</summary>
    internal void Return(int length)
    {
        _workspaceUsed -= length;
        _frameBytes -= length;
    }

    /// <summary>Starts a text that is put together from parts. Called by generated code; nothing else may be rented before <see cref="EndText"/>.</summary>
    public void BeginText()
    {
        int room = Rent(ComposedBytesMax).Length;
        Return(room);
        _composedFrom = room == 0 ? -1 : _workspaceUsed;
    }

    /// <summary>Adds bytes; what is longer than <see cref="ComposedBytesMax"/> in all is cut off.</summary>
    public void Add(ReadOnlySpan<byte> part)
    {
        if (_composedFrom < 0) return;
        part = part[..Math.Min(part.Length, ComposedBytesMax - (_workspaceUsed - _composedFrom))];
        part.CopyTo(_workspace.AsSpan(_workspaceUsed));
        _workspaceUsed += part.Length;
    }

    /// <summary>Adds a number in decimal, with zeros in front up to a width.</summary>
    public void Add(long number, int width = 0)
    {
        Span<byte> text = stackalloc byte[24];
        Utf8Formatter.TryFormat(number, text, out int length);
        int sign = number < 0 ? 1 : 0;
        Add(text[..sign]);
        for (int zeros = Math.Min(width, 64) - length; zeros > 0; zeros--) Add("0"u8);
        Add(text[sign..length]);
    }

    /// <summary>Adds a number with the digits it needs.</summary>
    public void Add(double number)
    {
        Span<byte> text = stackalloc byte[40];
        if (number.TryFormat(text, out int length, default, CultureInfo.InvariantCulture)) Add(text[..length]);
    }

    /// <summary>Adds a number as lower-case hexadecimal digits, with zeros in front up to a width.</summary>
    public void AddHex(long number, int width)
    {
        Span<byte> text = stackalloc byte[16];
        number.TryFormat(text, out int length, "x", CultureInfo.InvariantCulture);
        for (int zeros = Math.Min(width, 64) - length; zeros > 0; zeros--) Add("0"u8);
        Add(text[..length]);
    }

    /// <summary>The text put together since <see cref="BeginText"/>, valid until the next frame.</summary>
    public ReadOnlySpan<byte> EndText()
    {
        if (_composedFrom < 0) return default;
        int length = _workspaceUsed - _composedFrom;
        _frameBytes += length;
        return _workspace.AsSpan(_composedFrom, length);
    }
}
