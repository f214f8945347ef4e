namespace Gateway.Storage.Tests;

public sealed class HoleListTests
{
    private const int Sequences = 200;

    /// <summary>Promise: whatever is cut out and in whatever order, the list says of each sequence what a set of them says, and never holds two holes that touch.</summary>
    [Fact]
    public void Any_order_of_holes_and_heads_agrees_with_a_set_of_sequences()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var gone = new HashSet<long>();
            HoleList holes = HoleList.None;
            for (int step = 0; step < 40; step++)
            {
                long from = random.Next(1, Sequences), below = Math.Min(from + random.Next(1, 25), Sequences);
                if (random.Next(10) == 0)
                {
                    if (holes.TryFind(from, out Hole hole)) from = hole.Below;      // as a head does
                    holes = holes.CutBelow(from);
                    gone.RemoveWhere(sequence => sequence < from);
                }
                else if (below > from)
                {
                    holes = holes.With(new Hole(from, below, from * 10, below * 10));
                    for (long sequence = from; sequence < below; sequence++) gone.Add(sequence);
                }

                Check(holes, gone, $"seed {seed}, step {step}");
            }
        }
    }

    /// <summary>Promise: taking the same hole twice, as a start may do, changes nothing.</summary>
    [Fact]
    public void A_hole_twice_is_the_same_as_once()
    {
        HoleList once = HoleList.None.With(new Hole(5, 8, 50, 80)).With(new Hole(10, 12, 100, 120));
        HoleList twice = once.With(new Hole(5, 8, 50, 80)).With(new Hole(11, 12, 110, 120));
        Assert.Equal(once.Span.ToArray(), twice.Span.ToArray());
        Assert.Equal((5, 50), (twice.Messages, twice.Bytes));
    }

    [Theory]
    [InlineData(1, 5, 10, 50)]          // at the head
    [InlineData(5, 5, 50, 50)]          // of nothing
    [InlineData(5, 101, 50, 1_000)]     // past the end
    [InlineData(5, 8, 50, 1_010)]
    [InlineData(5, 8, 80, 50)]
    public void Holes_from_a_file_that_do_not_fit_the_log_are_not_taken(long from, long below, long fromAddress, long belowAddress)
    {
        Assert.False(HoleList.TryMake([new Hole(from, below, fromAddress, belowAddress)], 1, 10, 100, 1_000, out _));
        Assert.True(HoleList.TryMake([new Hole(5, 8, 50, 80), new Hole(9, 100, 90, 1_000)], 1, 10, 100, 1_000, out HoleList list));
        Assert.Equal(2, list.Count);
        Assert.False(HoleList.TryMake([new Hole(5, 8, 50, 80), new Hole(8, 9, 80, 90)], 1, 10, 100, 1_000, out _));     // touching holes are one
    }

    private static void Check(HoleList holes, HashSet<long> gone, string where)
    {
        Assert.True(holes.Messages == gone.Count, $"{where}: {holes.Messages} of {gone.Count}");
        Assert.True(holes.Bytes == 10 * gone.Count, where);
        for (int i = 1; i < holes.Count; i++) Assert.True(holes[i - 1].Below < holes[i].From, where);
        for (long sequence = 1; sequence <= Sequences; sequence++)
        {
            Assert.True(holes.TryFind(sequence, out _) == gone.Contains(sequence), $"{where}: {sequence}");
            Assert.True(holes.TryFindAddress((sequence * 10) + 5, out _) == gone.Contains(sequence), $"{where}: address of {sequence}");
            long live = sequence;
            while (gone.Contains(live - 1)) live--;
            Assert.True(holes.EndOfLive(sequence) == live, $"{where}: end of live below {sequence}");
        }
    }
}
