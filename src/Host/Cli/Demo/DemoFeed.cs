using System.Buffers;
using System.Text;
using Gateway.Codecs;
using Gateway.Host.Channels;
using Gateway.Host.Simulation;
using Gateway.Storage;

namespace Gateway.Host.Cli.Demo;

/// <summary>One channel of the demonstration: its devices, and its committed messages as any consumer reads them.</summary>
internal sealed class DemoFeed(Channel channel, Simulator fleet)
{
    private const int PageCountMax = 100;
    private const int PageBytesMax = 1024 * 1024;

    private long _messages;

    /// <summary>The channel.</summary>
    public Channel Channel => channel;

    /// <summary>What the devices did.</summary>
    public SimulationCounters Devices => fleet.Counters;

    /// <summary>Messages read since the start.</summary>
    public long Messages => Volatile.Read(ref _messages);

    /// <summary>Runs devices and reader until stopped.</summary>
    /// <param name="show">Takes each message as JSON. Called on any thread.</param>
    /// <param name="stopping">Stops both.</param>
    public Task RunAsync(Action<DemoFeed, string> show, CancellationToken stopping)
    {
        long cursor = channel.Log.State.NextKey;
        return Task.WhenAll(fleet.RunAsync(stopping), ReadAsync(cursor, show, stopping));
    }

    private async Task ReadAsync(long cursor, Action<DemoFeed, string> show, CancellationToken stopping)
    {
        MessagePage page = new();
        ArrayBufferWriter<byte> json = new();
        try
        {
            while (await channel.Log.WaitAsync(cursor, stopping).ConfigureAwait(false))
            {
                await channel.Log.ReadAsync(cursor, PageCountMax, PageBytesMax, page, stopping).ConfigureAwait(false);
                for (int i = 0; i < page.Count; i++)
                {
                    json.ResetWrittenCount();
                    if (MessageJson.Write(page.Payload(i), new MessageEnvelope(channel.Id, channel.Codec.Info.Id, page.ServerTimeUs(i)), json))
                        show(this, Encoding.UTF8.GetString(json.WrittenSpan));
                }
                Interlocked.Add(ref _messages, page.Count);
                cursor = page.NextKey;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The demonstration ends.
        }
    }
}
