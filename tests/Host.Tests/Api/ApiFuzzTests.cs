using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gateway.Host.Api;
using Gateway.Host.Tests.Channels;
using Gateway.Host.Tests.Devices;
using Gateway.Host.Tests.Expressions;
using Gateway.Host.Tests.Listeners;
using Xunit;

namespace Gateway.Host.Tests.Api;

/// <summary>Promise: no request is answered with a fault of ours, whatever stands in its path, query and body, and every refusal says why. Runs alone, since the memory of the process is what it measures.</summary>
[Collection(nameof(AllocationTests))]
public sealed class ApiFuzzTests
{
    private const int Senders = 4;
    private const int Slices = 10;

    private static readonly HttpStatusCode[] s_expected =
    [
        HttpStatusCode.OK, HttpStatusCode.NoContent, HttpStatusCode.BadRequest, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed, HttpStatusCode.RequestUriTooLong,
        HttpStatusCode.NotImplemented,
    ];

    /// <summary>Requests; API_REQUESTS asks for more: a million take some minutes. API_SEED repeats a run.</summary>
    private static int Requests => int.Parse(Environment.GetEnvironmentVariable("API_REQUESTS") ?? "20000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Mutated_requests_are_answered_or_refused_in_words_and_take_no_memory()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(options => options with { ApiCallsPerMinuteMax = int.MaxValue });
        using TestDevice device = await gateway.FillAsync(20);
        await gateway.RegisterAsync("tracker1");
        int seed = int.TryParse(Environment.GetEnvironmentVariable("API_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Environment.TickCount;
        var counts = new Dictionary<HttpStatusCode, int>();

        // Buffers that are pooled, and rings that fill up to their quotas, take some time to be as large as they will be.
        var memory = new List<long>();
        for (int slice = 0; slice < Slices; slice++)
        {
            await SendAllAsync(gateway, seed + slice * Senders, Requests / Slices, counts);
            memory.Add(GC.GetTotalMemory(forceFullCollection: true));
        }
        long grown = memory[^1] - memory[Slices / 2];

        string seen = string.Join(", ", counts.OrderBy(count => count.Key).Select(count => $"{(int)count.Key}: {count.Value}"));
        TestContext.Current.SendDiagnosticMessage($"{Requests} requests, {seen}, memory MiB {string.Join(' ', memory.Select(bytes => bytes >> 20))}");
        Assert.True(counts[HttpStatusCode.OK] > Requests / 20 && counts[HttpStatusCode.BadRequest] > Requests / 20, seen);
        Assert.True(grown < 16 * 1024 * 1024, $"{grown} bytes more after the second half of {Requests} requests, seed {seed}: {string.Join(' ', memory)}");
        (HttpStatusCode status, _) = await gateway.GetAsync("/gw/channels/all");
        Assert.Equal(HttpStatusCode.OK, status);
    }

    private static async Task SendAllAsync(TestGateway gateway, int seed, int requests, Dictionary<HttpStatusCode, int> counts) =>
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(async sender =>
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("FlespiToken", TestGateway.Token);
            // Answers are read into memory that stays, and looked at without a tree: what the client pools would count as the gateway's.
            var received = new MemoryStream();
            var maker = new RandomRequest(new Random(seed + sender), gateway.Http.BaseAddress!);
            for (int i = 0; i < requests / Senders; i++)
            {
                using HttpRequestMessage request = maker.Next();
                using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
                received.SetLength(0);
                await answer.Content.CopyToAsync(received, TestContext.Current.CancellationToken);
                ReadOnlyMemory<byte> bytes = received.GetBuffer().AsMemory(0, (int)received.Length);
                string body = Encoding.UTF8.GetString(bytes.Span[..Math.Min(bytes.Length, 10_000)]);
                Assert.True(s_expected.Contains(answer.StatusCode), $"seed {seed + sender}, request {i}: {request.Method} {request.RequestUri} {maker.Body}\n{(int)answer.StatusCode} {body}");
                // A NUL in the path is refused by the HTTP server itself, without words.
                bool isServers = answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.MethodNotAllowed or HttpStatusCode.RequestUriTooLong || request.RequestUri!.OriginalString.Contains("%00", StringComparison.Ordinal);
                // The API's own description has shapes of its own.
                bool isDocument = answer.StatusCode is HttpStatusCode.OK && DocumentRoutes.Table.Contains(maker.Route);
                bool isInWords = isServers || isDocument || IsInWords(answer.StatusCode, bytes.Span);
                Assert.True(isInWords, $"seed {seed + sender}, request {i}: {request.Method} {request.RequestUri} {maker.Body}\n{(int)answer.StatusCode} '{body}'");
                lock (counts) counts[answer.StatusCode] = counts.GetValueOrDefault(answer.StatusCode) + 1;
            }
        }));

    /// <summary>Whether an answer is an object with an array <c>result</c>, and with a reason when it is a refusal.</summary>
    private static bool IsInWords(HttpStatusCode status, ReadOnlySpan<byte> body)
    {
        try
        {
            var json = new Utf8JsonReader(body);
            bool hasResult = false, hasReason = false;
            while (json.Read())
            {
                if (json.TokenType is not JsonTokenType.PropertyName) continue;
                if (json.CurrentDepth == 1 && json.ValueTextEquals("result"u8)) hasResult = json.Read() && json.TokenType is JsonTokenType.StartArray;
                else if (json.ValueTextEquals("reason"u8)) hasReason = json.Read() && json.TokenType is JsonTokenType.String && json.GetString()!.Length > 5;
            }
            return hasResult && (status is HttpStatusCode.OK || hasReason);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>Makes requests that are nearly right.</summary>
internal sealed class RandomRequest(Random random, Uri address)
{
    private static readonly string[] s_selectors = ["1", "all", "*", "1,2,77", "name=test", "name=*e*", "configuration.port=2", "{id==1}", "{name~\"t*\"}", "{", "=", "99999999999999999999", "-1", "name=", ",", "{!enabled}", "1,name=x", "..", ".", "client_id=c*", "topic=a/+", "a%2F%2B", "%23", "$share"];
    private static readonly string[] s_datas =
    [
        "{}", """{"count":5}""", """{"reverse":true,"count":1}""", """{"from":1,"to":9999999999}""", """{"curr_key":0,"limit_count":10,"delete":false}""", """{"filter":"position.latitude>3 && ident~\"t*\""}""",
        """{"fields":"ident,position.*"}""", """{"count":1e400}""", """{"filter":5}""", "[]", "7", "null", "{\"a\":{\"a\":{\"a\":{}}}}", """{"key":5}""", """{"limit_size":1}""", """{"recursive":true}""",
    ];
    private static readonly string[] s_bodies =
    [
        """[{"name":"x","protocol_name":"line"}]""", """{"name":"y"}""", """{"configuration":{"factor":3}}""", """{"metadata":{"a":[1,2,{"b":null}]}}""", """{"enabled":false}""", """{"messages_ttl":99}""",
        """[{"name":"device","device_type_id":900100000,"configuration":{"ident":"tracker1"}}]""", """{"name":"custom","properties":{"payload":"beep"},"timeout":5}""",
        """[{"name":"custom","properties":{"hex":"00ff"},"ttl":5,"max_attempts":3,"priority":-1,"meta":{"a":1}}]""", """[{"ident":"tracker1","name":"custom","properties":{"text":"x"},"expires":9}]""",
        """{"expression":"a+1","input":[{"a":1}]}""", """{"expression":"substr(a,1)","input":{"a":"é"},"timezone":"UTC"}""", "[]", "{}", "null", "", """[{"name":"\ud83d\ude9a"}]""", """[{"client_id":"c1","expires":60},{"client_id":"c2"}]""",
        """{"topic":"a/+","qos":1,"retain_handling":2,"identifier":7}""", """[{"topic":"a/b","payload":{"x":[1]},"retain":true,"user_properties":{"p":["1","2"]}},{"topic":"a","payload_base64":"AP8="}]""", """{"recursive":false}""", """{"cid":1}""",
    ];

    private readonly RandomExpression _expressions = new(random);

    /// <summary>The route that the last request was made for.</summary>
    public ApiRoute Route { get; private set; } = ApiRoutes.All[0];

    /// <summary>Body of the last request.</summary>
    public string Body { get; private set; } = "";

    /// <summary>The next request.</summary>
    public HttpRequestMessage Next()
    {
        ApiRoute route = Route = ApiRoutes.All[random.Next(ApiRoutes.All.Count)];
        // Tokens and limits stay as they are, or nothing else would be let in.
        bool isFixed = route.Module is "platform" && route.Method != "GET";
        string method = isFixed ? "GET" : random.Next(30) == 0 ? Pick(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) : route.Method;
        if (route.Module is "platform" && method is not "OPTIONS") method = "GET";
        string path = "/" + route.Module;
        foreach (string word in route.Path.Split('/').Skip(2))
        {
            bool isSelector = word.StartsWith('{');
            string text = !isSelector ? word : random.Next(6) == 0 ? "{" + _expressions.Soup() + "}" : Pick(s_selectors);
            path += "/" + (isSelector || random.Next(200) == 0 ? Escaped(Mutated(text)) : text);
        }
        string query = Query();
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(address.GetLeftPart(UriPartial.Authority) + path + query, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        Body = "";
        if (method is "POST" or "PUT" or "PATCH" || random.Next(8) == 0) request.Content = Content();
        return request;
    }

    private string Query()
    {
        var query = new List<string>();
        if (random.Next(2) == 0) query.Add("data=" + Escaped(Mutated(random.Next(4) == 0 ? $$"""{"filter":{{JsonSerializer.Serialize(_expressions.Soup())}}}""" : Pick(s_datas))));
        if (random.Next(3) == 0) query.Add("fields=" + Escaped(Mutated(Pick(["id", "id,name", "configuration.port", "*", "metadata.*,blocked", "", "name.x.y.z"]))));
        if (random.Next(6) == 0) query.Add(Escaped(Mutated(Pick(["limit=3", "offset=1", "limit=2&offset=1", "count=4", "filter=din", "reverse=true"]))));
        return query.Count == 0 ? "" : "?" + string.Join('&', query);
    }

    private ByteArrayContent Content()
    {
        byte[] body = random.Next(20) switch
        {
            0 => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Pick(["[", "{\"a\":"]), random.Next(100)))),
            1 => RandomBytes(),
            _ => Encoding.UTF8.GetBytes(Mutated(Pick(s_bodies))),
        };
        Body = Encoding.Latin1.GetString(body);
        return new ByteArrayContent(body);
    }

    private byte[] RandomBytes()
    {
        byte[] bytes = new byte[random.Next(64)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>The text itself, or with some characters changed.</summary>
    private string Mutated(string text)
    {
        if (random.Next(3) > 0) return text;
        var changed = new StringBuilder(text);
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(changed.Length + 1);
            switch (random.Next(3))
            {
                case 0 when at < changed.Length: changed.Remove(at, 1); break;
                case 1 when at < changed.Length: changed[at] = (char)random.Next(32, 127); break;
                default: changed.Insert(at, Pick(["\"", "{", "}", "[", "]", ",", ":", "=", "%", "\\", "null", "1e999", "-", "é", "\u0000", "*", "é"])); break;
            }
        }
        return changed.ToString();
    }

    /// <summary>Percent-encoded in full, as far as a path needs it, or damaged.</summary>
    private string Escaped(string text)
    {
        int kind = random.Next(12);
        if (kind == 0) return Uri.EscapeDataString(text) + Pick(["%", "%F", "%FF", "%C3%28", "%00", "%2F", "%ED%A0%80", "+"]);
        if (kind < 5) return string.Concat(text.Select(c => c is > ' ' and < '\u007f' and not ('#' or '%' or '?' or '/' or '&' or '\\') ? c.ToString() : Uri.EscapeDataString(c.ToString())));
        return Uri.EscapeDataString(text);
    }

    private string Pick(string[] choices) => choices[random.Next(choices.Length)];
}
