using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Host.Inspection;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Devices;

/// <summary>Promise: where a protocol repeats the number of a command in its answer, a late answer to an earlier command is never taken for that of the next; without such a number the first answer counts.</summary>
public sealed class CommandAnswerTests
{
    [Fact]
    public async Task A_late_answer_that_names_an_earlier_command_is_not_taken_for_that_of_the_next()
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        using TestDevice device = await world.LoginAsync();
        await QueueAsync(world, "one");
        string first = await NumberOfAsync(device, "one");
        await world.SentAsync();
        (_, JsonElement cancelled) = await world.Gateway.SendAsync(HttpMethod.Delete, "/gw/devices/all/commands-queue/all");
        Assert.Single(cancelled.Results());
        await QueueAsync(world, "two");
        string second = await NumberOfAsync(device, "two");
        Assert.NotEqual(first, second);

        await device.SendAsync($"N;{first};late\nM;1\n");
        await device.ExpectAsync("OK\n");
        Assert.Equal("two", Assert.Single(await world.WaitingAsync()).GetProperty("properties").GetProperty("text").GetString());
        await device.SendAsync($"N;{second};done\n");
        JsonElement ended = (await world.EndedAsync(2)).Single(one => one.GetProperty("state").GetString() == "processed");
        Assert.Equal(("two", "done"), (ended.GetProperty("properties").GetProperty("text").GetString(), ended.GetProperty("response").GetString()));
    }

    [Theory]
    [InlineData("N;0;done")]
    [InlineData("N;1;done")]        // devices that always send the same
    [InlineData("N;-5;done")]
    [InlineData("A;done")]
    public async Task An_answer_that_names_no_command_counts_as_that_of_the_last(string answer)
    {
        await using CommandWorld world = await CommandWorld.StartAsync();
        using TestDevice device = await world.LoginAsync();
        await QueueAsync(world, "one");
        await NumberOfAsync(device, "one");
        await device.SendAsync($"{answer}\n");
        Assert.Equal(("processed", "done"), (await world.EndedAsync(1)) switch { [JsonElement ended] => (ended.GetProperty("state").GetString(), ended.GetProperty("response").GetString()), _ => default });
    }

    [Theory]
    [InlineData("gt06", false)]
    [InlineData("galileosky", true)]
    public void Protocols_with_a_number_write_it_and_read_it_from_the_answer(string protocol, bool littleEndian)
    {
        Codec codec = CodecRegistry.BuiltIn.Single(codec => codec.Info.Name == protocol);
        Session session = codec.CreateSession();
        session.TrySetIdent("350000000000017"u8);
        session.CommandNumber = 0x1A2B3C4D;
        var output = new ReplyWriter();
        Assert.Equal(EncodeStatus.Ok, codec.TryEncode("custom", new CommandArguments { ["text"] = "STATUS" }, session, output));
        byte[] number = new byte[4];
        if (littleEndian) BinaryPrimitives.WriteInt32LittleEndian(number, 0x1A2B3C4D);
        else BinaryPrimitives.WriteInt32BigEndian(number, 0x1A2B3C4D);
        Assert.True(output.Written.IndexOf(number) > 0);

        // The answer of a sample, whose number is at the place where the session says that it is.
        SampleInfo answer = codec.Info.Samples.First(sample => sample.Expected.Any(expected => expected.Parameter == "command.response"));
        session = SampleCheck.SessionOf(codec, answer, []);
        InputDecoder.Decode(codec, session, answer.Input);
        Assert.NotEqual(0, session.AnsweredCommand);
        if (littleEndian) BinaryPrimitives.WriteUInt32LittleEndian(number, (uint)session.AnsweredCommand);
        else BinaryPrimitives.WriteUInt32BigEndian(number, (uint)session.AnsweredCommand);
        Assert.True(answer.Input.AsSpan().IndexOf(number) > 0);
    }

    private static async Task QueueAsync(CommandWorld world, string text)
    {
        (HttpStatusCode status, JsonElement body) = await world.PostAsync("commands-queue", $$$"""[{"name":"numbered","properties":{"text":"{{{text}}}"}}]""");
        Assert.True(status is HttpStatusCode.OK, body.GetRawText());
    }

    private static async Task<string> NumberOfAsync(TestDevice device, string text)
    {
        await device.ExpectAsync("N;");
        string number = await device.ReadUntilAsync($";{text}\n");
        Assert.InRange(long.Parse(number, CultureInfo.InvariantCulture), 1, int.MaxValue);
        return number;
    }
}
