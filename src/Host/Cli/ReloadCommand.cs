using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Host.Accounts;

namespace Gateway.Host.Cli;

/// <summary><c>gateway protocol reload</c>: makes a running gateway take up a spec that was changed in its folder of specs.</summary>
internal static class ReloadCommand
{
    private const string DefaultApi = "http://127.0.0.1:8080";

    // Compiling takes a second or two; a gateway under load may take longer.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Asks the gateway and prints what it says.</summary>
    /// <returns>0 when the protocol was switched, 1 when the spec has errors or the gateway can't be asked.</returns>
    public static async Task<int> RunAsync(string[] words, Terminal terminal, CancellationToken stopping)
    {
        Arguments arguments = Arguments.Parse(words, ["api", "token"], []);
        arguments.ExpectFree("NAME");
        string address = arguments.Text("api") ?? DefaultApi;
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? api) || api.Scheme is not ("http" or "https")) throw new UsageException($"--api must be http://HOST:PORT, not '{address}'.");
        string token = arguments.Text("token") ?? Environment.GetEnvironmentVariable("GATEWAY_TOKEN") ?? "";
        if (!AccessToken.IsAcceptable(token)) throw new UsageException("--token must be the token of the gateway (or GATEWAY_TOKEN).");

        using HttpClient http = new() { BaseAddress = api, Timeout = Patience };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("FlespiToken", token);
        try
        {
            using HttpResponseMessage answer = await http.PostAsync(new Uri($"gw/channel-protocols/{Uri.EscapeDataString(arguments.Free[0])}/reload", UriKind.Relative), null, stopping).ConfigureAwait(false);
            using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(stopping).ConfigureAwait(false));
            return await PrintAsync(body.RootElement, terminal.Output).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException || (failure is TaskCanceledException && !stopping.IsCancellationRequested))
        {
            throw new FailureException($"can't ask the gateway at {address}: {failure.Message.ReplaceLineEndings(" ")} (--api)", failure);
        }
    }

    private static async Task<int> PrintAsync(JsonElement answer, TextWriter output)
    {
        if (answer.TryGetProperty("errors", out JsonElement errors))
        {
            foreach (JsonElement error in errors.EnumerateArray()) await output.WriteLineAsync(error.GetProperty("reason").GetString()).ConfigureAwait(false);
            return CommandLine.Failed;
        }
        foreach (JsonElement protocol in answer.GetProperty("result").EnumerateArray())
        {
            string[] channels = [.. protocol.GetProperty("channels").EnumerateArray().Select(id => id.GetRawText())];
            string where = channels.Length == 0 ? "no channel speaks it" : $"channels {string.Join(", ", channels)}";
            await output.WriteLineAsync($"{protocol.GetProperty("name").GetString()} is {protocol.GetProperty("spec").GetString()} {protocol.GetProperty("sha256").GetString()![..12]} now; {where}").ConfigureAwait(false);
        }
        return CommandLine.Done;
    }
}
