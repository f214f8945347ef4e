namespace Gateway.Storage.Disk;

/// <summary>The words in which damage is refused: what, where, and the next step.</summary>
internal static class Damage
{
    /// <summary>Something in a file can't be what was written.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="file">The file.</param>
    /// <param name="offset">The byte.</param>
    /// <param name="what">What is wrong, without a full stop.</param>
    /// <param name="consequence">What that means, a sentence, or nothing.</param>
    public static DamagedLogException At(string folder, string file, long offset, string what, string consequence = "") =>
        new($"{file} is damaged at byte {offset}: {what}. {consequence}{(consequence.Length > 0 ? " " : "")}{NextStep(folder)}") { File = file, Offset = offset, What = what };

    /// <summary>The folder as a whole can't be what was written.</summary>
    public static DamagedLogException In(string folder, string sentences) => new($"{sentences} {NextStep(folder)}") { File = folder, What = sentences.TrimEnd('.') };

    /// <summary>A file was written by a later program.</summary>
    public static DamagedLogException Later(string file, int version, int own) =>
        new($"{file} says version {version}; this program reads up to version {own}. Use the program that wrote it, or a later one; nothing was changed.") { File = file, What = $"it is of version {version}" };

    private static string NextStep(string folder) => $"`gateway storage check {folder}` tells what is damaged and what a repair would keep; nothing was changed.";
}
