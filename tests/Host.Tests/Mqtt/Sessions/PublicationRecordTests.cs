using Gateway.Host.Mqtt.Routing;
using Gateway.Host.Mqtt.Storing;
using Gateway.Host.Mqtt.Wire;
using Xunit;

namespace Gateway.Host.Tests.Mqtt.Sessions;

/// <summary>Promise: what waits on disk is read as it was written, also by a later version; what is damaged is refused.</summary>
public sealed class PublicationRecordTests
{
    [Fact]
    public void A_record_reads_as_it_was_written()
    {
        for (int seed = 0; seed < 5_000; seed++)
        {
            var random = new Random(seed);
            Delivery written = Make(random);
            Assert.True(PublicationRecord.TryRead(PublicationRecord.Write(written), out Delivery read), $"seed {seed}");
            Publication before = written.Publication, after = read.Publication;
            Assert.True(
                (before.Topic, before.Cid, before.TimeUs, before.Qos, before.IsRetained, before.Right, written.IsRetained) == (after.Topic, after.Cid, after.TimeUs, after.Qos, after.IsRetained, after.Right, read.IsRetained)
                    && (before.Extra.ContentType, before.Extra.ResponseTopic, before.Extra.ExpirySeconds, before.Extra.IsText) == (after.Extra.ContentType, after.Extra.ResponseTopic, after.Extra.ExpirySeconds, after.Extra.IsText),
                $"seed {seed}: {before.Topic} {before.Right} {after.Topic} {after.Right}");
            Assert.True(before.Payload.Span.SequenceEqual(after.Payload.Span), $"seed {seed}");
            Assert.Equal(before.Extra.UserProperties, after.Extra.UserProperties);
            Assert.Equal(before.Extra.CorrelationData, after.Extra.CorrelationData);
            Assert.Equal(written.Identifiers, read.Identifiers);
        }
    }

    [Fact]
    public void A_record_of_the_first_version_has_no_right()
    {
        // As it was written before rights were: QoS 1 and retained, account 7, time 9, topic a/b, identifier 3, payload 1.
        byte[] record = [1, 0b1011, 7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, (byte)'a', (byte)'/', (byte)'b', 0, 1, 3, 0, 0, 0, (byte)'1'];
        Assert.True(PublicationRecord.TryRead(record, out Delivery read));
        Assert.Equal(("a/b", 7, 9, null), (read.Publication.Topic, read.Publication.Cid, read.Publication.TimeUs, read.Publication.Right));
        Assert.Equal("1"u8.ToArray(), read.Publication.Payload.ToArray());
        Assert.Equal([3u], read.Identifiers);
    }

    [Fact]
    public void A_damaged_record_is_refused_or_read_as_another_and_nothing_worse()
    {
        for (int seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = PublicationRecord.Write(Make(random));
            for (int i = random.Next(1, 4); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            bool isRead = PublicationRecord.TryRead(random.Next(2) == 0 ? bytes : bytes[..random.Next(bytes.Length)], out Delivery read);
            Assert.Equal(isRead, read.Publication is not null);
        }
    }

    private static Delivery Make(Random random)
    {
        byte[] payload = new byte[random.Next(100)];
        random.NextBytes(payload);
        bool isBare = random.Next(2) == 0;
        var publication = new Publication
        {
            Topic = $"a/{random.Next()}",
            Payload = payload,
            Cid = random.NextInt64(),
            TimeUs = random.NextInt64(),
            Qos = (byte)random.Next(2),
            IsRetained = random.Next(2) == 0,
            Right = random.Next(3) switch { 0 => null, 1 => new ItemRight("gw/channels", null, random.NextInt64()), _ => new ItemRight("gw/devices", "logs", random.NextInt64()) },
            Extra = isBare
                ? PublicationProperties.None
                : new PublicationProperties
                {
                    IsText = random.Next(2) == 0,
                    ExpirySeconds = (uint)random.Next(),
                    ContentType = random.Next(2) == 0 ? null : "text/plain",
                    ResponseTopic = random.Next(2) == 0 ? null : "b/ü",
                    CorrelationData = random.Next(2) == 0 ? null : payload,
                    UserProperties = [new("name", "value")],
                },
        };
        return new Delivery(publication, publication.Qos, random.Next(2) == 0, [.. Enumerable.Range(0, random.Next(3)).Select(i => (uint)i)]);
    }
}
