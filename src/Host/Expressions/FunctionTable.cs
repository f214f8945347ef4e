using System.Collections.Frozen;

namespace Gateway.Host.Expressions;

/// <summary>All functions: those that look at one subject alone, and by name those of other engines that would need more, with the reason why they are refused.</summary>
/// <remarks>A test evaluates every example. Where nothing else is said, a function gives null when an argument has no value of the kind that it needs.</remarks>
internal static class FunctionTable
{
    /// <summary>Most arguments of functions that take any number.</summary>
    public const int ArgumentsMax = 32;

    private const string NeedsHistory = "It needs messages before this one, and an expression here sees one message alone.";

    /// <summary>In the order of the documentation.</summary>
    public static IReadOnlyList<Function> All { get; } =
    [
        Of(FunctionId.None, "if", 2, 3, "if(condition, then[, else])", "then when the condition is true, otherwise else, or null without one. The other one is not computed.", "if(3 > 2, \"yes\", \"no\")", "\"yes\""),
        Of(FunctionId.None, "not", 1, 1, "not(x)", "The contrary: true for false, null, 0 and the empty text.", "not(0)", "true"),
        Of(FunctionId.None, "exists", 1, 1, "exists(\"name\")", "Whether the parameter or field is there and not null.", "exists(\"no.such.name\")", "false"),
        Of(FunctionId.None, "param", 1, 1, "param(\"name\")", "The value of a parameter or field whose name has characters that a bare name can't have, as custom.battery-2.", "param(\"custom.battery-2\")", "null"),
        Of(FunctionId.None, "coalesce", 1, ArgumentsMax, "coalesce(a, b, ...)", "The first argument that is not null. Those behind it are not computed.", "coalesce(null, 7, 8)", "7"),
        Of(FunctionId.None, "match", 2, 2, "match(text, mask)", "As text ~ mask: * stands for any characters, ? for any one.", "match(\"TK-103\", \"TK*\")", "true"),
        Of(FunctionId.None, "toboolean", 1, 1, "toboolean(x)", "false for false, null, 0 and the empty text, true for everything else.", "toboolean(5)", "true"),
        Of(FunctionId.In, "in", 2, ArgumentsMax, "in(x, a, b, ...)", "Whether x equals one of the others.", "in(3, 1, 3)", "true"),
        Of(FunctionId.Error, "error", 0, 0, "error()", "null: for the branch that must not count. A condition that comes to it is false.", "error()", "null"),
        Of(FunctionId.IsNull, "isnull", 1, 1, "isnull(x)", "Whether there is no value.", "isnull(null)", "true"),
        Of(FunctionId.IsNumber, "isnumber", 1, 1, "isnumber(x)", "Whether it is a number; times are numbers.", "isnumber(1.5)", "true"),
        Of(FunctionId.IsString, "isstring", 1, 1, "isstring(x)", "Whether it is a text.", "isstring(\"a\")", "true"),
        Of(FunctionId.IsBoolean, "isboolean", 1, 1, "isboolean(x)", "Whether it is true or false.", "isboolean(1 > 2)", "true"),
        Of(FunctionId.IsJson, "isjson", 1, 1, "isjson(x)", "Whether it is a list or an object.", "isjson(1)", "false"),
        Of(FunctionId.ToNumber, "tonumber", 1, 1, "tonumber(x)", "A text read as a number, decimal or 0x and hexadecimal digits; 1 for true, 0 for false; null when it is none.", "tonumber(\"0x1F\")", "31"),
        Of(FunctionId.ToText, "tostring", 1, 1, "tostring(x)", "A number or truth value as a text.", "tostring(1.50)", "\"1.5\""),

        Of(FunctionId.Abs, "abs", 1, 1, "abs(x)", "The number without its sign.", "abs(-3)", "3"),
        Of(FunctionId.Ceil, "ceil", 1, 1, "ceil(x)", "The least integer that is not below x.", "ceil(1.2)", "2"),
        Of(FunctionId.Floor, "floor", 1, 1, "floor(x)", "The greatest integer that is not above x.", "floor(-1.2)", "-2"),
        Of(FunctionId.Trunc, "trunc", 1, 1, "trunc(x)", "The number without its decimals.", "trunc(-1.7)", "-1"),
        Of(FunctionId.Round, "round", 1, 2, "round(x[, decimals])", "The nearest number with so many decimals, 0 to 15; halves go away from zero.", "round(2.345, 1)", "2.3"),
        Of(FunctionId.Sign, "sign", 1, 1, "sign(x)", "-1, 0 or 1.", "sign(-8)", "-1"),
        Of(FunctionId.Sqrt, "sqrt", 1, 1, "sqrt(x)", "The square root; null below zero.", "sqrt(9)", "3"),
        Of(FunctionId.Pow, "pow", 2, 2, "pow(x, y)", "x to the power of y; null where that is no number.", "pow(2, 10)", "1024"),
        Of(FunctionId.Exp, "exp", 1, 1, "exp(x)", "e to the power of x.", "exp(0)", "1"),
        Of(FunctionId.Log, "log", 1, 1, "log(x)", "The natural logarithm; null for zero and below.", "log(1)", "0"),
        Of(FunctionId.Log10, "log10", 1, 1, "log10(x)", "The decimal logarithm; null for zero and below.", "log10(1000)", "3"),
        Of(FunctionId.Min, "min", 1, ArgumentsMax, "min(a, b, ...)", "The least number; arguments without a number do not count.", "min(3, null, 2)", "2"),
        Of(FunctionId.Max, "max", 1, ArgumentsMax, "max(a, b, ...)", "The greatest number; arguments without a number do not count.", "max(3, null, 2)", "3"),

        Of(FunctionId.StrLen, "strlen", 1, 1, "strlen(text)", "The number of characters.", "strlen(\"Übung\")", "5"),
        Of(FunctionId.Lower, "lower", 1, 1, "lower(text)", "With small letters.", "lower(\"ABC\")", "\"abc\""),
        Of(FunctionId.Upper, "upper", 1, 1, "upper(text)", "With capital letters.", "upper(\"abc\")", "\"ABC\""),
        Of(FunctionId.Trim, "trim", 1, 1, "trim(text)", "Without spaces, tabs and line ends around it.", "trim(\" a b \")", "\"a b\""),
        Of(FunctionId.SubStr, "substr", 2, 3, "substr(text, start[, count])", "count characters, or all, from the place start, the first is 0; a negative start counts from the end.", "substr(\"abcdef\", 1, 2)", "\"bc\""),
        Of(FunctionId.StrPos, "strpos", 2, 2, "strpos(text, part)", "The place at which the part is first, from 0; -1 when it is not in it.", "strpos(\"abcabc\", \"ca\")", "2"),
        Of(FunctionId.Contains, "contains", 2, 2, "contains(text, part)", "Whether the part is in the text.", "contains(\"abc\", \"b\")", "true"),
        Of(FunctionId.StartsWith, "startswith", 2, 2, "startswith(text, part)", "Whether the text begins with the part.", "startswith(\"abc\", \"ab\")", "true"),
        Of(FunctionId.EndsWith, "endswith", 2, 2, "endswith(text, part)", "Whether the text ends with the part.", "endswith(\"abc\", \"ab\")", "false"),
        Of(FunctionId.Replace, "replace", 3, 3, "replace(text, part, other)", "Every part replaced by the other.", "replace(\"a-b-c\", \"-\", \"+\")", "\"a+b+c\""),
        Of(FunctionId.Concat, "concat", 1, ArgumentsMax, "concat(a, b, ...)", "One text behind the other; null counts as the empty text.", "concat(\"a\", 1, null, true)", "\"a1true\""),

        Of(FunctionId.Now, "now", 0, 0, "now()", "The time, in seconds since 1970 with fraction.", "now() > 1700000000", "true"),
        Of(FunctionId.Year, "year", 1, 1, "year(t)", "The year of a time in seconds since 1970, in the zone of the expression (UTC unless it says otherwise); so for the following.", "year(1706760559)", "2024"),
        Of(FunctionId.Month, "month", 1, 1, "month(t)", "The month, 1 to 12.", "month(1706760559)", "2"),
        Of(FunctionId.Day, "day", 1, 1, "day(t)", "The day of the month, 1 to 31.", "day(1706760559)", "1"),
        Of(FunctionId.WeekDay, "weekday", 1, 1, "weekday(t)", "The day of the week, Monday 1 to Sunday 7.", "weekday(1706760559)", "4"),
        Of(FunctionId.Hour, "hour", 1, 1, "hour(t)", "The hour, 0 to 23.", "hour(1706760559)", "4"),
        Of(FunctionId.Minute, "minute", 1, 1, "minute(t)", "The minute, 0 to 59.", "minute(1706760559)", "9"),
        Of(FunctionId.Second, "second", 1, 1, "second(t)", "The second, 0 to 59.", "second(1706760559)", "19"),
        Of(FunctionId.DateTime, "datetime", 1, 1, "datetime(t)", "Date and time of day as YYYY-MM-DD hh:mm:ss.", "datetime(1706760559)", "\"2024-02-01 04:09:19\""),

        Of(FunctionId.Distance, "distance_to", 2, 2, "distance_to(latitude, longitude)", "Kilometres along the great circle from the message's position to a point in degrees; null without a position.", "distance_to(50, 10)", "null"),

        Refused("previous", "previous(\"name\")", "The value of a parameter in the message before.", NeedsHistory),
        Refused("mileage", "mileage()", "The way since the message before.", NeedsHistory),
        Refused("distance", "distance()", "The distance from the position of the message before.", NeedsHistory),
        Refused("duration", "duration()", "The time since the message before.", NeedsHistory),
        Refused("geofence", "geofence(\"name\")", "Whether the position is inside a geofence.", "There are no geofences in this gateway."),
    ];

    private static readonly FrozenDictionary<string, int> s_indexByName = All.Select((function, index) => (function.Name, index)).ToFrozenDictionary(pair => pair.Name, pair => pair.index, StringComparer.Ordinal);

    /// <summary>The function of a name; null when there is none.</summary>
    public static Function? Find(string name) => s_indexByName.TryGetValue(name, out int index) ? All[index] : null;

    private static Function Of(FunctionId id, string name, int min, int max, string usage, string description, string example, string result) =>
        new(id, name, min, max, usage, description) { Example = example, Result = result };

    private static Function Refused(string name, string usage, string description, string reason) =>
        new(FunctionId.None, name, 0, ArgumentsMax, usage, description) { Refusal = reason };
}
