using System.Globalization;
using System.Text;

namespace Gateway.Host.Simulation;

/// <summary>How a packet carries an ident.</summary>
internal enum IdentForm : byte
{
    /// <summary>As text.</summary>
    Text,
    /// <summary>As hexadecimal or BCD digits, half a byte each.</summary>
    HalfBytes,
    /// <summary>As a big-endian integer.</summary>
    IntegerBE,
    /// <summary>As a little-endian integer.</summary>
    IntegerLE,
}

/// <summary>A place where a packet carries the ident.</summary>
/// <param name="Start">First byte, or first half byte, in the packet.</param>
/// <param name="Form">How.</param>
/// <param name="Length">Bytes of an integer.</param>
internal sealed record IdentSlot(int Start, IdentForm Form, int Length = 0)
{
    /// <summary>Writes an ident of the same length as the one that was there.</summary>
    /// <returns>False when it does not fit; then nothing was written.</returns>
    public bool Write(byte[] packet, string ident)
    {
        switch (Form)
        {
            case IdentForm.Text:
                Encoding.UTF8.GetBytes(ident).CopyTo(packet, Start);
                return true;
            case IdentForm.HalfBytes:
                for (int i = 0; i < ident.Length; i++)
                {
                    int at = Start + i;
                    int digit = Convert.ToInt32(ident[i].ToString(), 16);
                    packet[at / 2] = (byte)(at % 2 == 0 ? packet[at / 2] & 0x0F | digit << 4 : packet[at / 2] & 0xF0 | digit);
                }
                return true;
            default:
                if (!TryBytes(ident, Length, Form, out byte[] bytes)) return false;
                bytes.CopyTo(packet, Start);
                return true;
        }
    }

    /// <summary>All places of an ident in some bytes: text where it is text, else half bytes, else an integer.</summary>
    /// <param name="bytes">The packet.</param>
    /// <param name="ident">The ident as the decoder gave it.</param>
    public static IReadOnlyList<IdentSlot> FindAll(byte[] bytes, string ident)
    {
        List<IdentSlot> slots = [];
        if (ident.Length == 0) return slots;
        byte[] text = Encoding.UTF8.GetBytes(ident);
        for (int at = 0; (at = IndexOf(bytes, text, at)) >= 0; at += text.Length) slots.Add(new IdentSlot(at, IdentForm.Text));
        if (slots.Count > 0 || !ident.All(char.IsAsciiHexDigit)) return slots;

        string digits = Convert.ToHexString(bytes);
        for (int at = 0; (at = digits.IndexOf(ident, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += ident.Length) slots.Add(new IdentSlot(at, IdentForm.HalfBytes));
        if (slots.Count > 0) return slots;

        foreach (int length in (int[])[8, 7, 6, 5, 4])
            foreach (IdentForm form in (IdentForm[])[IdentForm.IntegerBE, IdentForm.IntegerLE])
            {
                if (!TryBytes(ident, length, form, out byte[] number)) continue;
                for (int at = 0; (at = IndexOf(bytes, number, at)) >= 0; at += length) slots.Add(new IdentSlot(at, form, length));
                if (slots.Count > 0) return slots;
            }
        return slots;
    }

    private static bool TryBytes(string ident, int length, IdentForm form, out byte[] bytes)
    {
        bytes = new byte[length];
        if (!ulong.TryParse(ident, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)) return false;
        for (int i = 0; i < length; i++, number >>= 8) bytes[form is IdentForm.IntegerLE ? i : length - 1 - i] = (byte)number;
        return number == 0 || length == 8;
    }

    private static int IndexOf(byte[] bytes, byte[] text, int from)
    {
        int at = bytes.AsSpan(from).IndexOf(text);
        return at < 0 ? -1 : from + at;
    }
}
