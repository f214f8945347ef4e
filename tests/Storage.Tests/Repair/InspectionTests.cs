using Gateway.Storage.Inspection;

namespace Gateway.Storage.Tests.Repair;

public sealed class InspectionTests : RepairFixture
{
    /// <summary>Promise: a folder that a start takes is called sound, with what each channel holds, whether the gateway was stopped or killed; and nothing in it is changed.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sound_folder_is_called_sound_and_left_as_it_is(bool killed)
    {
        await MakeAsync(killed);
        Dictionary<string, byte[]> before = Snapshot(Good);
        StorageReport report = Inspect();
        Assert.Equal(before, Snapshot(Good));
        Assert.Empty(report.Damages);
        Assert.Equal(2, report.FormatVersion);
        Assert.Equal(killed, report.JournalEntries > 0);
        Assert.Equal([1, 2, 3, 4], report.Channels.Select(channel => channel.ChannelId));
        Assert.Equal([450, 600, 600, 0], report.Channels.Select(channel => channel.Messages));
        Assert.Equal([51, 1, 1, 0], report.Channels.Select(channel => channel.FirstKey));
        Assert.Equal([600, 600, 600, 0], report.Channels.Select(channel => channel.LastKey));
        Assert.Equal([1, 0, 0, 0], report.Channels.Select(channel => channel.HoleCount));

        await using MessageStore store = Open(SmallFiles with { Folder = Good });
        foreach (ChannelReport channel in report.Channels)
        {
            LogState state = (await store.OpenAsync(channel.ChannelId, new LogOptions(), None)).State;
            Assert.Equal((state.Count, state.Bytes), (channel.Messages, channel.Bytes));
        }
    }
}
