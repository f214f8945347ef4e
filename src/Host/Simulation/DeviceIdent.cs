using System.Globalization;
using System.Text;
using Gateway.Codecs.Reading;

namespace Gateway.Host.Simulation;

/// <summary>Makes idents of simulated devices from the ident of a sample: same length, same kind of characters.</summary>
internal static class DeviceIdent
{
    private const int ImeiDigits = 15;
    private const int NumberDigitsMax = 8;

    /// <summary>The ident of a device.</summary>
    /// <param name="sampleIdent">Ident of the sample.</param>
    /// <param name="number">Number of the device, 0 or more; takes the place of the last digits.</param>
    public static string Of(string sampleIdent, long number)
    {
        StringBuilder ident = new(sampleIdent);
        // The last digit of an IMEI is a check digit over the others.
        bool isImei = sampleIdent.Length == ImeiDigits && sampleIdent.All(char.IsAsciiDigit);
        int end = isImei ? ImeiDigits - 1 : ident.Length;
        long rest = number;
        for (int i = end - 1, written = 0; i >= 0 && written < NumberDigitsMax; i--)
        {
            if (!char.IsAsciiDigit(ident[i])) continue;
            ident[i] = (char)('0' + rest % 10);
            rest /= 10;
            written++;
        }
        if (isImei) ident[^1] = Checksums.Luhn(Encoding.ASCII.GetBytes(ident.ToString(0, ImeiDigits - 1))).ToString(CultureInfo.InvariantCulture)[0];
        return ident.ToString();
    }
}
