using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Host.Accounts;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Devices;
using Gateway.Host.Mqtt.Sessions;
using Gateway.Host.Tests.Channels;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>
/// Promise: for every route of the API, every kind of token and every place of an item in the tree of accounts, exactly what may be done can be done, and another
/// account's item reads as one that does not exist.
/// </summary>
/// <remarks>Routes come from the table of the API; what is expected of a cell is worked out here from the kinds of tokens, not from the policy under test.</remarks>
public sealed partial class AccessMatrixTests
{
    private const long AbsentId = 9_999_999;

    /// <summary>Which routes are not for the usual tokens of their module. A new one must be put here on purpose.</summary>
    private static readonly Dictionary<string, RouteAudience> s_decided = new(StringComparer.Ordinal)
    {
        ["GET /auth/info"] = RouteAudience.AnyToken,
        ["GET /auth/regions"] = RouteAudience.Everybody,
        ["GET /auth/oauth/providers"] = RouteAudience.Everybody,
        ["GET /const/values"] = RouteAudience.Everybody,
        ["GET /gw/api.json"] = RouteAudience.Everybody,
        ["GET /platform/api.json"] = RouteAudience.Everybody,
        ["GET /storage/api.json"] = RouteAudience.Everybody,
        ["GET /mqtt/api.json"] = RouteAudience.Everybody,
        ["GET /auth/api.json"] = RouteAudience.Everybody,
        ["GET /openapi.json"] = RouteAudience.Everybody,
        ["GET /reference"] = RouteAudience.Everybody,
        ["GET /gw/channel-protocols/{sel}"] = RouteAudience.AnyToken,
        ["GET /gw/protocols/{sel}"] = RouteAudience.AnyToken,
        ["GET /gw/message-parameters/{sel}"] = RouteAudience.AnyToken,
        ["POST /gw/channel-protocols/{name}/reload"] = RouteAudience.Operator,
        ["PUT /gw/channel-protocols/{name}/reload"] = RouteAudience.Operator,
        ["GET /gw/channel-protocols/{sel}/device-types/{type}"] = RouteAudience.AnyToken,
        ["GET /gw/protocols/{sel}/device-types/{type}"] = RouteAudience.AnyToken,
        ["PUT /gw/channels/{sel}/cid"] = RouteAudience.Unlisted,
        ["PUT /gw/devices/{sel}/cid"] = RouteAudience.Unlisted,
        ["GET /storage/expressions/functions"] = RouteAudience.AnyToken,
        ["POST /storage/expressions/test"] = RouteAudience.AnyToken,
    };

    /// <summary>Bodies that routes accept, by method and the words of the path. A new route with a body must be put here.</summary>
    private static readonly Dictionary<string, string> s_bodies = new(StringComparer.Ordinal)
    {
        ["POST /gw/channels"] = """[{"protocol_name":"line"}]""",
        ["PUT /gw/channels/{sel}"] = """{"name":"changed"}""",
        ["PUT /gw/channels/{sel}/cid"] = """{"cid":ACCOUNT}""",
        ["POST /gw/devices"] = """[{"name":"made"}]""",
        ["PUT /gw/devices/{sel}"] = """{"name":"changed"}""",
        ["PATCH /gw/devices/{sel}"] = """{"name":"changed"}""",
        ["PUT /gw/devices/{sel}/cid"] = """{"cid":ACCOUNT}""",
        ["POST /gw/devices/{sel}/commands"] = """[{"name":"custom","properties":{"text":"x"}}]""",
        ["POST /gw/devices/{sel}/commands-queue"] = """[{"name":"custom","properties":{"text":"x"}}]""",
        ["POST /gw/channels/{sel}/commands-queue"] = """[{"ident":"nobody","name":"custom","properties":{"text":"x"}}]""",
        ["DELETE /gw/devices/{sel}/telemetry/{telemetry}"] = "{}",
        ["POST /storage/expressions/test"] = """{"expression":"1"}""",
        ["PUT /platform/customer"] = """{"name":"changed"}""",
        ["POST /platform/subaccounts"] = """[{"name":"made"}]""",
        ["PUT /platform/subaccounts/{sel}"] = """{"name":"changed"}""",
        ["POST /platform/tokens"] = """[{"ttl":60}]""",
        ["PUT /platform/tokens/{sel}"] = """{"info":"changed"}""",
        ["POST /platform/customer/tokens"] = """[{"ttl":60}]""",
        ["PUT /platform/customer/tokens/{sel}"] = """{"info":"changed"}""",
        ["POST /platform/limits"] = """[{"name":"made"}]""",
        ["PUT /platform/limits/{sel}"] = """{"name":"changed"}""",
        ["POST /mqtt/sessions"] = """[{"client_id":"CLIENT"}]""",
        ["POST /mqtt/sessions/{sel}/subscriptions"] = """[{"topic":"own/#"}]""",
        ["POST /mqtt/messages"] = """[{"topic":"own/topic","payload":"x"}]""",
        ["DELETE /mqtt/messages/{topic}"] = """{"recursive":false}""",
    };

    private enum Place
    {
        Own,
        Below,
        Above,
        Beside,
        Absent,
    }

    private enum Outcome
    {
        Done,
        Unauthorized,
        Forbidden,
        Absent,
    }

    [Fact]
    public void Routes_are_for_the_tokens_that_were_decided() => Assert.All(ApiRoutes.All, route =>
    {
        RouteAudience usual = route.Module == "platform" ? RouteAudience.Master : RouteAudience.Listed;
        Assert.True(s_decided.GetValueOrDefault($"{route.Method} {route.Path}", usual) == route.Audience, $"{route.Method} {route.Path} is for {route.Audience}.");
    });

    [Fact]
    public async Task Every_cell_of_route_token_and_item_answers_as_it_must()
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        World world = await World.MakeAsync(gateway);
        var wrong = new StringBuilder();
        int cells = 0;
        foreach (ApiRoute route in ApiRoutes.All)
        {
            foreach (Asker asker in world.Askers)
            {
                Place?[] places = HasItem(route) ? [.. Enum.GetValues<Place>().Select(place => (Place?)place)] : [null];
                foreach (Place? place in places)
                {
                    cells++;
                    Outcome expected = Expect(route, asker, place);
                    string? problem = await AskAsync(world, route, asker, place, expected);
                    if (problem is not null) wrong.Append(System.Globalization.CultureInfo.InvariantCulture, $"{route.Method} {route.Path}, {asker.Name}, item {place?.ToString() ?? "none"}: expected {expected}, {problem}\n");
                }
            }
        }
        Assert.True(wrong.Length == 0, $"{cells} cells, wrong are:\n{wrong}");
        TestContext.Current.SendDiagnosticMessage($"{cells} cells: {ApiRoutes.All.Count} routes, {world.Askers.Length} kinds of tokens.");
        Assert.True(cells > ApiRoutes.All.Count * world.Askers.Length);
    }

    /// <summary>Whether the first selector of a route names items that belong to accounts. Topics are names, which each account has for itself.</summary>
    private static bool HasItem(ApiRoute route) => route.Collection != "mqtt/messages" && route.Parameters.Any() && route.Audience is RouteAudience.Listed or RouteAudience.Unlisted or RouteAudience.Master && route.Parameters.Any();

    /// <summary>What must come of a request.</summary>
    private static Outcome Expect(ApiRoute route, Asker asker, Place? place)
    {
        if (route.Audience is RouteAudience.Everybody) return Outcome.Done;
        if (asker.Key is null || !asker.IsValid) return Outcome.Unauthorized;
        if (asker.ActsIn is Place.Above or Place.Absent) return Outcome.Absent;       // names an account that is not below its own
        bool isListedOnly = asker.Kind is TokenKind.Acl;
        bool mayCall = route.Audience switch
        {
            RouteAudience.AnyToken => true,
            RouteAudience.Operator => asker.IsRoot && asker.Kind is TokenKind.Master,
            RouteAudience.Master => asker.Kind is TokenKind.Master,
            RouteAudience.Unlisted => !isListedOnly,
            _ => !isListedOnly || asker.Methods.Contains(route.Method) && (!asker.OnlyOwnItem || (route.Collection == "gw/channels" && !route.MakesItems)),
        };
        if (!mayCall) return Outcome.Forbidden;
        bool isSeen = place switch
        {
            null => true,
            Place.Absent => false,
            Place.Own => true,
            Place.Below => !asker.OnlyOwnItem,
            _ => asker.IsRoot && asker.ActsIn is null,
        };
        return isSeen ? Outcome.Done : Outcome.Absent;
    }

    private static async Task<string?> AskAsync(World world, ApiRoute route, Asker asker, Place? place, Outcome expected)
    {
        string name = $"{route.Method} {route.Path}";
        // The item on the list of one is nobody else's to remove.
        long id = place is not { } where ? 0 : where is Place.Own && asker.ListedItem is { } listed ? listed : await world.ItemAsync(route.Collection, where);
        string? body = null;
        if (route.Inputs.HasFlag(RouteInputs.Body) && !s_bodies.TryGetValue(name, out body)) return "no body: put one into s_bodies";
        body = body?.Replace("CLIENT", Guid.NewGuid().ToString("n"), StringComparison.Ordinal);
        if (place is not null) body = body?.Replace("ACCOUNT", asker.AccountOf(world).ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

        (HttpStatusCode status, JsonElement answer) = await world.CallAsync(route, asker, id, body);
        Outcome got = (int)status switch
        {
            401 => Outcome.Unauthorized,
            403 => Outcome.Forbidden,
            // No device of the test has the ident; whoever hears that of it may have commanded.
            404 when Text(answer).Contains("There is no device with the ident nobody", StringComparison.Ordinal) => Outcome.Done,
            404 => Outcome.Absent,
            >= 200 and < 300 => Outcome.Done,
            // The gateway of the test has no folder of specs; whoever hears that may have asked.
            400 when route.Path.EndsWith("/reload", StringComparison.Ordinal) => Outcome.Done,
            // No device of the test is connected; whoever hears that may have commanded.
            400 when route.Path.EndsWith("/commands", StringComparison.Ordinal) && Text(answer).Contains("is not connected", StringComparison.Ordinal) => Outcome.Done,
            _ => (Outcome)(-1),
        };
        if (got != expected) return $"got {(int)status} {Text(answer)}";
        if (got is Outcome.Done && (int)status < 300 && place is not null && answer.TryGetProperty("errors", out _)) return $"got errors {Text(answer)}";
        if (got is Outcome.Absent && place is not null and not Place.Absent)
        {
            // Nothing but the number may tell somebody else's item from one that does not exist.
            (HttpStatusCode absentStatus, JsonElement absent) = await world.CallAsync(route, asker, AbsentId, body);
            if (absentStatus != status || Digits().Replace(Text(absent), "N") != Digits().Replace(Text(answer), "N")) return $"got {Text(answer)}, and for what does not exist {Text(absent)}";
        }
        bool isRemoved = route.Method == "DELETE" && route.Path.EndsWith('}') && route.Parameters.Count() == 1;
        if (got is Outcome.Done && (isRemoved || route.Path.EndsWith("/cid", StringComparison.Ordinal))) world.Forget(route.Collection, place);
        return null;

        static string Text(JsonElement answer) => answer.ValueKind is JsonValueKind.Undefined ? "" : answer.GetRawText();
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();

    /// <summary>Somebody who asks.</summary>
    private sealed record Asker(string Name, string? Key, TokenKind Kind = TokenKind.Standard, bool IsRoot = false, bool IsValid = true)
    {
        /// <summary>The account that the request names: below its own, or not.</summary>
        public Place? ActsIn { get; init; }

        /// <summary>Methods on the access list.</summary>
        public string[] Methods { get; init; } = [];

        /// <summary>The one item on the access list: a channel.</summary>
        public long? ListedItem { get; init; }

        public bool OnlyOwnItem => ListedItem is not null;

        /// <summary>The account that new items go to.</summary>
        public long AccountOf(World world) => IsRoot && ActsIn is null ? AccountDirectory.RootId : world.Left;
    }

    /// <summary>Root, an account left with one below it and one right of it, and items in each of them.</summary>
    private sealed class World(TestGateway gateway, long left, long below, long right)
    {
        private readonly Dictionary<(string, Place), long> _items = [];

        public long Left => left;

        public Asker[] Askers { get; private set; } = [];

        public static async Task<World> MakeAsync(TestGateway gateway)
        {
            long left = await gateway.CreateAccountAsync("left");
            var world = new World(gateway, left, await gateway.CreateAccountAsync("below", left), await gateway.CreateAccountAsync("right"));
            string leftMaster = await gateway.CreateTokenAsync(left, """{"type":1}""");
            long listed = await world.ItemAsync("gw/channels", Place.Own);
            world.Forget("gw/channels", Place.Own);
            world.Askers =
            [
                new("nobody", null),
                new("a wrong key", "wrong", IsValid: false),
                new("an ended token", await world.EndedAsync("""{"ttl":0,"expire":1}"""), TokenKind.Master, IsValid: false),
                new("a switched off token", await world.EndedAsync("""{"enabled":false}"""), TokenKind.Master, IsValid: false),
                new("the root's master", TestGateway.Token, TokenKind.Master, IsRoot: true),
                new("the root's standard", await gateway.CreateTokenAsync(1, """{"type":0}"""), TokenKind.Standard, IsRoot: true),
                new("the root's master in left", TestGateway.Token, TokenKind.Master, IsRoot: true) { ActsIn = Place.Own },
                new("left's master", leftMaster, TokenKind.Master),
                new("left's standard", await gateway.CreateTokenAsync(left, """{"type":0}""")),
                new("left's master in the root", leftMaster, TokenKind.Master) { ActsIn = Place.Above },
                new("left's master in an account that is not there", leftMaster, TokenKind.Master) { ActsIn = Place.Absent },
                new("left's list of everything", await world.ListedAsync("""{"uri":"gw","methods":["GET","POST","PUT","PATCH","DELETE"]},{"uri":"storage","methods":["GET","POST","PUT","PATCH","DELETE"]},{"uri":"mqtt","methods":["GET","POST","PUT","PATCH","DELETE"],"topic":"#","actions":["publish","subscribe"]}"""), TokenKind.Acl)
                {
                    Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"],
                },
                new("left's list of reading", await world.ListedAsync("""{"uri":"gw","methods":["GET"]},{"uri":"storage","methods":["GET"]},{"uri":"mqtt","methods":["GET"]}"""), TokenKind.Acl) { Methods = ["GET"] },
                new("left's list of one channel", await world.ListedAsync($$"""{"uri":"gw/channels","methods":["GET"],"ids":[{{listed}}]}"""), TokenKind.Acl) { Methods = ["GET"], ListedItem = listed },
                new("left's list of nothing", await world.ListedAsync(""), TokenKind.Acl),
                new("left's list of something else", await world.ListedAsync("""{"uri":"ai","methods":["GET","POST","PUT","DELETE"]}"""), TokenKind.Acl),
            ];
            return world;
        }

        /// <summary>An item of a collection in a place; the same until it is forgotten.</summary>
        public async Task<long> ItemAsync(string collection, Place place)
        {
            if (place is Place.Absent) return AbsentId;
            collection = collection == "platform/customer" ? "platform/tokens" : collection;     // its only items are tokens, under their old name
            if (_items.TryGetValue((collection, place), out long known)) return known;
            long cid = place switch { Place.Own => left, Place.Below => below, Place.Beside => right, _ => AccountDirectory.RootId };
            return _items[(collection, place)] = collection switch
            {
                "gw/channels" => (await gateway.Channels.CreateAsync(new ChannelDraft { ProtocolName = "line", Cid = cid }, CancellationToken.None)).Channel!.Id,
                "gw/devices" => (await gateway.Service<DeviceDirectory>().CreateAsync(
                    [new DeviceDraft { Name = "made", Cid = cid, ProtocolName = "line", ConfigurationJson = $$"""{"ident":"{{Guid.NewGuid():n}}"}""" }], CancellationToken.None))[0].Device!.Id,
                "platform/tokens" => (await gateway.Service<AccessTokens>().CreateAsync(new Token { Id = 0, Cid = cid, Ttl = 3_600, Access = TokenAccess.Master, Hash = default }, () => null, CancellationToken.None)).Token!.Id,
                "platform/limits" => (await gateway.Service<LimitDirectory>().CreateAsync(new Limit { Id = 0, Cid = cid }, CancellationToken.None)).Limit!.Id,
                "platform/subaccounts" => (await gateway.Service<AccountDirectory>().CreateAsync(new Account { Id = 0, OwnerId = cid }, () => null, CancellationToken.None)).Account!.Id,
                "mqtt/sessions" => gateway.Service<SessionDirectory>().TryCreate(new SessionKey(cid, Guid.NewGuid().ToString("n")), gateway.Service<AccessTokens>().All[0], TimeSpan.FromHours(1)).Session!.Number,
                _ => throw new InvalidOperationException($"The matrix can't make items of {collection}: teach it."),
            };
        }

        /// <summary>An item was removed or moved: the next one who asks gets another.</summary>
        public void Forget(string collection, Place? place)
        {
            if (place is { } where) _items.Remove((collection == "platform/customer" ? "platform/tokens" : collection, where));
        }

        public async Task<(HttpStatusCode, JsonElement)> CallAsync(ApiRoute route, Asker asker, long id, string? body)
        {
            string path = route.Path;
            bool isFirst = true;
            foreach (string parameter in route.Parameters)
            {
                path = path.Replace($"{{{parameter}}}", isFirst && HasItem(route) ? id.ToString(System.Globalization.CultureInfo.InvariantCulture) : "all", StringComparison.Ordinal);
                isFirst = false;
            }
            object? cid = asker.ActsIn switch { null => null, Place.Own => left, Place.Above => AccountDirectory.RootId, _ => AbsentId };
            using var request = new HttpRequestMessage(new HttpMethod(route.Method), path);
            request.Headers.TryAddWithoutValidation("Authorization", asker.Key ?? "");
            if (cid is not null) request.Headers.TryAddWithoutValidation("x-flespi-cid", cid.ToString());
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await gateway.Http.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            return (response.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default);
        }

        private async Task<string> ListedAsync(string entries) => await gateway.CreateTokenAsync(left, $$"""{"type":2,"acl":[{{entries}}]}""");

        private async Task<string> EndedAsync(string change)
        {
            string key = await gateway.CreateTokenAsync(left, """{"type":1}""");
            long id = gateway.Service<AccessTokens>().All[^1].Id;
            (HttpStatusCode status, _) = await gateway.CallAsync(TestGateway.Token, "PUT", $"/platform/tokens/{id}", change);
            Assert.Equal(HttpStatusCode.OK, status);
            return key;
        }
    }
}
