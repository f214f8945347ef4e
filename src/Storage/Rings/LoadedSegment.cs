using System.Buffers.Binary;
using Gateway.Storage.Disk;

namespace Gateway.Storage.Rings;

/// <summary>One file of a ring in memory, up to where its last record ends.</summary>
internal sealed class LoadedSegment : IDisposable
{
    private readonly byte[] _bytes;
    private readonly int _length;
    private readonly uint _seed;

    private LoadedSegment(SegmentInfo info, byte[] bytes, int length)
    {
        Info = info;
        _bytes = bytes;
        _length = length;
        _seed = info.Header?.Seed ?? 0;
    }

    /// <summary>What the headers say.</summary>
    public SegmentInfo Info { get; }

    /// <summary>Bytes that the file should have and has not.</summary>
    public long MissingBytes => Info.Limit == SegmentInfo.Unknown ? 0 : Math.Max(0, Info.Limit - _length);

    /// <summary>Bytes read.</summary>
    public int Length => _length;

    /// <summary>Reads a file.</summary>
    /// <returns>Null when it was removed.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
    public static LoadedSegment? Load(FileSystem files, SegmentInfo info)
    {
        byte[]? bytes = null;
        try
        {
            using FileHandle handle = files.OpenToRead(info.Path);
            int length = (int)Math.Min(Math.Min(files.LengthOf(info.Path), info.Limit), RingFiles.SegmentBytesMax);
            bytes = RingBuffers.Rent(length);
            length = files.Read(handle, info.Path, bytes.AsSpan(0, length), 0);
            var loaded = new LoadedSegment(info, bytes, length);
            bytes = null;
            return loaded;
        }
        catch (Exception e) when (FileSystem.IsMissing(e))
        {
            return null;
        }
        finally
        {
            if (bytes is not null) RingBuffers.Return(bytes);
        }
    }

    /// <summary>Goes through its records.</summary>
    /// <param name="offset">Where a record begins, or anything below the first one. No record can be found when the header could not be read.</param>
    public SegmentScan Scan(int offset) =>
        Info.Header is null ? default : new SegmentScan(_bytes.AsSpan(0, _length), Math.Max(offset, SegmentHeader.Bytes), _seed);

    /// <summary>The record at an offset where a scan has found one.</summary>
    public RingRecordView RecordAt(int offset) => new(_bytes.AsSpan(offset, BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(offset))));

    /// <inheritdoc />
    public void Dispose() => RingBuffers.Return(_bytes);
}
