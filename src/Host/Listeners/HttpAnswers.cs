using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Codecs;
using Gateway.Codecs.Reading;

namespace Gateway.Host.Listeners;

/// <summary>What a channel says over HTTP where its protocol's spec says nothing: why a request was refused and what was expected, and that a body may come.</summary>
/// <remarks>A request that was read whole leaves the connection as it is; where the next one begins can't be known after bytes that were none, or were too many: then the connection ends.</remarks>
internal static class HttpAnswers
{
    private static ReadOnlySpan<byte> EmptyLine => "\r\n\r\n"u8;

    /// <summary>Answers bytes that are no request: 400, 413 for one that is too long, 431 when its headers are.</summary>
    /// <param name="reply">Takes the answer.</param>
    /// <param name="protocol">Whose request it should be.</param>
    /// <param name="status">What the framer said.</param>
    /// <param name="input">The bytes, as far as they are there.</param>
    internal static void Refuse(ReplyWriter reply, ProtocolInfo protocol, FrameStatus status, ReadOnlySpan<byte> input)
    {
        if (status is not FrameStatus.TooLong) Write(reply, "400 Bad Request", Reason(protocol, "This is no HTTP/1.1 request with one length of its body."), closes: true);
        else if (input.IndexOf(EmptyLine) < 0) Write(reply, "431 Request Header Fields Too Large", $"Request line and headers may have at most {Http.HeadBytesMax} bytes.", closes: true);
        else Write(reply, "413 Content Too Large", $"A request may have at most {protocol.FrameBytesMax} bytes, its headers included.", closes: true);
    }

    /// <summary>Answers a request that the spec could not decode: 400, or 413 when it is more than can be stored at once.</summary>
    /// <param name="reply">Takes the answer.</param>
    /// <param name="protocol">Whose request it should be.</param>
    /// <param name="status">What the decoder said.</param>
    /// <param name="closes">The connection ends with this answer.</param>
    internal static void Refuse(ReplyWriter reply, ProtocolInfo protocol, DecodeStatus status, bool closes)
    {
        string what = status switch
        {
            DecodeStatus.Unknown => "No such request is known here",
            DecodeStatus.Truncated => "The request ends before something that it needs",
            DecodeStatus.NotIdentified => "The request does not say which device it is of",
            DecodeStatus.TooLarge => $"The request gives more than {MessageBuffer.BytesMax} bytes of messages",
            _ => "The request can't be read",
        };
        Write(reply, status is DecodeStatus.TooLarge ? "413 Content Too Large" : "400 Bad Request", Reason(protocol, $"{what}; nothing of it was stored."), closes);
    }

    /// <summary>Tells a client that waits for it that the body may come; others are told nothing.</summary>
    /// <param name="reply">Takes the answer.</param>
    /// <param name="input">The request as far as it is there: a client waits behind the empty line.</param>
    internal static void Continue(ReplyWriter reply, ReadOnlySpan<byte> input)
    {
        if (!input.EndsWith(EmptyLine) || input.IndexOf(EmptyLine) != input.Length - EmptyLine.Length) return;
        if (Http.Header(input, "expect"u8, out int start, out int length) && Ascii.EqualsIgnoreCase(input.Slice(start, length), "100-continue"u8)) reply.Bytes("HTTP/1.1 100 Continue\r\n\r\n"u8);
    }

    private static string Reason(ProtocolInfo protocol, string what) => protocol.Expects.Length == 0 ? what : $"{what} Expected is {protocol.Expects}.";

    // The shape of the API's errors; made only for what is refused.
    private static void Write(ReplyWriter reply, string status, string reason, bool closes)
    {
        byte[] body = Encoding.UTF8.GetBytes($$"""{"errors":[{"reason":"{{JsonEncodedText.Encode(reason, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}}"}]}""");
        reply.Bytes(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{(closes ? "connection: close\r\n" : "")}content-length: {body.Length}\r\n\r\n"));
        reply.Bytes(body);
    }
}
