using System.Text.Json;
using Xunit;

namespace Gateway.Conformance.Tests;

/// <summary>The comparison itself has to notice differences, else the table says nothing.</summary>
public class ComparerTests
{
    private const string Recorded = """
        {"ident":"1","time":"2024-05-06T07:08:09.000Z","deviceTime":"2024-05-06T07:08:09.000Z","valid":true,"latitude":10.5,"longitude":-20.25,
         "altitude":0.0,"speed":10.0,"course":90.0,"accuracy":0.0,"network":null,"attributes":{}}
        """;

    private const string Ours = """
        {"ident":"1","timestamp":1714979289,"position.valid":true,"position.latitude":10.5,"position.longitude":-20.25,"position.speed":18.52,"position.direction":90}
        """;

    [Fact]
    public void An_equal_position_has_no_difference() => Assert.Empty(Compare(Recorded, Ours));

    [Theory]
    [InlineData("\"ident\":\"1\"", "\"ident\":\"2\"", "ident")]
    [InlineData("1714979289", "1714979290", "time")]
    [InlineData("10.5", "10.50002", "latitude")]
    [InlineData("-20.25", "20.25", "longitude")]
    [InlineData("18.52", "10", "speed")]
    [InlineData("\"position.direction\":90", "\"position.direction\":91", "course")]
    [InlineData("\"position.valid\":true", "\"position.valid\":false", "valid")]
    public void A_changed_value_is_noticed(string from, string to, string what) =>
        Assert.Equal(what, Assert.Single(Compare(Recorded, Ours.Replace(from, to, StringComparison.Ordinal))).What);

    [Fact]
    public void A_record_without_a_fix_must_not_have_a_position() =>
        Assert.Equal("outdated", Assert.Single(Compare(Recorded.Replace("\"valid\":true", "\"outdated\":true,\"valid\":true", StringComparison.Ordinal), Ours)).What);

    [Theory]
    [InlineData("12.5", "12.5", "x", true)]
    [InlineData("12500", "12.5", "x/1000", true)]
    [InlineData("12500", "12.5", "x", false)]
    [InlineData("5", "100", "x*20", true)]
    [InlineData("1", "true", "x!=0", true)]
    [InlineData("0", "true", "x!=0", false)]
    [InlineData("\"7cd9f4110c40\"", "\"7c:d9:f4:11:0c:40\"", "x", true)]
    [InlineData("\"abc\"", "\"abd\"", "x", false)]
    public void Values_compare_by_their_rule(string expected, string got, string expression, bool same) =>
        Assert.Equal(same, ValueComparer.Matches(JsonDocument.Parse(expected).RootElement, JsonDocument.Parse(got).RootElement,
            new AttributeRule(["a.b"], expression, "V", "")));

    private static List<Difference> Compare(string recorded, string ours) =>
        PositionComparer.Position(JsonDocument.Parse(recorded).RootElement, JsonDocument.Parse(ours).RootElement, clockDependent: false);
}
