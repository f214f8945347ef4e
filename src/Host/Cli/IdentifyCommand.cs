using System.Globalization;
using Gateway.Codecs;
using Gateway.Host.Identification;
using Gateway.Host.Inspection;
using Gateway.Host.Protocols;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol identify</c>: which protocol is my tracker?</summary>
internal static class IdentifyCommand
{
    private const int CandidatesShownMax = 5;
    private const int MessagesShownMax = 3;

    /// <summary>Ranks the protocols that explain the bytes.</summary>
    /// <returns>0 when there is one, else 1.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, [ProtocolSource.FolderOption], ["all"]);
        if (arguments.Free.Count < 1) arguments.ExpectFree("HEX");
        byte[] input = await ByteInput.ReadWithFilesAsync(string.Join(' ', arguments.Free), terminal.Input, stopping).ConfigureAwait(false);
        IReadOnlyList<Codec> codecs = await ProtocolSource.Of(arguments).AllAsync(terminal.Error).ConfigureAwait(false);
        long nowUs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        IReadOnlyList<Candidate> ranked = Identifier.Rank(codecs, input, nowUs);

        Candidate[] explanations = [.. ranked.Where(candidate => candidate.IsExplanation).Take(arguments.Has("all") ? int.MaxValue : CandidatesShownMax)];
        for (int i = 0; i < explanations.Length; i++) await PrintAsync(explanations[i], i + 1, terminal.Output).ConfigureAwait(false);
        if (explanations.Length == 0) await terminal.Output.WriteLineAsync($"none of {codecs.Count} protocols explains these {input.Length} bytes").ConfigureAwait(false);
        if (arguments.Has("all"))
        {
            foreach (Candidate refused in ranked.Where(candidate => !candidate.IsExplanation))
                await terminal.Output.WriteLineAsync($"-  {refused.Codec.Info.Name}: {refused.Evidence[0]}").ConfigureAwait(false);
        }
        return explanations.Length > 0 ? CommandLine.Done : CommandLine.Failed;
    }

    private static async Task PrintAsync(Candidate candidate, int rank, TextWriter output)
    {
        DecodedInput decoded = candidate.Decoded;
        TraceMessage[] messages = [.. decoded.Messages];
        string transport = candidate.Transport is Transport.Udp ? "udp" : "tcp";
        string score = candidate.Score.ToString("F0", CultureInfo.InvariantCulture);
        await output.WriteLineAsync($"{rank}. {candidate.Codec.Info.Name} ({score}), {transport}, {Count(decoded.Frames.Count, "frame")}, {Count(messages.Length, "message")}: {string.Join(", ", candidate.Evidence)}{(candidate.IsCompleted ? ", end of line added" : "")}").ConfigureAwait(false);
        foreach (TraceMessage message in messages.Take(MessagesShownMax)) await output.WriteLineAsync($"   {TraceJson.Of(message)}").ConfigureAwait(false);
        if (messages.Length > MessagesShownMax) await output.WriteLineAsync($"   ... and {messages.Length - MessagesShownMax} messages more").ConfigureAwait(false);
        if (decoded.Reply.Length > 0) await output.WriteLineAsync($"   reply {DecodeCommand.Reply(candidate.Codec.Info, decoded.Reply)}").ConfigureAwait(false);
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
