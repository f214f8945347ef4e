using Xunit;

namespace Gateway.Conformance.Tests;

public class VectorFileTests
{
    [Fact]
    public void Every_recorded_frame_can_be_read()
    {
        Assert.SkipWhen(VectorFile.Folder is null, "The folder ../shared/vectors/decode is not on this machine.");
        int frames = Directory.EnumerateFiles(VectorFile.Folder!, "*.jsonl").Sum(file => VectorFile.Sessions(file).Sum(s => s.Count));
        Assert.True(frames > 1000, $"only {frames} frames");
    }
}
