using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>What the headers say about one file of a ring.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Header">Its header; null when that can't be read.</param>
/// <param name="HeaderProblem">Why not, in words.</param>
/// <param name="Limit">Where its last record ends, as the file after it says, or <see cref="Unknown"/>.</param>
/// <param name="LastTimeUs">The time of its last record, as the file after it says, or <see cref="Unknown"/>.</param>
internal readonly record struct SegmentInfo(long Number, string Path, SegmentHeader? Header, string HeaderProblem, long Limit, long LastTimeUs)
{
    /// <summary>Nobody says.</summary>
    public const long Unknown = long.MaxValue;

    /// <summary>Lists a ring's files, oldest first. A file that is removed meanwhile is left out.</summary>
    public static List<SegmentInfo> ListIn(FileSystem files, string folder, RingKind kind, long owner)
    {
        var list = new List<SegmentInfo>();
        Span<byte> bytes = stackalloc byte[SegmentHeader.Bytes];
        foreach (long number in RingFolder.NumbersIn(files, folder))
        {
            string path = RingFolder.FileOf(folder, number);
            int length;
            try
            {
                using FileHandle handle = files.OpenToRead(path);
                length = files.Read(handle, path, bytes, 0);
            }
            catch (Exception e) when (FileSystem.IsMissing(e))
            {
                continue;
            }

            SegmentHeader? header = TryReadHeader(bytes[..length], kind, owner, number, out string problem);
            if (list.Count > 0 && header is { } follower && follower.PreviousNumber == list[^1].Number)
                list[^1] = list[^1] with { Limit = follower.PreviousEnd, LastTimeUs = follower.PreviousTimeUs };
            list.Add(new SegmentInfo(number, path, header, problem, Unknown, Unknown));
        }

        return list;
    }

    /// <summary>The same up to where the writer had got, as it published.</summary>
    public static List<SegmentInfo> ListIn(FileSystem files, string folder, RingKind kind, long owner, (long Number, long End) published)
    {
        List<SegmentInfo> segments = ListIn(files, folder, kind, owner);
        if (published.Number == 0) return segments;
        segments.RemoveAll(segment => segment.Number > published.Number);      // begun just now
        if (segments.Count > 0 && segments[^1].Number == published.Number) segments[^1] = segments[^1] with { Limit = published.End };
        return segments;
    }

    /// <summary>Reads a header and looks whether it is that of this file.</summary>
    public static SegmentHeader? TryReadHeader(ReadOnlySpan<byte> bytes, RingKind kind, long owner, long number, out string problem)
    {
        SegmentHeader? header = SegmentHeader.TryRead(bytes, out problem);
        if (header is not { } read || (read.Kind == kind && read.Owner == owner && read.Number == number)) return header;
        problem = $"it is file {read.Number} of the {read.Kind} ring of {read.Owner}";
        return null;
    }
}
