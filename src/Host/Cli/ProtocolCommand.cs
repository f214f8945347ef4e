using Gateway.Codecs;
using Gateway.Host.Protocols;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol ...</c>: lists and shows what is built in; the other verbs are in files of their own.</summary>
internal static class ProtocolCommand
{
    private static readonly string[] Verbs = ["list", "show", "new", "check", "decode", "explain", "fmt", "identify", "doc", "try", "reload", "selftest"];

    /// <summary>Runs one verb.</summary>
    public static async Task<int> RunAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        if (words.Length == 0) throw new UsageException($"say 'protocol list', or one of: {string.Join(", ", Verbs.Skip(1))}.");
        string[] rest = words[1..];
        switch (words[0])
        {
            case "list": return await ListAsync(rest, terminal).ConfigureAwait(false);
            case "show": return await ShowAsync(rest, terminal.Output).ConfigureAwait(false);
            case "check": return await CheckCommand.RunAsync(rest, terminal).ConfigureAwait(false);
            case "decode": return await DecodeCommand.RunAsync(rest, terminal, isExplanation: false, stopping).ConfigureAwait(false);
            case "explain": return await DecodeCommand.RunAsync(rest, terminal, isExplanation: true, stopping).ConfigureAwait(false);
            case "new": return await NewCommand.RunAsync(rest, terminal).ConfigureAwait(false);
            case "identify": return await IdentifyCommand.RunAsync(rest, terminal, stopping).ConfigureAwait(false);
            case "fmt": return await FormatCommand.RunAsync(rest, terminal).ConfigureAwait(false);
            case "doc": return await DocCommand.RunAsync(rest, terminal).ConfigureAwait(false);
            case "selftest": return await SelfTestCommand.RunAsync(rest, terminal).ConfigureAwait(false);
            case "try": return await TryCommand.RunAsync(rest, terminal, stopping).ConfigureAwait(false);
            case "reload": return await ReloadCommand.RunAsync(rest, terminal, stopping).ConfigureAwait(false);
            default: throw new UsageException($"there is no 'protocol {words[0]}'{Nearest.Suggest(words[0], Verbs)}");
        }
    }

    /// <summary>The built-in protocol of a name or alias, or the one of a spec file (<c>my.trk</c>), compiled now.</summary>
    /// <exception cref="FailureException">There is none, or the file does not compile.</exception>
    public static Codec Find(string name) => new ProtocolSource(null).Find(name);

    private static async Task<int> ListAsync(string[] words, Terminal terminal)
    {
        Arguments arguments = Arguments.Parse(words, [ProtocolSource.FolderOption], []);
        arguments.ExpectFree();
        TextWriter output = terminal.Output;
        await output.WriteLineAsync($"{"NAME",-16} {"ID",4} {"TRANSPORT",-9} {"PORT",5} {"SAMPLES",7}  TITLE").ConfigureAwait(false);
        foreach (ProtocolInfo p in (await ProtocolSource.Of(arguments).AllAsync(terminal.Error).ConfigureAwait(false)).Select(codec => codec.Info))
            await output.WriteLineAsync($"{p.Name,-16} {p.Id,4} {Transports(p),-9} {p.DefaultPort,5} {p.Samples.Count,7}  {p.Title}").ConfigureAwait(false);
        return CommandLine.Done;
    }

    private static async Task<int> ShowAsync(string[] words, TextWriter output)
    {
        Arguments arguments = Arguments.Parse(words, [ProtocolSource.FolderOption], []);
        arguments.ExpectFree("NAME");
        ProtocolInfo p = ProtocolSource.Of(arguments).Find(arguments.Free[0]).Info;
        await output.WriteLineAsync($"""
            {p.Name}: {p.Title}
              number      {p.Id}
              aliases     {Joined(p.Aliases)}
              transports  {Transports(p)}, port {p.DefaultPort}
              vendors     {Joined(p.Vendors)}
              devices     {Joined(p.Devices)}
              spec        {p.SpecFile}, {p.SpecLines} lines, sha256 {p.SpecHash}
              frame       at most {p.FrameBytesMax} bytes
            """).ConfigureAwait(false);
        await SectionAsync(output, "sources", p.Sources).ConfigureAwait(false);
        await SectionAsync(output, "messages", p.Messages.Select(m => $"{m.Name,-24} line {m.Line,-5} {(m.Condition.Length > 0 ? "when " + m.Condition : "")}".TrimEnd())).ConfigureAwait(false);
        await SectionAsync(output, "options", p.Options.Select(Setting)).ConfigureAwait(false);
        await SectionAsync(output, "commands", p.Commands.Select(c => $"{c.Name}({string.Join(", ", c.Properties.Select(q => $"{q.Name} {q.Type}"))})")).ConfigureAwait(false);
        await SectionAsync(output, "setup", p.Setup.Select(s => $"{s.Kind,-6} {s.Text}{(s.Description.Length > 0 ? "   # " + s.Description : "")}")).ConfigureAwait(false);
        await SectionAsync(output, "samples", p.Samples.Select(s => $"{s.Name,-24} line {s.Line,-5} {s.Transport.ToString().ToLowerInvariant()}, {s.Input.Length} bytes")).ConfigureAwait(false);
        await SectionAsync(output, "parameters", p.Parameters.Order(StringComparer.Ordinal)).ConfigureAwait(false);
        return CommandLine.Done;
    }

    private static string Setting(OptionInfo option) =>
        $"{option.Name,-24} {option.Type,-8} {(option.Default.Length > 0 ? "default " + option.Default : ""),-16} {option.Description}".TrimEnd();

    private static string Transports(ProtocolInfo protocol) => protocol.Http ? protocol.Udp ? "http udp" : "http" : (protocol.Tcp, protocol.Udp) switch
    {
        (true, true) => "tcp udp",
        (false, true) => "udp",
        _ => "tcp",
    };

    private static string Joined(IReadOnlyList<string> names) => names.Count == 0 ? "-" : string.Join(", ", names);

    private static async Task SectionAsync(TextWriter output, string title, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length == 0) return;
        await output.WriteLineAsync($"  {title}").ConfigureAwait(false);
        foreach (string line in all) await output.WriteLineAsync($"    {line}").ConfigureAwait(false);
    }
}
