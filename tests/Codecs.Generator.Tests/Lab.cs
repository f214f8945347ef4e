using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Gateway.Codecs.Generator.Tests;

/// <summary>Compiles specs as the host does while it runs, and sends frames through the codecs that come out.</summary>
internal static class Lab
{
    private static readonly Lazy<string> Dictionary = new(() =>
    {
        using StreamReader reader = new(typeof(Codec).Assembly.GetManifestResourceStream("parameters.tsv")!);
        return reader.ReadToEnd();
    });

    private static readonly Lazy<MetadataReference[]> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(p => MetadataReference.CreateFromFile(p))]);

    private static readonly Dictionary<string, Codec> Compiled = [];

    internal static string Parameters => Dictionary.Value;

    /// <summary>A spec around the given sections: protocol line, one line per frame, ident given.</summary>
    internal static string Spec(string sections, string properties = "  port 5000 tcp udp\n") =>
        $"protocol lab \"Lab\"\n  id 999\n{properties}\n{sections}\n";

    internal static IReadOnlyList<SpecDiagnostic> Check(string spec) => SpecCompiler.Check("lab.trk", spec, ParameterTable.Parse(Parameters));

    internal static Codec Compile(string spec)
    {
        lock (Compiled)
        {
            if (Compiled.TryGetValue(spec, out Codec? known)) return known;
            SpecResult result = SpecCompiler.Compile("lab.trk", spec, ParameterTable.Parse(Parameters));
            Assert.True(result.Source is not null, string.Join('\n', result.Diagnostics.Select(d => d.Format("lab.trk"))));
            CSharpCompilation compilation = CSharpCompilation.Create($"Lab{Compiled.Count}", [CSharpSyntaxTree.ParseText(result.Source!, new CSharpParseOptions(LanguageVersion.Preview))],
                References.Value, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true));
            using MemoryStream image = new();
            var emitted = compilation.Emit(image);
            Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)) + "\n" + result.Source);
            Assembly assembly = new AssemblyLoadContext(null).LoadFromStream(new MemoryStream(image.ToArray()));
            Codec codec = (Codec)Activator.CreateInstance(assembly.GetType("Gateway.Codecs.Generated." + result.ClassName)!)!;
            Compiled[spec] = codec;
            return codec;
        }
    }

    /// <summary>What a codec makes of bytes that arrive at once or in pieces.</summary>
    internal static Outcome Run(string spec, byte[] input, Transport transport = Transport.Tcp, int piece = int.MaxValue, Action<Session>? given = null)
    {
        Codec codec = Compile(spec);
        Session session = codec.CreateSession();
        session.Transport = transport;
        session.NowUs = 1_700_000_000_000_000;
        session.TrySetIdent("dev"u8);
        given?.Invoke(session);
        Trace trace = new();
        TraceSink sink = new(trace);
        ReplyWriter reply = new();
        List<DecodeStatus> statuses = [];
        List<string> frames = [];
        FrameStatus end = FrameStatus.NeedMore;
        int start = 0;
        for (int available = Math.Min(piece, input.Length); ; available = (int)Math.Min((long)available + piece, input.Length))
        {
            while (start < available)
            {
                ReadOnlySpan<byte> unread = input.AsSpan(start, available - start);
                FrameResult result = codec.TryFrame(unread, session);
                end = result.Status;
                start += result.Consumed;
                if (result.Status != FrameStatus.Frame) break;
                ReadOnlySpan<byte> frame = result.FrameOf(unread, session);
                frames.Add(Convert.ToHexString(frame));
                statuses.Add(codec.Decode(frame, session, ref sink, reply));
            }
            if (available == input.Length || end is FrameStatus.Malformed or FrameStatus.TooLong) break;
        }
        return new Outcome(statuses, end, frames, [.. trace.Messages.Select(Flatten)], Encoding.Latin1.GetString(reply.Written), Encoding.UTF8.GetString(session.Ident), session, trace);
    }

    internal static Outcome Run(string spec, string text, Transport transport = Transport.Tcp) => Run(spec, Encoding.UTF8.GetBytes(text), transport);

    internal static Outcome RunHex(string spec, string hex, Action<Session>? given = null) => Run(spec, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), given: given);

    private static Dictionary<string, object> Flatten(TraceMessage message)
    {
        Dictionary<string, object> values = [];
        foreach (TraceValue value in message.Values)
            if (value.Name is not ("peer" or "ident")) values[value.Name] = value.IsTime ? (long)value.Value / 1e6 : value.Value;
        return values;
    }
}

internal sealed record Outcome(List<DecodeStatus> Statuses, FrameStatus End, List<string> Frames, List<Dictionary<string, object>> Messages, string Reply, string Ident, Session Session, Trace Trace)
{
    /// <summary>The single message, without the time that the host adds.</summary>
    public Dictionary<string, object> Message
    {
        get
        {
            Dictionary<string, object> message = Assert.Single(Messages);
            return message;
        }
    }
}
