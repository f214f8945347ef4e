using System.Text;

namespace Gateway.Codecs.Tests.Parameters;

public class ParameterDictionaryTests
{
    [Fact]
    public void Constants_are_the_numbers_of_the_dictionary()
    {
        (int Key, string Name)[] constants =
        [
            (ParameterKeys.ChannelId, "channel.id"), (ParameterKeys.DeviceId, "device.id"), (ParameterKeys.DeviceName, "device.name"),
            (ParameterKeys.DeviceTypeId, "device.type.id"), (ParameterKeys.Ident, "ident"), (ParameterKeys.Peer, "peer"),
            (ParameterKeys.Latitude, "position.latitude"), (ParameterKeys.Longitude, "position.longitude"),
            (ParameterKeys.ProtocolId, "protocol.id"), (ParameterKeys.ServerTimestamp, "server.timestamp"), (ParameterKeys.Timestamp, "timestamp"),
        ];
        Assert.Equal(constants.Length, typeof(ParameterKeys).GetFields().Length);
        foreach ((int key, string name) in constants) Assert.Equal((name, key), (name, ParameterDictionary.Find(name)!.Key));
    }

    [Fact]
    public void Every_row_is_found_by_name_and_by_number()
    {
        Assert.True(ParameterDictionary.All.Count > 1500);
        foreach (Parameter row in ParameterDictionary.All)
        {
            Assert.True(ParameterDictionary.TryGetKey(row.Name, out int key));
            Assert.Equal(row.Key, key);
            Assert.True(ParameterDictionary.TryGetKey(Encoding.UTF8.GetBytes(row.Name), out key));
            Assert.Equal(row.Key, key);
            Assert.Same(row, ParameterDictionary.Find(row.Name));
            Assert.Same(row, ParameterDictionary.Find(row.Key));
            Assert.Equal(row.Name, ParameterDictionary.NameOf(row.Key));
            Assert.Equal(row.Name, ParameterDictionary.NameOf(row.Number));
        }
    }

    [Fact]
    public void Names_need_no_escapes_and_are_short_enough()
    {
        // Ranks rely on the first, stack buffers on the second: .32767 must still fit behind the longest name.
        foreach (Parameter row in ParameterDictionary.All)
        {
            Assert.Matches("^[a-z0-9._]+$", row.Name);
            Assert.True(row.Name.Length + 6 <= ParameterDictionary.NameBytesMax, row.Name);
        }
    }

    [Theory]
    [InlineData("din.3", "din", 3, ParameterType.Boolean)]          // the form's row says boolean, the base's number
    [InlineData("din.40", "din", 40, ParameterType.Number)]
    [InlineData("sensor.temperature.2", "sensor.temperature", 2, ParameterType.Number)]
    [InlineData("sensor.temperature.9", "sensor.temperature", 9, ParameterType.Number)]
    [InlineData("ble.nbl2.button.1.status.3", "ble.nbl2.button.1.status", 3, ParameterType.Boolean)]
    [InlineData("din.32767", "din", 32767, ParameterType.Number)]
    public void Numbered_forms_are_base_and_index(string name, string baseName, int index, ParameterType type)
    {
        Assert.True(ParameterDictionary.TryGetKey(name, out int key));
        Assert.Equal(ParameterDictionary.Find(baseName)!.Number | index << 16, key);
        Assert.Equal(name, ParameterDictionary.NameOf(key));
        Assert.Equal(type, ParameterDictionary.Find(key)!.Type);
        Assert.Equal(type, ParameterDictionary.Find(name)!.Type);
    }

    [Fact]
    public void Name_with_digits_inside_is_a_plain_row()
    {
        Assert.True(ParameterDictionary.TryGetKey("ble.nbl2.button.1.status", out int key));
        Assert.Equal(0, key >> 16);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("din.")]
    [InlineData("din.0")]
    [InlineData("din.01")]
    [InlineData("din.+1")]
    [InlineData("din.1x")]
    [InlineData("din.32768")]
    [InlineData("din.99999999999")]
    [InlineData(".1")]
    [InlineData("DIN")]
    [InlineData("position.latitude.1")]
    [InlineData("custom.param.1")]
    public void Other_names_are_unknown(string name)
    {
        Assert.False(ParameterDictionary.TryGetKey(name, out int key));
        Assert.Equal(0, key);
        Assert.Null(ParameterDictionary.Find(name));
        Assert.False(ParameterDictionary.TryGetKey(Encoding.UTF8.GetBytes(name), out _));
    }

    [Fact]
    public void Name_of_bytes_that_are_no_text_is_unknown()
    {
        Assert.False(ParameterDictionary.TryGetKey([0xFF, 0xFE], out _));
        Assert.False(ParameterDictionary.TryGetKey(new byte[500], out _));
    }

    [Fact]
    public void Number_beyond_the_dictionary_has_a_name_of_its_own()
    {
        Assert.Equal("parameter.60000", ParameterDictionary.NameOf(60000));
        Assert.Equal("parameter.60000.5", ParameterDictionary.NameOf(60000 | 5 << 16));
        Assert.Null(ParameterDictionary.Find(60000));
        Assert.Equal("parameter.0", ParameterDictionary.NameOf(0));
        Assert.Equal("position.latitude.2", ParameterDictionary.NameOf(ParameterKeys.Latitude | 2 << 16));
    }

    [Fact]
    public void Units_and_types_are_those_of_the_table()
    {
        Parameter ain = ParameterDictionary.Find("ain")!;
        Assert.Equal((ParameterType.Number, "volts", true), (ain.Type, ain.Unit, ain.IsIndexed));
        Parameter ident = ParameterDictionary.Find("ident")!;
        Assert.Equal((ParameterType.Text, "", false), (ident.Type, ident.Unit, ident.IsIndexed));
        Assert.NotEmpty(ident.Description);
    }
}
