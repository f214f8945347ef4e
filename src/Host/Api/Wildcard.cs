namespace Gateway.Host.Api;

/// <summary>Matches texts against masks: <c>*</c> any characters, <c>?</c> any one.</summary>
internal static class Wildcard
{
    /// <summary>Whether the whole text matches. Takes at most text × mask steps.</summary>
    internal static bool IsMatch(ReadOnlySpan<char> text, ReadOnlySpan<char> mask)
    {
        int t = 0, m = 0, star = -1, starText = 0;
        while (t < text.Length)
        {
            if (m < mask.Length && mask[m] == '*') (star, starText) = (m++, t);
            else if (m < mask.Length && (mask[m] == '?' || mask[m] == text[t])) (t, m) = (t + 1, m + 1);
            else if (star >= 0) (m, t) = (star + 1, ++starText);
            else return false;
        }
        while (m < mask.Length && mask[m] == '*') m++;
        return m == mask.Length;
    }
}
