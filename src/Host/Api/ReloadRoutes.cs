using System.Globalization;
using Gateway.Codecs;
using Gateway.Host.Cli;
using Gateway.Host.Protocols;

namespace Gateway.Host.Api;

/// <summary><c>POST /gw/channel-protocols/{name}/reload</c>: takes up the spec of a protocol as it is in the folder of specs now, while its channels run.</summary>
/// <remarks>PUT does the same. A spec with errors changes nothing and answers HTTP 400 with one entry of <c>errors</c> for each.</remarks>
internal static class ReloadRoutes
{
    internal static ApiRoute[] Table { get; } =
    [
        new("POST", "/gw/channel-protocols/{name}/reload", RouteInputs.None, ReloadAsync, "Takes up the spec of a protocol as it is in the folder of specs now.") { Audience = RouteAudience.Operator },
        new("PUT", "/gw/channel-protocols/{name}/reload", RouteInputs.None, ReloadAsync, "Does the same.") { Audience = RouteAudience.Operator, IsAlias = true },
    ];

    private static async Task ReloadAsync(ApiCall call)
    {
        string name = NameOf(call);
        if (!call.Service<ProtocolCatalog>().HasFolder) throw ApiProblem.BadRequest("This gateway has no folder of specs; start it with --specs DIR.");
        ReloadOutcome? outcome;
        try
        {
            outcome = await call.Service<ProtocolReload>().RunAsync(name, call.Aborted).ConfigureAwait(false);
        }
        catch (FailureException unreadable)
        {
            throw ApiProblem.BadRequest(unreadable.Message);
        }
        if (outcome is null) throw new ApiProblem(new ApiError(ApiErrorCode.NotFound, $"There is no spec of a protocol {name} in the folder of specs."));
        call.Errors.AddRange(outcome.Errors.Select(error => new ApiError(ApiErrorCode.BadRequest, error)));
        await call.WriteAsync<ReloadOutcome>(outcome.Protocol is null ? [] : [outcome], static (json, reload) =>
        {
            ProtocolInfo protocol = reload.Protocol!;
            json.WriteStartObject();
            json.WriteNumber("id", protocol.Id);
            json.WriteString("name", protocol.Name);
            json.WriteString("spec", protocol.SpecFile);
            json.WriteString("sha256", protocol.SpecHash);
            json.WriteStartArray("channels");
            foreach (long id in reload.ChannelIds) json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>A protocol is named by its name, by <c>name=NAME</c> as in selectors, or by its number.</summary>
    private static string NameOf(ApiCall call)
    {
        const string prefix = "name=";
        string text = call.PathValue("name");
        if (text.StartsWith(prefix, StringComparison.Ordinal)) text = text[prefix.Length..];
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id);
        return isNumber && call.Service<CodecRegistry>().Find(id) is { } codec ? codec.Info.Name : text;
    }
}
