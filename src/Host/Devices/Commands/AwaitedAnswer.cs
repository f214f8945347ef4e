using System.Buffers;
using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Devices.Commands;

/// <summary>Looks for the answer to a command among the frames of its connection. Only for the thread that decodes, until it is answered.</summary>
/// <remarks>A device gets one command at a time, and the first answer after it is taken as its own; unless it repeats the number of an earlier command, in protocols that have such numbers.
/// A number that was never given says nothing: there are devices that send some number or other.</remarks>
internal sealed class AwaitedAnswer(CommandQueue queue, DeviceCommand command, int answerKey)
{
    /// <summary>Most bytes of a frame that are kept with a result.</summary>
    internal const int FrameBytesMax = 4 * 1024;

    private CommandAnswer? _answer;

    /// <summary>Whether an answer was found.</summary>
    internal bool IsAnswered => _answer is not null;

    /// <summary>Looks at a frame that was decoded.</summary>
    /// <param name="answered">The command's number that the frame repeats, 0 for none.</param>
    /// <param name="messages">Holds what was decoded.</param>
    /// <param name="first">Index of the first message of the frame.</param>
    /// <param name="frame">The frame's bytes as they came.</param>
    internal void Look(long answered, MessageBuffer messages, int first, ReadOnlySpan<byte> frame)
    {
        if (answered != command.Order.Number && queue.WasSent(answered)) return;
        for (int i = first; i < messages.Count && _answer is null; i++)
        {
            var values = new MessageValues(messages[i]);
            while (values.MoveNext())
            {
                if (values.IsNamed || values.Key != answerKey) continue;
                var json = new ArrayBufferWriter<byte>();
                if (MessageJson.WriteValue(values.Value, json)) _answer = new CommandAnswer(Encoding.UTF8.GetString(json.WrittenSpan), frame[..Math.Min(frame.Length, FrameBytesMax)].ToArray());
            }
        }
    }

    /// <summary>Tells the queue, once the message that carried the answer is stored.</summary>
    internal void Tell() => queue.Answered(command, _answer!);
}
