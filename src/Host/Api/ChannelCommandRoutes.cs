using System.Text;
using System.Text.Json;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Devices.Commands;

namespace Gateway.Host.Api;

/// <summary><c>/gw/channels/{sel}/commands-queue</c> and <c>commands-result</c>: the paths that clients from before 2022 use. A command is for the registered device whose <c>ident</c> it names.</summary>
/// <remarks>What these do is done to devices: a token needs the same rights on them as for their own paths. Each answer says where the commands are now.</remarks>
internal static class ChannelCommandRoutes
{
    private const string Queue = "commands-queue";
    private const string Result = "commands-result";

    private static readonly string[] s_fields = ["ident", .. CommandWish.QueueFields];

    internal static ApiRoute[] Table { get; } =
    [
        Alias("POST", "/gw/channels/{sel}/commands-queue", RouteInputs.Fields | RouteInputs.Body, QueueAsync, "Queues commands for the devices whose idents they name."),
        Alias("GET", "/gw/channels/{sel}/commands-queue", RouteInputs.Fields, ListAsync, "Shows commands for devices of channels that have not ended."),
        Alias("GET", "/gw/channels/{sel}/commands-queue/{command}", RouteInputs.Fields, ListAsync, "Shows commands for devices of channels that have not ended."),
        Alias("DELETE", "/gw/channels/{sel}/commands-queue", RouteInputs.Fields, CancelAsync, "Takes commands back."),
        Alias("DELETE", "/gw/channels/{sel}/commands-queue/{command}", RouteInputs.Fields, CancelAsync, "Takes commands back."),
        Alias("GET", "/gw/channels/{sel}/commands-result", RouteInputs.Data, ReadResultsAsync, "Shows what became of commands for devices of channels."),
        Alias("DELETE", "/gw/channels/{sel}/commands-result", RouteInputs.Data, RemoveResultsAsync, "Forgets what became of commands for devices of channels."),
    ];

    private static ApiRoute Alias(string method, string path, RouteInputs inputs, Func<ApiCall, Task> handler, string summary) => new(method, path, inputs, handler, summary) { IsAlias = true };

    private static async Task QueueAsync(ApiCall call)
    {
        CommandRoutes.Shape.Choose(call.Fields);
        using JsonDocument? body = await call.ReadBodyAsync().ConfigureAwait(false);
        CommandWish[] wishes = [.. BodyFields.ItemsOf(body, "command").Select(item => CommandWish.Read(item, s_fields))];
        DeviceDirectory devices = call.Service<DeviceDirectory>();
        List<Channel> channels = Select(call);
        var wanted = new List<(Device Device, CommandWish Wish)>();
        foreach (CommandWish wish in wishes)
        {
            byte[] ident = Encoding.UTF8.GetBytes(wish.Ident ?? throw ApiProblem.BadRequest("A command needs the ident of its device."));
            foreach (Channel channel in channels)
            {
                // Somebody else's device reads as one that is not there.
                if (devices.Index.Find(channel.Definition.ProtocolId, channel.Definition.Cid, ident) is { } device && IsAllowed(call, device, Queue)) wanted.Add((device, wish));
                else call.Errors.Add(new ApiError(ApiErrorCode.NotFound, $"There is no device with the ident {wish.Ident} on channel {channel.Id}: commands are for registered devices.", channel.Id));
            }
        }
        await CommandRoutes.QueueAsync(call, CommandRoutes.Check(call, wanted.GroupBy(one => one.Device, one => one.Wish).Select(group => (group.Key, (IReadOnlyList<CommandWish>)[.. group.Distinct()])))).ConfigureAwait(false);
    }

    private static Task ListAsync(ApiCall call)
    {
        ItemShape<DeviceCommand>.Projection fields = CommandRoutes.Shape.Choose(call.Fields);
        return call.WriteAsync(CommandRoutes.Select(call, DevicesOf(call, Queue)), fields.Write);
    }

    private static Task CancelAsync(ApiCall call) => CommandRoutes.CancelAsync(call, DevicesOf(call, Queue));

    private static async Task ReadResultsAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync().ConfigureAwait(false);
        MessageQuery query = MessageQuery.ForResults(data?.RootElement);
        await CommandResultRoutes.WriteAsync(call, DevicesOf(call, Result), query).ConfigureAwait(false);
    }

    private static async Task RemoveResultsAsync(ApiCall call)
    {
        using JsonDocument? data = await call.ReadDataAsync().ConfigureAwait(false);
        MessageQuery query = MessageQuery.ForResultsDelete(data?.RootElement);
        List<Device> devices = DevicesOf(call, Result);
        await call.Service<CommandStore>().RemoveResultsAsync([.. devices.Select(device => device.Id)], query.FromUs, query.ToUs).ConfigureAwait(false);
        await DeviceRoutes.Kind.WriteIdsAsync(call, devices).ConfigureAwait(false);
    }

    private static List<Channel> Select(ApiCall call)
    {
        List<Channel> channels = ChannelRoutes.Select(call);
        call.Warnings.Add(new ApiWarning("Commands of channels are an old name: use /gw/devices/{selector}/commands-queue and commands-result.", null));
        return channels;
    }

    /// <summary>Registered devices whose messages come through the channels, as far as the caller may do this with them.</summary>
    private static List<Device> DevicesOf(ApiCall call, string submodule)
    {
        DeviceDirectory devices = call.Service<DeviceDirectory>();
        List<Channel> channels = Select(call);
        return [.. devices.All.Where(device => channels.Exists(channel => devices.MayMeet(device, channel)) && IsAllowed(call, device, submodule))];
    }

    private static bool IsAllowed(ApiCall call, Device device, string submodule) =>
        call.Service<AccessPolicy>().MayDo(call.Caller, call.Route.Method, DeviceRoutes.Kind.Collection, submodule, device.Definition.Cid, device.Id);
}
