namespace Gateway.Codecs;

/// <summary>What a spec says about its protocol, apart from the decoding itself.</summary>
public sealed record ProtocolInfo
{
    /// <summary>Lower-case name, e.g. <c>gt06</c>.</summary>
    public required string Name { get; init; }
    /// <summary>Other names that mean the same protocol.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
    /// <summary>Title for people.</summary>
    public required string Title { get; init; }
    /// <summary>Vendors of the devices.</summary>
    public IReadOnlyList<string> Vendors { get; init; } = [];
    /// <summary>Device types the spec was written for.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];
    /// <summary>Documents the spec was written from.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];
    /// <summary>Stable number of the protocol (<c>protocol.id</c>).</summary>
    public required int Id { get; init; }
    /// <summary>The port the vendor or custom names, as a suggestion.</summary>
    public int DefaultPort { get; init; }
    /// <summary>Speaks TCP.</summary>
    public bool Tcp { get; init; }
    /// <summary>Speaks UDP.</summary>
    public bool Udp { get; init; }
    /// <summary>Takes HTTP requests over TCP, for which <see cref="Tcp"/> holds too.</summary>
    public bool Http { get; init; }
    /// <summary>What a request should be, for people: behind "Expected is" in the answer to one that can't be read; empty when the spec does not say.</summary>
    public string Expects { get; init; } = "";
    /// <summary>Payload is text for people to read.</summary>
    public bool IsText { get; init; }
    /// <summary>Longest frame in bytes.</summary>
    public required int FrameBytesMax { get; init; }
    /// <summary>Name of the spec file, e.g. <c>gt06.trk</c>.</summary>
    public required string SpecFile { get; init; }
    /// <summary>Lines of the spec.</summary>
    public int SpecLines { get; init; }
    /// <summary>SHA-256 of the spec's text, lower-case hex.</summary>
    public string SpecHash { get; init; } = "";
    /// <summary>Messages of the spec in order.</summary>
    public IReadOnlyList<MessageInfo> Messages { get; init; } = [];
    /// <summary>Every field that a decoder reads; the trace speaks of them by index.</summary>
    public IReadOnlyList<FieldInfo> Fields { get; init; } = [];
    /// <summary>Every checksum that a decoder tests; the trace speaks of them by index.</summary>
    public IReadOnlyList<CheckInfo> Checks { get; init; } = [];
    /// <summary>Bytes of a frame that its framer looks at, where the spec puts them at a constant place.</summary>
    public IReadOnlyList<FramingInfo> Framing { get; init; } = [];
    /// <summary>Escapes that the framer takes back, by the order of the spec.</summary>
    public IReadOnlyList<EscapeInfo> Escapes { get; init; } = [];
    /// <summary>Dictionary names that the decoder can write, with numbered and open forms as <c>din.{i}</c>, <c>custom.param.{id}</c>.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];
    /// <summary>Commands of the spec.</summary>
    public IReadOnlyList<CommandInfo> Commands { get; init; } = [];
    /// <summary>Options of a channel with this protocol.</summary>
    public IReadOnlyList<OptionInfo> Options { get; init; } = [];
    /// <summary>What an operator sends or types to point a device at the gateway, in order.</summary>
    public IReadOnlyList<SetupInfo> Setup { get; init; } = [];
    /// <summary>Samples of the spec.</summary>
    public IReadOnlyList<SampleInfo> Samples { get; init; } = [];
}

/// <summary>A message kind of a spec.</summary>
/// <param name="Name">Name in the spec.</param>
/// <param name="Line">Line of the spec.</param>
/// <param name="Condition">The condition as written, empty for the last resort.</param>
public sealed record MessageInfo(string Name, int Line, string Condition);

/// <summary>A field of a spec, as the trace, the documentation and the simulator need it.</summary>
/// <param name="Line">Line of the spec.</param>
/// <param name="Name">Name in the spec, or empty.</param>
/// <param name="Type">Type as written: <c>u16</c>, <c>i32le</c>, <c>bcd</c>, <c>ascii</c>, <c>real</c>, <c>time ymdhms u8</c>, <c>lat ddmm.m</c>.</param>
/// <param name="Parameter">The dictionary name it is written to, or empty.</param>
/// <param name="Unit">Unit on the wire, or empty.</param>
/// <param name="Multiply">value = raw × Multiply ÷ Divide + Add.</param>
/// <param name="Divide">See <paramref name="Multiply"/>.</param>
/// <param name="Add">See <paramref name="Multiply"/>.</param>
/// <param name="BigEndian">Byte order of integers and floats.</param>
public sealed record FieldInfo(int Line, string Name, string Type, string Parameter, string Unit, double Multiply, double Divide, double Add, bool BigEndian);

/// <summary>Bytes of a frame that its framer looks at.</summary>
/// <param name="Line">Line of the spec.</param>
/// <param name="Kind">What they are.</param>
/// <param name="Offset">From the start of the frame; below 0 from its end.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Marker">What stands there, empty for numbers.</param>
public sealed record FramingInfo(int Line, LookKind Kind, int Offset, int Length, byte[] Marker);

/// <summary>An escape of a protocol.</summary>
/// <param name="Begin">Marker at the start of the frames that have it; empty for all frames.</param>
/// <param name="Wire">Bytes on the wire.</param>
/// <param name="Plain">Bytes that they stand for.</param>
public sealed record EscapeInfo(byte[] Begin, byte[] Wire, byte[] Plain);

/// <summary>A checksum of a spec.</summary>
/// <param name="Line">Line of the spec.</param>
/// <param name="Algorithm">Name as in the spec: <c>crc16.x25</c>, <c>xor8</c>, ...</param>
/// <param name="Type">How it is stored: <c>u16</c>, <c>u16le</c>, <c>hex 2</c>, ...</param>
/// <param name="BigEndian">Byte order of the stored value.</param>
public sealed record CheckInfo(int Line, string Algorithm, string Type, bool BigEndian);

/// <summary>A command of a spec.</summary>
/// <param name="Name">Name, e.g. <c>engine.stop</c>.</param>
/// <param name="Line">Line of the spec.</param>
/// <param name="Properties">Names and types of the properties.</param>
public sealed record CommandInfo(string Name, int Line, IReadOnlyList<OptionInfo> Properties);

/// <summary>A typed, named setting.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type"><c>int</c>, <c>real</c>, <c>bool</c>, <c>text</c> or <c>minutes</c>.</param>
/// <param name="Default">Default as written, or empty.</param>
/// <param name="Description">For people.</param>
public sealed record OptionInfo(string Name, string Type, string Default, string Description)
{
    /// <summary>Least value of a number; null when nothing says.</summary>
    public double? Min { get; init; }
    /// <summary>Greatest value of a number; null when nothing says.</summary>
    public double? Max { get; init; }
    /// <summary>The texts that are allowed; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>A line of the setup of a device.</summary>
/// <param name="Kind"><c>sms</c> for what is sent, <c>text</c> for what is typed, <c>note</c> for a hint.</param>
/// <param name="Line">Line of the spec.</param>
/// <param name="Text">The line; words in braces are filled in: <c>{host}</c>, <c>{port}</c> and what only the operator knows. Two braces stand for one.</param>
/// <param name="Description">For people, or empty.</param>
public sealed record SetupInfo(string Kind, int Line, string Text, string Description)
{
    /// <summary>The line for one gateway: its host and port are filled in, other words stay for the operator.</summary>
    public string For(string host, int port) => Text
        .Replace("{host}", host, StringComparison.Ordinal)
        .Replace("{port}", port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);
}

/// <summary>A sample of a spec: bytes in, expected messages and replies.</summary>
public sealed record SampleInfo
{
    /// <summary>Name in the spec.</summary>
    public required string Name { get; init; }
    /// <summary>Line of the spec.</summary>
    public required int Line { get; init; }
    /// <summary>TCP unless the sample says udp.</summary>
    public Transport Transport { get; init; }
    /// <summary>Session variables given: <c>ident</c>, <c>now</c> (µs), and variables and options of the spec.</summary>
    public IReadOnlyDictionary<string, object> Given { get; init; } = new Dictionary<string, object>();
    /// <summary>Bytes in.</summary>
    public required byte[] Input { get; init; }
    /// <summary>The ident after decoding, or null when the sample says nothing.</summary>
    public string? ExpectedIdent { get; init; }
    /// <summary>Number of messages expected, -1 when the sample says nothing.</summary>
    public int ExpectedCount { get; init; } = -1;
    /// <summary>Expected values by message.</summary>
    public IReadOnlyList<ExpectedValue> Expected { get; init; } = [];
    /// <summary>Expected reply bytes, empty for none; null when the sample says nothing.</summary>
    public byte[]? Output { get; init; }
}

/// <summary>An expected value of a sample.</summary>
/// <param name="Record">Index of the message, from 1.</param>
/// <param name="Line">Line of the spec.</param>
/// <param name="Parameter">Full name.</param>
/// <param name="Value">long, double, bool or string; null when the parameter must be absent.</param>
/// <param name="Tolerance">Greatest difference for a real value.</param>
public sealed record ExpectedValue(int Record, int Line, string Parameter, object? Value, double Tolerance);

/// <summary>Properties of a command by name: long, double, bool or string.</summary>
public sealed class CommandArguments : Dictionary<string, object>
{
    /// <summary>No properties.</summary>
    public CommandArguments() : base(StringComparer.Ordinal)
    {
    }
}
