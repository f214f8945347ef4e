using System.Text.Json;
using Gateway.Host.Accounts;
using Xunit;

namespace Gateway.Host.Tests.Accounts;

/// <summary>Promise: an access list bounds MQTT topics whatever stands before a filter, and nothing below <c>flespi/</c> is anybody's to publish.</summary>
public sealed class AccessPolicyTests
{
    private const string Listed = """{"type":2,"acl":[{"uri":"mqtt","topic":"in/#","actions":["subscribe"]},{"uri":"mqtt","topic":"out/+","actions":["publish"]}]}""";

    [Theory]
    [InlineData("in/a", true)]
    [InlineData("in", true)]
    [InlineData("$share/group/in/+/b", true)]
    [InlineData("$share/group:6/$filter/cid=1/in/b", true)]
    [InlineData("$filter/payload=a%3D1/in/#", true)]
    [InlineData("$share/in/out/a", false)]
    [InlineData("$share/in", false)]
    [InlineData("$SYS/#", false)]
    [InlineData("#", false)]
    [InlineData("+/a", false)]
    [InlineData("in/#/a", false)]
    [InlineData("flespi/message/#", true)]
    [InlineData("$share/group/flespi/#", true)]
    [InlineData("flespi", true)]
    [InlineData("flespix/a", false)]
    public void Subscriptions_are_bounded_by_the_list(string filter, bool expected)
    {
        Assert.Equal(expected, AccessPolicy.MaySubscribe(CallerOf(Listed), filter));
        bool isFilter = TopicFilter.IsValid(TopicFilter.Plain(filter));
        Assert.Equal(isFilter, AccessPolicy.MaySubscribe(CallerOf("""{"type":0}"""), filter));
    }

    [Theory]
    [InlineData("out/a", true)]
    [InlineData("out", false)]
    [InlineData("out/a/b", false)]
    [InlineData("in/a", false)]
    [InlineData("flespi/rest/get/gw/channels/all", false)]
    public void Publications_are_bounded_by_the_list(string topic, bool expected) => Assert.Equal(expected, AccessPolicy.MayPublish(CallerOf(Listed), topic));

    [Theory]
    [InlineData("""{"type":1}""")]
    [InlineData("""{"type":0}""")]
    [InlineData("""{"type":2,"acl":[{"uri":"mqtt","topic":"#","actions":["publish","subscribe"]}]}""")]
    public void Nobody_publishes_below_the_gateways_own_root(string access)
    {
        Assert.False(AccessPolicy.MayPublish(CallerOf(access), "flespi/message/gw/channels/1/x"));
        Assert.True(AccessPolicy.MayPublish(CallerOf(access), "mine/own"));
    }

    private static Caller CallerOf(string access)
    {
        using JsonDocument json = JsonDocument.Parse(access);
        TokenAccess read = TokenAccess.TryRead(json.RootElement, out string problem) ?? throw new InvalidOperationException(problem);
        return new Caller(new Token { Id = 7, Cid = 1, Access = read, Hash = default }, 1);
    }
}
