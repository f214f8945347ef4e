using System.Globalization;
using System.Text.Json;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Commands;

namespace Gateway.Host.Api;

/// <summary><c>/gw/devices/{sel}/commands-result</c>: what became of commands.</summary>
internal static class CommandResultRoutes
{
    /// <summary>Numbers of commands in one list.</summary>
    internal const int IdsMax = 10_000;

    internal static ApiRoute[] Table { get; } =
    [
        new("GET", "/gw/devices/{sel}/commands-result", RouteInputs.Data, ReadAllAsync, "Shows what became of commands, by the time of their end."),
        new("GET", "/gw/devices/{sel}/commands-result/{command}", RouteInputs.None, ReadSomeAsync, "Shows what became of single commands."),
    ];

    /// <summary>Answers with results of devices, one device after the other.</summary>
    internal static async Task WriteAsync(ApiCall call, IReadOnlyList<Device> devices, MessageQuery query)
    {
        // What ended before the request is in the answer.
        CommandStore store = call.Service<CommandStore>();
        await store.FlushAsync().ConfigureAwait(false);
        var results = new List<string>();
        long left = query.Bytes;
        foreach (Device device in devices)
        {
            int count = Math.Min(query.Count - results.Count, CommandStore.ResultsPerDeviceMax);
            if (count <= 0 || left <= 0) break;
            List<string> found = store.ReadResults(device.Id, query.FromUs, query.ToUs, count, left, query.IsReverse);
            results.AddRange(found);
            left -= found.Sum(json => (long)json.Length);
        }
        if (left <= 0) call.Warnings.Add(new ApiWarning("There is more than fits into one answer: ask for less time, or for fewer devices.", null));
        await call.WriteAsync(results, static (json, result) => json.WriteRawValue(result)).ConfigureAwait(false);
    }

    private static async Task ReadAllAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync().ConfigureAwait(false);
        MessageQuery query = MessageQuery.ForResults(data?.RootElement);
        await WriteAsync(call, DeviceRoutes.Kind.Select(call), query).ConfigureAwait(false);
    }

    private static async Task ReadSomeAsync(ApiCall call)
    {
        string text = call.PathValue("command");
        List<long>? ids = text is "all" or "*" ? null : IdsOf(text);
        List<Device> devices = DeviceRoutes.Kind.Select(call);
        if (ids is null)
        {
            await WriteAsync(call, devices, MessageQuery.ForResults(null)).ConfigureAwait(false);
            return;
        }

        CommandStore store = call.Service<CommandStore>();
        await store.FlushAsync().ConfigureAwait(false);
        HashSet<long> deviceIds = [.. devices.Select(device => device.Id)];
        List<(long Id, long Device, string Json)> found = store.ReadResults(ids);
        found.RemoveAll(result => !deviceIds.Contains(result.Device));
        foreach (long id in ids.Except(found.Select(result => result.Id))) call.Errors.Add(new ApiError(ApiErrorCode.NotFound, $"There is no result of a command {id}.", id));
        await call.WriteAsync([.. found.Select(result => result.Json)], static (json, result) => json.WriteRawValue(result)).ConfigureAwait(false);
    }

    private static List<long> IdsOf(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is 0 or > IdsMax) throw ApiProblem.BadRequest($"1 to {IdsMax} numbers of commands are expected.");
        return [.. parts.Select(NumberOf).Distinct()];

        static long NumberOf(string part) => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? id
            : throw ApiProblem.BadRequest($"'{part}' is no number of a command; expected one, a list of them, or all.");
    }
}
