using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Storage;

namespace Gateway.Host.Mqtt.Storing;

/// <summary>What waits on disk for one session: QoS 1 publications that no channel's log has.</summary>
/// <remarks>A message longer than a record is cut into several of one packet, which the log takes whole or not at all. Record: 1 if more follow, else 0 | part of a <see cref="PublicationRecord"/>.</remarks>
internal sealed class SessionQueue(IMessageLog log, SessionAccess access) : LogSource
{
    private const byte Last = 0, More = 1;
    private const int PartBytesMax = Packet.MessageBytesMax - 1;

    /// <inheritdoc/>
    internal override IMessageLog Log => log;

    /// <inheritdoc/>
    internal override long Number => 0;

    /// <inheritdoc/>
    /// <remarks>Who appends says so to the session, which holds its gate while it asks here.</remarks>
    internal override bool TryJoin(long from) => from >= log.State.NextKey;

    /// <inheritdoc/>
    internal override LogReader OpenReader(Session session) => new Reader(session, access);

    /// <summary>Cuts a delivery into records.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="nowUs">µs since 1970. It ages from now on: its own time can be that of a value, which may be old.</param>
    internal static Packet PacketOf(in Delivery delivery, long nowUs)
    {
        byte[] whole = PublicationRecord.Write(delivery);
        int count = Math.Max(1, (whole.Length + PartBytesMax - 1) / PartBytesMax);
        byte[] bytes = new byte[whole.Length + count];
        int[] ends = new int[count];
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> part = whole.AsSpan(i * PartBytesMax, Math.Min(PartBytesMax, whole.Length - i * PartBytesMax));
            bytes[at] = i == count - 1 ? Last : More;
            part.CopyTo(bytes.AsSpan(at + 1));
            ends[i] = at += 1 + part.Length;
        }
        var packet = new Packet { ServerTimeUs = nowUs };
        packet.Use(bytes, ends, count);
        return packet;
    }

    /// <summary>Asks once more whether the client may have it: rights may have changed while it waited.</summary>
    private sealed class Reader(Session session, SessionAccess access) : LogReader
    {
        internal override LogReading TryRead(MessagePage page, ref int index, out Delivery delivery)
        {
            delivery = default;
            int last = index, length = 0;
            while (true)
            {
                if (last == page.Count) return LogReading.Cut;
                ReadOnlySpan<byte> record = page.Payload(last);
                length += record.Length - 1;
                if (record[0] == Last) break;
                last++;
            }
            byte[] whole = new byte[length];
            int at = 0;
            for (int i = index; i <= last; i++)
            {
                ReadOnlySpan<byte> part = page.Payload(i)[1..];
                part.CopyTo(whole.AsSpan(at));
                at += part.Length;
            }
            index = last + 1;
            return PublicationRecord.TryRead(whole, out delivery) && access.MayReceive(session, delivery.Publication) ? LogReading.Wanted : LogReading.Unwanted;
        }
    }
}
