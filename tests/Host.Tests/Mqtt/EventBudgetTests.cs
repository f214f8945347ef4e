using Gateway.Host.Mqtt;
using Gateway.Host.Mqtt.Logs;
using Gateway.Host.Mqtt.Sessions;
using Xunit;

namespace Gateway.Host.Tests.Mqtt;

/// <summary>Promise: in a minute no more is noted of a client, and of an account, than was said, whatever the others do; the last note says that it is the last.</summary>
public sealed class EventBudgetTests
{
    [Fact]
    public void A_client_has_its_room_in_each_minute_and_takes_none_of_another()
    {
        var budget = new EventBudget();
        for (long minute = 1; minute < 3; minute++)
        {
            for (int i = 1; i < MqttLimits.ClientEventsPerMinuteMax; i++) Assert.Equal(EventRoom.More, budget.Take(new SessionKey(1, "a"), minute));
            Assert.Equal(EventRoom.Last, budget.Take(new SessionKey(1, "a"), minute));
            for (int i = 0; i < 10_000; i++) Assert.Equal(EventRoom.None, budget.Take(new SessionKey(1, "a"), minute));
            Assert.Equal(EventRoom.More, budget.Take(new SessionKey(1, "b"), minute));
            Assert.Equal(EventRoom.More, budget.Take(new SessionKey(2, "a"), minute));
        }
    }

    [Fact]
    public void An_account_has_its_room_whatever_the_number_of_its_clients()
    {
        var budget = new EventBudget();
        for (int i = 1; i < MqttLimits.AccountEventsPerMinuteMax; i++) Assert.Equal(EventRoom.More, budget.Take(new SessionKey(1, $"client {i}"), 1));
        Assert.Equal(EventRoom.Last, budget.Take(new SessionKey(1, "last"), 1));
        Assert.Equal(EventRoom.None, budget.Take(new SessionKey(1, "one more"), 1));
        Assert.Equal(EventRoom.More, budget.Take(new SessionKey(2, "of another"), 1));
        Assert.Equal(EventRoom.More, budget.Take(new SessionKey(1, "one more"), 2));
    }
}
