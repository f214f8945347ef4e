namespace Gateway.Storage.Tests;

public sealed class ExpiryClockTests : StoreFixture
{
    private const int Minutes = 30;

    /// <summary>Promise: a wall clock that is set a day forward deletes nothing early; after an hour it is believed.</summary>
    [Fact]
    public async Task A_clock_set_a_day_forward_makes_nothing_old_until_it_stays_there()
    {
        var time = new SettableTime();
        await using MessageStore store = Open(Options with { Time = time });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { AgeMax = TimeSpan.FromMinutes(Minutes) }, None);
        await Append(log, Pack(0, 10, serverTimeUs: time.NowUs));
        time.SetForward(TimeSpan.FromDays(1));
        await Append(log, Pack(10, 10, serverTimeUs: time.NowUs));

        for (int minute = 0; minute < Minutes; minute++, time.Pass(TimeSpan.FromMinutes(1)))
        {
            store.Expire();
            AssertNumbers(await ReadAll(log), 0, 20);
        }

        time.Pass(TimeSpan.FromSeconds(1));
        store.Expire();
        AssertNumbers(await ReadAll(log), 10, 10);      // half an hour has passed, whatever the wall clock says
        for (int minute = 0; minute < 60; minute++, time.Pass(TimeSpan.FromMinutes(1))) store.Expire();
        store.Expire();
        Assert.Empty(await ReadAll(log));               // believed by now: the others are an hour and a half old by the same clock that stamped them
    }

    /// <summary>Promise: a wall clock that is set a day back deletes nothing early either, and what was stamped before lives for a day longer at most.</summary>
    [Fact]
    public async Task A_clock_set_a_day_back_keeps_messages_for_longer_and_none_for_shorter()
    {
        var time = new SettableTime();
        await using MessageStore store = Open(Options with { Time = time });
        IMessageLog log = await store.OpenAsync(1, new LogOptions { AgeMax = TimeSpan.FromMinutes(Minutes) }, None);
        await Append(log, Pack(0, 10, serverTimeUs: time.NowUs));
        time.SetForward(TimeSpan.FromDays(-1));
        await Append(log, Pack(10, 10, serverTimeUs: time.NowUs));
        for (int minute = 0; minute < Minutes; minute++, time.Pass(TimeSpan.FromMinutes(1)))
        {
            store.Expire();
            AssertNumbers(await ReadAll(log), 0, 20);
        }

        for (int hour = 0; hour < 25; hour++, time.Pass(TimeSpan.FromHours(1))) store.Expire();
        store.Expire();
        Assert.Empty(await ReadAll(log));
    }

    /// <summary>Promise: the small corrections of a clock that is kept right are followed, however many come together.</summary>
    [Fact]
    public void A_clock_that_is_corrected_a_little_all_the_time_is_followed()
    {
        var time = new SettableTime();
        var clock = new ExpiryClock(time);
        for (int i = 0; i < 10_000; i++)
        {
            time.Pass(TimeSpan.FromSeconds(10));
            time.SetForward(TimeSpan.FromMilliseconds(i % 3 == 0 ? -40 : 50));
            Assert.Equal(time.NowUs, clock.NowUs());
        }
    }
}
