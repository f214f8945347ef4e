using System.Net;
using System.Text.Json;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: tools that list the functions of expressions, and try expressions out, get the shapes that they read.</summary>
public sealed class ExpressionRoutesTests
{
    [Fact]
    public async Task Functions_are_listed_with_usage_description_and_arguments_and_refused_ones_with_the_reason()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.GetAsync("/storage/expressions/functions");
        Assert.Equal(HttpStatusCode.OK, status);
        Dictionary<string, JsonElement> functions = body.GetProperty("result").EnumerateArray().ToDictionary(function => function.GetProperty("name").GetString()!);
        Assert.Equal((2, 3), (functions["if"].GetProperty("arguments").GetProperty("min").GetInt32(), functions["if"].GetProperty("arguments").GetProperty("max").GetInt32()));
        Assert.Equal("if(condition, then[, else])", functions["if"].GetProperty("usage").GetString());
        foreach (string name in new[] { "previous", "mileage", "distance", "geofence" })
        {
            Assert.False(functions[name].GetProperty("available").GetBoolean());
            Assert.StartsWith("Not available here: ", functions[name].GetProperty("description").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_expression_is_tried_on_each_message()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/storage/expressions/test", """
            {"expression":"position.speed > 50 ? concat(ident, \"/\", hour(timestamp)) : $tags","timezone":"Europe/Berlin","input":[
              {"ident":"ü1","position.speed":60,"timestamp":1706760559},
              {"ident":"2","position":{"speed":70},"timestamp":1719792000},
              {"tags":[1,{"a":"\u00fc"}]},
              {"position.speed":5},
              7]}
            """);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            ["""{"index":0,"code":0,"result":"ü1/5"}""", """{"index":1,"code":0,"result":"2/2"}""", """{"index":2,"code":0,"result":[1,{"a":"\u00FC"}]}""", """{"index":3,"code":0,"result":null}""",
             """{"index":4,"code":1,"error":{"column":0,"reason":"A message must be an object, not Number."}}"""],
            body.GetProperty("result").EnumerateArray().Select(result => result.GetRawText()));
        Assert.False(body.TryGetProperty("errors", out _));
    }

    [Theory]
    [InlineData("""{"expression":"1+1","input":{}}""", """{"result":[{"index":0,"code":0,"result":2}]}""")]
    [InlineData("""{"expression":"1+1","input":[],"timezone":""}""", """{"result":[]}""")]
    [InlineData("""{"expression":"1+1"}""", """{"result":[]}""")]
    public async Task The_input_may_be_one_message_or_none(string request, string expected)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        Assert.Equal(expected, (await gateway.SendAsync(HttpMethod.Post, "/storage/expressions/test", request)).Body.GetRawText());
    }

    [Theory]
    [InlineData("""{"expression":"a > > 3","input":[{}]}""", 4, "expression is not understood at column 4: expected a name")]
    [InlineData("""{"expression":"previous('a')","input":[{}]}""", 0, "previous() can't be used here")]
    [InlineData("""{"expression":""}""", 0, "found the end")]
    [InlineData("""{"expression":5}""", null, "expression must be a string, not Number")]
    [InlineData("""{"input":[{}]}""", null, "expression must be a string")]
    [InlineData("""{"expression":"1","colour":1}""", null, "valid fields: expression, input, timezone")]
    [InlineData("""{"expression":"1","timezone":"../../etc/passwd"}""", null, "timezone must be the name of a time zone")]
    [InlineData("""{"expression":"1","timezone":"Mars/Olympus"}""", null, "timezone must be the name of a time zone")]
    [InlineData("[]", null, "must be an object")]
    [InlineData(null, null, "must be an object")]
    public async Task What_is_no_expression_is_refused_with_its_column(string? request, int? column, string reason)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        (HttpStatusCode status, JsonElement body) = await gateway.SendAsync(HttpMethod.Post, "/storage/expressions/test", request);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        JsonElement error = body.GetProperty("errors")[0];
        Assert.Equal(0, body.GetProperty("result").GetArrayLength());
        Assert.Equal(2, error.GetProperty("code").GetInt32());
        Assert.Equal(column, error.TryGetProperty("column", out JsonElement at) ? at.GetInt32() : null);
        Assert.Contains(reason, error.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }
}
