using System.Runtime.CompilerServices;

namespace Gateway.Codecs;

/// <summary>A session variable that holds bytes or text, up to a length that the spec names.</summary>
/// <param name="capacity">Greatest length in bytes; what is longer is cut.</param>
public sealed class SessionBytes(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];

    /// <summary>Bytes held.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes held.</summary>
    public ReadOnlySpan<byte> Span
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _bytes.AsSpan(0, Length);
    }

    /// <summary>Replaces the content; copied, cut at the capacity.</summary>
    public void Set(ReadOnlySpan<byte> bytes)
    {
        Length = Math.Min(bytes.Length, _bytes.Length);
        bytes[..Length].CopyTo(_bytes);
    }

    /// <summary>The content as UTF-8 text.</summary>
    public override string ToString() => System.Text.Encoding.UTF8.GetString(Span);
}

/// <summary>Takes values from samples, configuration and tools into session variables.</summary>
public static class SessionValue
{
    /// <summary>A whole number; numbers in text count.</summary>
    public static bool TryInteger(object value, ref long variable)
    {
        switch (value)
        {
            case long integer: variable = integer; return true;
            case int integer: variable = integer; return true;
            case bool truth: variable = truth ? 1 : 0; return true;
            case double real when real == Math.Floor(real) && Math.Abs(real) < 9e15: variable = (long)real; return true;
            default: return false;
        }
    }

    /// <summary>A number.</summary>
    public static bool TryReal(object value, ref double variable)
    {
        switch (value)
        {
            case double real: variable = real; return true;
            case long integer: variable = integer; return true;
            case int integer: variable = integer; return true;
            default: return false;
        }
    }

    /// <summary>A truth value, or 0 and 1.</summary>
    public static bool TryBoolean(object value, ref bool variable)
    {
        switch (value)
        {
            case bool truth: variable = truth; return true;
            case long and (0 or 1): variable = (long)value == 1; return true;
            default: return false;
        }
    }

    /// <summary>Text as UTF-8, or bytes.</summary>
    public static bool TryBytes(object value, SessionBytes variable)
    {
        switch (value)
        {
            case string text: variable.Set(System.Text.Encoding.UTF8.GetBytes(text)); return true;
            case byte[] bytes: variable.Set(bytes); return true;
            default: return false;
        }
    }
}
