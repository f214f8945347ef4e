using System.Buffers;
using System.Buffers.Binary;
using Gateway.Codecs;

namespace Gateway.Host.Devices.Telemetry;

// How the values are kept over a restart. little-endian: channel 8 | protocol 4 | server time 8 | count 2, then for each value: name length 1 | name | time 8 | length 2 | value.
internal sealed partial class TelemetryValues
{
    private const int HeadBytes = 22;

    /// <summary>Writes the values when they changed since the last call.</summary>
    /// <returns>False when they did not.</returns>
    internal bool TryWriteChanges(ArrayBufferWriter<byte> output)
    {
        Span<byte> scratch = stackalloc byte[ParameterDictionary.NameBytesMax];
        lock (_gate)
        {
            if (!_isChanged) return false;
            _isChanged = false;
            Span<byte> head = output.GetSpan(HeadBytes);
            BinaryPrimitives.WriteInt64LittleEndian(head, _origin.ChannelId);
            BinaryPrimitives.WriteInt32LittleEndian(head[8..], _origin.ProtocolId);
            BinaryPrimitives.WriteInt64LittleEndian(head[12..], _origin.ServerTimeUs);
            BinaryPrimitives.WriteUInt16LittleEndian(head[20..], (ushort)_count);
            output.Advance(HeadBytes);
            for (int i = 0; i < _count; i++)
            {
                ReadOnlySpan<byte> name = names.NameOf(_numbers[i], scratch);
                ReadOnlySpan<byte> value = _bytes.AsSpan(_places[i].Start, _places[i].Length);
                int length = 1 + name.Length + 8 + 2 + value.Length;
                Span<byte> entry = output.GetSpan(length);
                entry[0] = (byte)name.Length;
                name.CopyTo(entry[1..]);
                entry = entry[(1 + name.Length)..];
                BinaryPrimitives.WriteInt64LittleEndian(entry, _times[i]);
                BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], (ushort)value.Length);
                value.CopyTo(entry[10..]);
                output.Advance(length);
            }
        }
        return true;
    }

    /// <summary>Whether there is something to write.</summary>
    internal bool IsChanged => Volatile.Read(ref _isChanged);

    /// <summary>Notes that there is something to write, or that what was written did not reach the disk.</summary>
    internal void NoteUnwritten()
    {
        lock (_gate) _isChanged = true;
    }

    /// <summary>Reads what <see cref="TryWriteChanges"/> wrote. Values that came meanwhile stay if they are newer.</summary>
    /// <returns>False when the bytes are damaged; values up to the damage were taken.</returns>
    internal bool TryRead(ReadOnlySpan<byte> stored)
    {
        if (stored.Length < HeadBytes) return false;
        lock (_gate)
        {
            var origin = new Origin(BinaryPrimitives.ReadInt64LittleEndian(stored), BinaryPrimitives.ReadInt32LittleEndian(stored[8..]), BinaryPrimitives.ReadInt64LittleEndian(stored[12..]));
            if (origin.ServerTimeUs >= _origin.ServerTimeUs) _origin = origin;
            int count = BinaryPrimitives.ReadUInt16LittleEndian(stored[20..]);
            stored = stored[HeadBytes..];
            for (int i = 0; i < count; i++)
            {
                if (stored.IsEmpty || stored.Length < 11 + stored[0]) return false;
                ReadOnlySpan<byte> name = stored.Slice(1, stored[0]);
                stored = stored[(1 + name.Length)..];
                long timeUs = BinaryPrimitives.ReadInt64LittleEndian(stored);
                int length = BinaryPrimitives.ReadUInt16LittleEndian(stored[8..]);
                if (stored.Length < 10 + length || length is 0 or > ValueBytesMax) return false;
                ReadOnlySpan<byte> value = stored.Slice(10, length);
                stored = stored[(10 + length)..];
                if (!names.TryNumber(name, out int number)) continue;
                int at = Find(number);
                if (at < 0 || _times[at] <= timeUs) Put(at, number, timeUs, value);
            }
            // What was known before a restart is no news.
            _fresh.AsSpan().Clear();
            _toldOrigin = _origin;
        }
        return stored.IsEmpty;
    }
}
