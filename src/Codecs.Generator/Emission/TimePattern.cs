namespace Gateway.Codecs.Generator;

/// <summary>Time patterns whose parts are at places that are known beforehand, so that decoding needs no look at the pattern.</summary>
internal static class TimePattern
{
    private const ulong YearOfFour = 1UL << 48;
    private const ulong HasOthers = 1UL << 49;
    private const ulong NoPlace = 0xFF;

    /// <summary>The places as <c>Clock.TryFixed</c> takes them: a byte each for year, month, day, hour, minute and second (255: not there), bit 48 for a year of four digits,
    /// bit 49 when other bytes stand for themselves.</summary>
    /// <returns>False when the pattern has parts of other widths, or one of them twice.</returns>
    internal static bool TryPlaces(string pattern, out ulong places)
    {
        places = 0x0000_FFFF_FFFF_FFFF;
        for (int i = 0; i < pattern.Length;)
        {
            char letter = pattern[i];
            int run = 1;
            while (i + run < pattern.Length && pattern[i + run] == letter) run++;
            int part = "yMdHms".IndexOf(letter);
            if (part < 0)
            {
                if (letter is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or > '~') return false;
                places |= HasOthers;
            }
            else
            {
                if ((run != 2 && !(part == 0 && run == 4)) || (places >> (part * 8) & NoPlace) != NoPlace || i > 200) return false;
                places = (places & ~(NoPlace << (part * 8))) | ((ulong)i << (part * 8));
                if (run == 4) places |= YearOfFour;
            }
            i += run;
        }
        return true;
    }
}
