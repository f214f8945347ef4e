using Gateway.Codecs.Reading;
using Xunit;

namespace Gateway.Codecs.Tests.Reading;

public sealed class FieldCursorTests
{
    [Fact]
    public void Fields_are_those_that_one_search_per_field_finds()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            byte[] text = new byte[random.Next(0, 300)];
            int share = random.Next(2, 60);
            for (int i = 0; i < text.Length; i++) text[i] = random.Next(share) == 0 ? (byte)',' : (byte)random.Next(256);
            int p = random.Next(0, text.Length + 1), q = p, end = random.Next(p, text.Length + 1);
            FieldCursor cursor = default;
            while (true)
            {
                bool found = cursor.Next(text, ref p, end, (byte)',', out int start, out int length);
                bool expected = Text.NextField(text, ref q, end, (byte)',', out int expectedStart, out int expectedLength);
                Assert.True(found == expected && (!found || (start, length, p) == (expectedStart, expectedLength, q)), $"seed {seed}: {start}+{length} and {p}, expected {expectedStart}+{expectedLength} and {q}");
                if (!found) break;
            }
        }
    }

    [Fact]
    public void The_position_may_be_moved_between_fields()
    {
        byte[] text = [.. Enumerable.Range(0, 400).Select(i => i % 7 == 0 ? (byte)',' : (byte)'x')];
        FieldCursor cursor = default;
        foreach (int from in new[] { 380, 3, 200, 64, 63, 399, 0, 128 })
        {
            int p = from, q = from;
            Assert.True(cursor.Next(text, ref p, 400, (byte)',', out _, out int length));
            Text.NextField(text, ref q, 400, (byte)',', out _, out int expected);
            Assert.Equal((expected, q), (length, p));
        }
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(6, 5)]
    [InlineData(0, 500)]
    public void Positions_outside_the_text_have_no_field(int p, int end)
    {
        FieldCursor cursor = default;
        Assert.False(cursor.Next("a,b,c"u8, ref p, end, (byte)',', out _, out int length));
        Assert.Equal(0, length);
    }
}
