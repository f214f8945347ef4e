using System.Buffers;
using System.Buffers.Binary;

namespace Gateway.Host.Devices.Telemetry;

/// <summary>Where in the channels' buffers the messages of one device lie: from the first key to the last in each channel. Any number of threads.</summary>
/// <remarks>Enough to leave out channels and stretches where there is nothing of the device; not a list of its messages, which would cost memory for each of them.</remarks>
internal sealed class DeviceTracks
{
    /// <summary>Most channels; a device that moves through more is looked for in all of them.</summary>
    internal const int CountMax = 64;

    private const int TrackBytes = 40;

    private readonly Lock _gate = new();
    private Track[] _tracks = [];
    private int _count;
    private bool _isOverflowed;

    /// <summary>Notes a message of the device.</summary>
    /// <param name="channelId">Its channel.</param>
    /// <param name="key">Its key there.</param>
    /// <param name="aheadUs">How far the message's time is ahead of the moment it came, µs; below 0 when it is behind, as it mostly is.</param>
    internal void Note(long channelId, long key, long aheadUs)
    {
        lock (_gate)
        {
            for (int i = 0; i < _count; i++)
            {
                ref Track track = ref _tracks[i];
                if (track.ChannelId != channelId) continue;
                track = track with { FirstKey = Math.Min(track.FirstKey, key), LastKey = Math.Max(track.LastKey, key), AheadUs = Math.Max(track.AheadUs, aheadUs), BehindUs = Math.Max(track.BehindUs, -aheadUs) };
                return;
            }
            if (_count == CountMax)
            {
                _isOverflowed = true;
                return;
            }
            if (_count == _tracks.Length) Array.Resize(ref _tracks, Math.Max(1, _count * 2));
            _tracks[_count++] = new Track(channelId, key, key, Math.Max(0, aheadUs), Math.Max(0, -aheadUs));
        }
    }

    /// <summary>Where the device's messages lie in a channel, as far as they were seen.</summary>
    /// <param name="channelId">The channel.</param>
    /// <param name="track">The stretch, when true.</param>
    /// <returns>False when none was seen there; then <see cref="IsComplete"/> says whether that means that there is none.</returns>
    internal bool TryFind(long channelId, out Track track)
    {
        lock (_gate)
        {
            track = Array.Find(_tracks[.._count], one => one.ChannelId == channelId);
            return track.ChannelId != 0;
        }
    }

    /// <summary>Whether every channel with messages of the device has a track.</summary>
    internal bool IsComplete
    {
        get
        {
            lock (_gate) return !_isOverflowed;
        }
    }

    /// <summary>Forgets everything: the device has another ident now.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _count = 0;
            _isOverflowed = false;
        }
    }

    /// <summary>Writes count 2, and for each track channel 8 | first key 8 | last key 8 | ahead 8 | behind 8, little-endian.</summary>
    internal void Write(ArrayBufferWriter<byte> output)
    {
        lock (_gate)
        {
            Span<byte> bytes = output.GetSpan(2 + TrackBytes * _count);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)(_isOverflowed ? ushort.MaxValue : _count));
            if (_isOverflowed)
            {
                output.Advance(2);
                return;
            }
            for (int i = 0; i < _count; i++)
            {
                Span<byte> entry = bytes[(2 + TrackBytes * i)..];
                BinaryPrimitives.WriteInt64LittleEndian(entry, _tracks[i].ChannelId);
                BinaryPrimitives.WriteInt64LittleEndian(entry[8..], _tracks[i].FirstKey);
                BinaryPrimitives.WriteInt64LittleEndian(entry[16..], _tracks[i].LastKey);
                BinaryPrimitives.WriteInt64LittleEndian(entry[24..], _tracks[i].AheadUs);
                BinaryPrimitives.WriteInt64LittleEndian(entry[32..], _tracks[i].BehindUs);
            }
            output.Advance(2 + TrackBytes * _count);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <returns>Bytes read; 0 when they are damaged.</returns>
    internal int Read(ReadOnlySpan<byte> stored)
    {
        if (stored.Length < 2) return 0;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(stored);
        lock (_gate)
        {
            if (count == ushort.MaxValue)
            {
                _isOverflowed = true;
                return 2;
            }
            if (count > CountMax || stored.Length < 2 + TrackBytes * count) return 0;
            _tracks = new Track[count];
            _count = count;
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> entry = stored[(2 + TrackBytes * i)..];
                _tracks[i] = new Track(
                    BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[8..]),
                    BinaryPrimitives.ReadInt64LittleEndian(entry[16..]), BinaryPrimitives.ReadInt64LittleEndian(entry[24..]),
                    BinaryPrimitives.ReadInt64LittleEndian(entry[32..]));
            }
            return 2 + TrackBytes * count;
        }
    }
}

/// <summary>Where messages of a device lie in a channel.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="FirstKey">Key of the first one that was seen.</param>
/// <param name="LastKey">Key of the last one that was seen.</param>
/// <param name="AheadUs">How far times of messages were ahead of the moment the messages came, µs; 0 or more.</param>
/// <param name="BehindUs">How long after their times messages came, µs; 0 or more.</param>
internal readonly record struct Track(long ChannelId, long FirstKey, long LastKey, long AheadUs, long BehindUs);
