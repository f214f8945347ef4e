namespace Gateway.Storage.Disk;

/// <summary>The block before the addresses of each file.</summary>
internal sealed partial class SegmentDevice
{
    /// <summary>Reads the header of a file.</summary>
    /// <returns>What is wrong with it, in words; null when nothing is or when files of this log have none.</returns>
    /// <exception cref="IOException">The disk refuses to read.</exception>
    public string? CheckHeader(int segment)
    {
        if (_header is not { } template) return null;
        Span<byte> block = stackalloc byte[FileHeader.Bytes];
        int present = _handles.Read(SegmentPath(segment), block, 0);
        if (present == 0) return "the file is missing or empty";
        FileHeader wanted = template with { Segment = segment };
        return FileHeader.TryRead(block[..present], out FileHeader header, out int version) switch
        {
            HeaderStatus.Damaged => "its header is damaged",
            HeaderStatus.Later => $"it is of version {version}, this program reads up to version {FileHeader.Version}",
            _ => header == wanted ? null : $"it is the file {header.Name}, not {wanted.Name}",
        };
    }

    /// <summary>Before the first write to a file since the start: it is new, or the block is the same already.</summary>
    private void WriteHeader(int segment, string path)
    {
        Span<byte> block = stackalloc byte[FileHeader.Bytes];
        (_header!.Value with { Segment = segment }).Write(block);
        _handles.Write(path, block, 0);
    }
}
