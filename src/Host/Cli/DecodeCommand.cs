using System.Text;
using Gateway.Codecs;
using Gateway.Host.Inspection;
using Gateway.Host.Protocols;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol decode</c> and <c>explain</c>: bytes in; messages, replies, and where each value came from out.</summary>
internal static class DecodeCommand
{
    private const string StandInIdent = "unknown";

    /// <summary>Decodes what the user gives.</summary>
    /// <returns>0 when all bytes were framed and decoded, else 1.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal, bool isExplanation, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, ["ident", ProtocolSource.FolderOption], ["udp"]);
        // A text with spaces may come as several words, and hex often does.
        if (arguments.Free.Count < 2) arguments.ExpectFree("NAME", "HEX");
        Codec codec = ProtocolSource.Of(arguments).Find(arguments.Free[0]);
        byte[] input = await ByteInput.ReadAsync(string.Join(' ', arguments.Free.Skip(1)), terminal.Input, stopping).ConfigureAwait(false);

        Transport transport = arguments.Has("udp") || !codec.Info.Tcp ? Transport.Udp : Transport.Tcp;
        string? ident = arguments.Text("ident");
        DecodedInput decoded = InputDecoder.Decode(codec, NewSession(codec, transport, ident), input);
        if (ident is null && decoded.Frames.Any(frame => frame.Status is DecodeStatus.NotIdentified))
        {
            // A frame out of the middle of a connection is what people have at hand.
            await terminal.Error.WriteLineAsync($"gateway: no login among the bytes; decoded as of a device '{StandInIdent}' (--ident).").ConfigureAwait(false);
            decoded = InputDecoder.Decode(codec, NewSession(codec, transport, StandInIdent), input);
        }
        for (int i = 0; i < decoded.Frames.Count; i++)
        {
            if (isExplanation) await ExplainAsync(codec.Info, decoded.Frames[i], i + 1, terminal.Output).ConfigureAwait(false);
            else await PrintAsync(codec.Info, decoded.Frames[i], terminal.Output).ConfigureAwait(false);
        }
        await ComplainAsync(codec.Info, decoded, input.Length, terminal.Error).ConfigureAwait(false);
        return decoded.IsWhole ? CommandLine.Done : CommandLine.Failed;
    }

    private static Session NewSession(Codec codec, Transport transport, string? ident)
    {
        Session session = codec.CreateSession();
        session.Transport = transport;
        session.NowUs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        if (ident is not null && !session.TrySetIdent(Encoding.UTF8.GetBytes(ident)))
            throw new UsageException($"--ident must have 1 to {Session.IdentBytesMax} visible characters without # + and /.");
        return session;
    }

    private static async Task PrintAsync(ProtocolInfo protocol, DecodedFrame frame, TextWriter output)
    {
        foreach (TraceMessage message in frame.Trace.Messages) await output.WriteLineAsync(TraceJson.Of(message)).ConfigureAwait(false);
        if (frame.Reply.Length > 0) await output.WriteLineAsync($"reply {Reply(protocol, frame.Reply)}").ConfigureAwait(false);
    }

    private static async Task ExplainAsync(ProtocolInfo protocol, DecodedFrame frame, int number, TextWriter output)
    {
        string outcome = frame.Status is DecodeStatus.Ok ? $"{frame.Trace.Messages.Count} messages" : frame.Status.ToString();
        await output.WriteLineAsync($"frame {number}: {frame.Bytes.Length} bytes, {outcome}").ConfigureAwait(false);
        await output.WriteLineAsync($"{"OFFSET",6} {"LEN",4} {"MSG",3}  {"SPEC LINE",-18} {"BYTES",-34} {"PARAMETER",-34} VALUE").ConfigureAwait(false);
        foreach (ExplainedRow row in Explanation.Of(protocol, frame))
        {
            string offset = row.Start < 0 ? "-" : $"{row.Start}";
            string message = row.Message == 0 ? "" : $"{row.Message}";
            string line = row.Line == 0 ? "-" : $"{protocol.SpecFile}:{row.Line}";
            await output.WriteLineAsync($"{offset,6} {row.Length,4} {message,3}  {line,-18} {row.Hex,-34} {row.Parameter,-34} {row.Value}".TrimEnd()).ConfigureAwait(false);
        }
        if (frame.Reply.Length > 0) await output.WriteLineAsync($"reply {Reply(protocol, frame.Reply)}").ConfigureAwait(false);
    }

    private static async Task ComplainAsync(ProtocolInfo protocol, DecodedInput decoded, int inputLength, TextWriter error)
    {
        foreach (DecodedFrame frame in decoded.Frames)
        {
            if (frame.ChecksumErrors > 0) await error.WriteLineAsync("gateway: the checksum is wrong; a channel accepts and counts that unless it is strict.").ConfigureAwait(false);
            if (frame.Status is DecodeStatus.Unknown)
                await error.WriteLineAsync($"gateway: no message of {protocol.SpecFile} takes this frame of {frame.Bytes.Length} bytes.").ConfigureAwait(false);
            else if (frame.Status is not DecodeStatus.Ok)
                await error.WriteLineAsync($"gateway: {frame.Status} at byte {frame.FailedOffset} of a frame of {frame.Bytes.Length} ({protocol.SpecFile}:{frame.FailedLine}).").ConfigureAwait(false);
        }

        int rest = inputLength - decoded.Consumed;
        string? complaint = decoded.End switch
        {
            FrameStatus.NeedMore => $"the last {rest} bytes are no whole frame{(protocol.IsText ? "; is the end of the line missing?" : ".")}",
            FrameStatus.Malformed => $"the bytes from {decoded.Consumed} on can't be {protocol.Name}.",
            FrameStatus.TooLong => $"the frame at byte {decoded.Consumed} would be longer than {protocol.FrameBytesMax} bytes.",
            _ => null,
        };
        if (complaint is not null) await error.WriteLineAsync($"gateway: {complaint}").ConfigureAwait(false);
    }

    /// <summary>Printable replies as quoted text, others as hex.</summary>
    internal static string Reply(ProtocolInfo protocol, byte[] reply)
    {
        bool isText = protocol.IsText && reply.All(b => b is >= 0x20 and < 0x7F or (byte)'\r' or (byte)'\n');
        return isText
            ? $"\"{Encoding.ASCII.GetString(reply).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\""
            : Convert.ToHexString(reply);
    }
}
