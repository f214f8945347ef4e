using System.Globalization;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>Where rings lie: <c>traffic/12/ring-7</c> is the seventh file of the traffic ring of owner 12.</summary>
internal static class RingFolder
{
    private const string Prefix = "ring-";

    /// <summary>The folder of one ring.</summary>
    public static string PathOf(string root, RingKind kind, long owner) => Path.Combine(root, NameOf(kind), owner.ToString(CultureInfo.InvariantCulture));

    /// <summary>One file of a ring.</summary>
    public static string FileOf(string folder, long number) => Path.Combine(folder, Prefix + number.ToString(CultureInfo.InvariantCulture));

    /// <summary>The numbers of a ring's files, smallest first; empty when there are none.</summary>
    public static long[] NumbersIn(FileSystem files, string folder) => [.. files.ListFiles(folder, Prefix).Select(path => NumberOf(path, Prefix)).Where(number => number > 0).Order()];

    /// <summary>The owners that have a ring of a kind, smallest first.</summary>
    public static long[] OwnersIn(FileSystem files, string root, RingKind kind) =>
        [.. files.ListFolders(Path.Combine(root, NameOf(kind))).Select(path => NumberOf(path, "")).Where(owner => owner > 0).Order()];

    private static string NameOf(RingKind kind) => kind switch
    {
        RingKind.Traffic => "traffic",
        RingKind.Logs => "logs",
        RingKind.Accounts => "accounts",
        RingKind.Mqtt => "mqtt",
        _ => "devices",
    };

    private static long NumberOf(string path, string prefix) =>
        long.TryParse(Path.GetFileName(path).AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
