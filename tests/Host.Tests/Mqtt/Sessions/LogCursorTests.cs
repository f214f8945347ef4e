using Gateway.Host.Mqtt.Sessions;
using Xunit;

namespace Gateway.Host.Tests.Mqtt.Sessions;

/// <summary>Promise: the place that a session keeps in a log is never behind a message that its client has not acknowledged.</summary>
public sealed class LogCursorTests
{
    [Fact]
    public void What_nobody_acknowledges_does_not_count_for_what_was_sent_before_it()
    {
        var cursor = new LogCursor(null!, 10);
        cursor.Give(10);        // QoS 1
        cursor.Give(11);        // QoS 0
        cursor.Release();
        Assert.Equal(10, cursor.AcknowledgedBelow);
        cursor.Settle(10);
        Assert.Equal(12, cursor.AcknowledgedBelow);
    }

    [Fact]
    public void In_any_order_of_QoS_the_place_is_never_behind_what_is_not_acknowledged()
    {
        for (int seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var cursor = new LogCursor(null!, 0);
            var waiting = new Queue<(long Key, bool IsAcknowledged)>();
            var underWay = new Queue<long>();
            for (int step = 0, key = 0; step < 40; step++)
            {
                switch (random.Next(3))
                {
                    case 0:
                        key += random.Next(1, 4);
                        cursor.Give(key);
                        waiting.Enqueue((key, random.Next(2) == 0));
                        break;
                    case 1 when waiting.TryDequeue(out (long Key, bool IsAcknowledged) sent):
                        if (sent.IsAcknowledged) underWay.Enqueue(sent.Key);
                        else cursor.Release();
                        break;
                    case 2 when underWay.TryDequeue(out long acknowledged):
                        cursor.Settle(acknowledged);
                        break;
                }
                long first = underWay.Concat(waiting.Where(one => one.IsAcknowledged).Select(one => one.Key)).DefaultIfEmpty(long.MaxValue).First();
                Assert.True(cursor.AcknowledgedBelow <= first, $"seed {seed}, step {step}: below {cursor.AcknowledgedBelow} is not acknowledged: {first}");
                if (underWay.Count + waiting.Count == 0) Assert.Equal(cursor.Next, cursor.AcknowledgedBelow);
            }
        }
    }
}
