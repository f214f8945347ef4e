using System.Buffers;
using System.Text;
using Gateway.Codecs;

namespace Gateway.Host.Devices.Commands;

/// <summary>Looks for the answer to a command among the frames of its connection. Only for the thread that decodes, until it is answered.</summary>
/// <remarks>Protocols give commands no numbers that all of them would repeat: the first answer after a command was sent is taken as its own, and a device gets one command at a time.</remarks>
internal sealed class AwaitedAnswer(CommandQueue queue, DeviceCommand command, int answerKey)
{
    /// <summary>Most bytes of a frame that are kept with a result.</summary>
    internal const int FrameBytesMax = 4 * 1024;

    private CommandAnswer? _answer;

    /// <summary>Whether an answer was found.</summary>
    internal bool IsAnswered => _answer is not null;

    /// <summary>Looks at a frame that was decoded.</summary>
    /// <param name="messages">Holds what was decoded.</param>
    /// <param name="first">Index of the first message of the frame.</param>
    /// <param name="frame">The frame's bytes as they came.</param>
    internal void Look(MessageBuffer messages, int first, ReadOnlySpan<byte> frame)
    {
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
