using System.Text.Json;
using Gateway.Codecs;
using Xunit;

namespace Gateway.Conformance.Tests;

public class CommandTests(ITestOutputHelper output)
{
    [Fact]
    public void Commands_of_the_recordings_give_the_recorded_bytes()
    {
        Assert.SkipWhen(VectorFile.Folder is null, "The folder ../shared/vectors is not on this machine.");
        var differences = new List<string>();
        foreach (Codec codec in ConformanceRun.Codecs())
        {
            string[] paths = ConformanceRun.Files(codec, Path.Combine(VectorFile.Folder!, "..", "encode"));
            if (paths.Length == 0) continue;
            int equal = 0, total = 0, absent = 0;
            foreach (string line in paths.SelectMany(File.ReadLines))
            {
                JsonElement row = JsonDocument.Parse(line).RootElement;
                if (row.GetProperty("wire").ValueKind != JsonValueKind.String) continue;
                total++;
                var written = new ReplyWriter();
                EncodeStatus status = codec.TryEncode(Dotted(row.GetProperty("type").GetString()!), Arguments(row), Session(codec, row), written);
                string expected = row.GetProperty("wire").GetString()!, got = Convert.ToHexStringLower(written.Written);
                if (status is EncodeStatus.UnknownCommand) absent++;
                else if (expected == got) equal++;
                else differences.Add($"{row.GetProperty("id").GetString()}: {status}, expected {expected}, got {got}");
            }
            output.WriteLine($"{codec.Info.Name,-17} commands {equal}/{total}, {absent} of names that the spec does not have");
        }
        Assert.Empty(differences);
    }

    // engineStop is engine.stop in our specs.
    private static string Dotted(string name) => string.Concat(name.Select(c => char.IsUpper(c) ? "." + char.ToLowerInvariant(c) : c.ToString()));

    private static CommandArguments Arguments(JsonElement row)
    {
        var arguments = new CommandArguments();
        if (!row.TryGetProperty("attributes", out JsonElement attributes) || attributes.ValueKind != JsonValueKind.Object) return arguments;
        foreach (JsonProperty attribute in attributes.EnumerateObject())
            arguments[attribute.Name == "data" ? "text" : attribute.Name] = attribute.Value.ValueKind switch
            {
                JsonValueKind.True or JsonValueKind.False => attribute.Value.GetBoolean(),
                JsonValueKind.Number => attribute.Value.TryGetInt64(out long integer) ? integer : attribute.Value.GetDouble(),
                _ => attribute.Value.ToString(),
            };
        return arguments;
    }

    private static Session Session(Codec codec, JsonElement row)
    {
        Session session = codec.CreateSession();
        if (row.TryGetProperty("uniqueId", out JsonElement ident) && ident.GetString() is { } id) session.TrySetIdent(System.Text.Encoding.UTF8.GetBytes(id));
        if (row.TryGetProperty("time", out JsonElement time) && VectorFile.TryToUs(time.GetString() ?? "", out long now)) session.NowUs = now;
        if (!row.TryGetProperty("config", out JsonElement config)) return session;
        if (config.TryGetProperty("connectionless", out JsonElement datagrams) && datagrams.ValueKind == JsonValueKind.True) session.Transport = Transport.Udp;
        DirectReplay.Configure(session, config);
        return session;
    }
}
