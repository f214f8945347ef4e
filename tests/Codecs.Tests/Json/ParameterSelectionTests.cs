using System.Text.Json;
using static Gateway.Codecs.Tests.Json.JsonTools;

namespace Gateway.Codecs.Tests.Json;

public class ParameterSelectionTests
{
    private readonly MessageBuffer _buffer = new();
    private readonly TestSession _session = new();

    [Theory]
    [InlineData("position.latitude", "position.latitude")]
    [InlineData("position", "position.latitude,position.longitude,position.speed")]
    [InlineData("position.*", "position.latitude,position.longitude,position.speed")]
    [InlineData(" ident , din ", "din,din.3,ident")]
    [InlineData("*.id", "channel.id,protocol.id")]
    [InlineData("p*s*e*", "position.latitude,position.longitude,position.speed")]
    [InlineData("posit", "")]
    [InlineData("din.*", "din.3")]
    [InlineData("custom.x", "custom.x")]
    [InlineData("custom", "custom.x")]
    [InlineData("*time*", "server.timestamp,timestamp")]
    [InlineData("nothing", "")]
    [InlineData("*", "channel.id,custom.x,din,din.3,ident,position.latitude,position.longitude,position.speed,protocol.id,server.timestamp,timestamp")]
    public void Selection_keeps_names_prefixes_and_masks(string list, string expected)
    {
        MessageSink sink = new(_buffer);
        sink.BeginFrame(_session);
        sink.BeginMessage();
        sink.Latitude(1);
        sink.Longitude(2);
        sink.Integer(Key("position.speed"), 3);
        sink.Integer(Key("din"), 4);
        sink.Boolean(Key("din.3"), true);
        sink.Integer(ParameterName.Named("custom."u8, "x"u8), 4);
        sink.EndMessage();
        Assert.True(sink.EndFrame());
        using JsonDocument document = JsonDocument.Parse(ToJson(_buffer[0], list));
        Assert.Equal(expected, string.Join(',', document.RootElement.EnumerateObject().Select(property => property.Name)));
        using JsonDocument again = JsonDocument.Parse(ToJson(_buffer[0], list));
        Assert.Equal(document.RootElement.ToString(), again.RootElement.ToString());
    }

    [Fact]
    public void Selection_of_nothing_is_no_selection_and_too_long_ones_are_refused()
    {
        foreach (string? list in new[] { null, "", "  ", " , ," })
        {
            Assert.True(ParameterSelection.TryParse(list, out ParameterSelection? selection));
            Assert.Null(selection);
        }
        Assert.False(ParameterSelection.TryParse(new string('a', ParameterSelection.LengthMax + 1), out _));
        Assert.False(ParameterSelection.TryParse(string.Join(',', Enumerable.Range(0, ParameterSelection.ItemsMax + 1)), out _));
        Assert.True(ParameterSelection.TryParse(string.Join(',', Enumerable.Range(0, ParameterSelection.ItemsMax)), out _));
    }
}
