using System.Buffers.Binary;
using System.Numerics;
using Gateway.Storage;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Perf.Benchmarks.HandWritten;

/// <summary>A file that records are appended to, the plain way: one writer, one buffer, no quota, no recovery, no readers.</summary>
internal sealed class PlainLog : IDisposable
{
    private const int BufferBytes = 4 * 1024 * 1024;
    private const long FileBytesMax = 256L * 1024 * 1024;     // then it starts over: the benchmark must not fill the disk

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private int _held;
    private long _written;
    private long _sequence;

    /// <summary>A new file in a folder.</summary>
    public PlainLog(string folder)
    {
        _path = Path.Combine(folder, "plain.log");
        _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.ReadWrite);
    }

    /// <summary>Appends the messages of a packet: crc32c 4 | sequence 8 | server time 8 | payload.</summary>
    public void Append(Packet packet)
    {
        for (int i = 0; i < packet.Count; i++)
        {
            ReadOnlySpan<byte> payload = packet[i];
            if (_held + 24 + payload.Length > BufferBytes) Write();
            Span<byte> record = _buffer.AsSpan(_held, 24 + payload.Length);
            BinaryPrimitives.WriteInt32LittleEndian(record, record.Length);
            BinaryPrimitives.WriteInt64LittleEndian(record[8..], ++_sequence);
            BinaryPrimitives.WriteInt64LittleEndian(record[16..], packet.ServerTimeUs);
            payload.CopyTo(record[24..]);
            BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Crc32C(record[8..]));
            _held += record.Length;
        }
    }

    /// <summary>Writes and syncs what is held.</summary>
    public void Commit()
    {
        Write();
        RandomAccess.FlushToDisk(_file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_path);
    }

    private void Write()
    {
        if (_written + _held > FileBytesMax) _written = 0;
        RandomAccess.Write(_file, _buffer.AsSpan(0, _held), _written);
        _written += _held;
        _held = 0;
    }

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
