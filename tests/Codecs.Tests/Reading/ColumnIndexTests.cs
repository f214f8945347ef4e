using Gateway.Codecs.Reading;
using Xunit;

namespace Gateway.Codecs.Tests.Reading;

public sealed class ColumnIndexTests
{
    [Fact]
    public void Columns_are_those_that_a_search_from_the_start_finds()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            byte[] text = new byte[random.Next(0, 1500)];
            int share = random.Next(1, 40);
            for (int i = 0; i < text.Length; i++) text[i] = random.Next(share) == 0 ? (byte)',' : (byte)random.Next(256);
            int from = random.Next(0, text.Length + 1), end = random.Next(from, text.Length + 1);
            ColumnIndex index = ColumnIndex.Of(seed % ColumnIndex.DepthMax, text, from, end, (byte)',');
            Assert.Equal(Columns.Count(text, from, end, (byte)','), index.Count);
            for (int number = -index.Count - 2; number <= index.Count + 2; number++)
            {
                Columns.Find(text, from, end, (byte)',', number, out int expectedStart, out int expectedLength);
                index.Find(number, out int start, out int length);
                Assert.True(length == expectedLength && (length == 0 || start == expectedStart), $"seed {seed}, column {number}: {start}+{length}, expected {expectedStart}+{expectedLength}");
                if (number == 0) continue;
                int p = from, q = from, taken = 0, expectedTaken = 0;
                index.Seek(number, ref p, ref taken);
                Columns.Seek(text, from, ref q, end, (byte)',', number, ref expectedTaken);
                if (Math.Abs(number) <= index.Count) Assert.True((p, taken) == (q, expectedTaken), $"seed {seed}, column {number}: {p} {taken}, expected {q} {expectedTaken}");
                else Assert.True(p == end + 1 || number < 0, $"seed {seed}, column {number}: {p}");
            }
        }
    }

    [Fact]
    public void A_line_outside_the_text_has_no_columns()
    {
        ColumnIndex index = ColumnIndex.Of(0, "a,b"u8, 2, 9, (byte)',');
        Assert.Equal(0, index.Count);
        index.Find(1, out int start, out int length);
        Assert.Equal((0, 0), (start, length));
    }
}
