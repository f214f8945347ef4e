using Gateway.Codecs;

namespace Gateway.Host.Expressions;

// Functions of kinds and numbers; those of texts and times have files of their own.
internal ref partial struct Machine
{
    private const int DecimalsMax = 15;
    private const double EarthRadiusKm = 6371.0088;

    private readonly Value Call(FunctionId function, ReadOnlySpan<Value> arguments) => function switch
    {
        FunctionId.In => IsIn(arguments),
        FunctionId.IsNull => Value.Of(arguments[0].Kind is ValueKind.Null),
        FunctionId.IsNumber => Value.Of(arguments[0].Kind is ValueKind.Number),
        FunctionId.IsString => Value.Of(arguments[0].Kind is ValueKind.Text),
        FunctionId.IsBoolean => Value.Of(arguments[0].Kind is ValueKind.Boolean),
        FunctionId.IsJson => Value.Of(arguments[0].Kind is ValueKind.Other),
        FunctionId.ToNumber => TryNumber(in arguments[0], out double number) ? Value.Of(number) : Value.Null,
        FunctionId.ToText => ToText(in arguments[0]),
        FunctionId.Min or FunctionId.Max => Extreme(function, arguments),
        FunctionId.Round => Round(arguments),
        FunctionId.Pow => TryNumber(in arguments[0], out double x) && TryNumber(in arguments[1], out double y) ? Value.Of(Math.Pow(x, y)) : Value.Null,
        >= FunctionId.Abs and <= FunctionId.Log10 => TryNumber(in arguments[0], out double number) ? OfNumber(function, number) : Value.Null,
        FunctionId.Concat => Concat(arguments),
        >= FunctionId.StrLen and <= FunctionId.Replace => CallText(function, arguments),
        FunctionId.Now => Value.Of((_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds),
        >= FunctionId.Year and <= FunctionId.DateTime => TryNumber(in arguments[0], out double seconds) ? OfTime(function, seconds) : Value.Null,
        FunctionId.Distance => Distance(arguments),
        _ => Value.Null,
    };

    private static Value OfNumber(FunctionId function, double x) => function switch
    {
        FunctionId.Abs => Value.Of(Math.Abs(x)),
        FunctionId.Ceil => Value.Of(Math.Ceiling(x)),
        FunctionId.Floor => Value.Of(Math.Floor(x)),
        FunctionId.Trunc => Value.Of(Math.Truncate(x)),
        FunctionId.Sign => Value.Of((double)Math.Sign(x)),
        FunctionId.Sqrt => Value.Of(Math.Sqrt(x)),
        FunctionId.Exp => Value.Of(Math.Exp(x)),
        FunctionId.Log => Value.Of(Math.Log(x)),
        _ => Value.Of(Math.Log10(x)),
    };

    private readonly Value IsIn(ReadOnlySpan<Value> arguments)
    {
        for (int i = 1; i < arguments.Length; i++)
            if (AreEqual(in arguments[0], in arguments[i])) return Value.Of(true);
        return Value.Of(false);
    }

    private readonly Value ToText(in Value value) => value.Kind switch
    {
        ValueKind.Text => value,
        ValueKind.Number => WriteNumber(value.Number),
        ValueKind.Boolean => Keep(value.Number != 0 ? "true"u8 : "false"u8),
        _ => Value.Null,
    };

    private readonly Value Extreme(FunctionId function, ReadOnlySpan<Value> arguments)
    {
        Value best = Value.Null;
        foreach (ref readonly Value argument in arguments)
        {
            if (!TryNumber(in argument, out double number)) continue;
            bool isBetter = best.Kind is ValueKind.Null || (function is FunctionId.Min ? number < best.Number : number > best.Number);
            if (isBetter) best = Value.Of(number);
        }
        return best;
    }

    private readonly Value Round(ReadOnlySpan<Value> arguments)
    {
        double decimals = 0;
        if (!TryNumber(in arguments[0], out double number) || (arguments.Length > 1 && !TryNumber(in arguments[1], out decimals))) return Value.Null;
        return decimals is >= 0 and <= DecimalsMax ? Value.Of(Math.Round(number, (int)decimals, MidpointRounding.AwayFromZero)) : Value.Null;
    }

    /// <summary>Arguments: latitude and longitude of the point, then of the message, degrees.</summary>
    private readonly Value Distance(ReadOnlySpan<Value> arguments)
    {
        if (!TryNumber(in arguments[0], out double toLatitude) || !TryNumber(in arguments[1], out double toLongitude)
            || !TryNumber(in arguments[2], out double latitude) || !TryNumber(in arguments[3], out double longitude)) return Value.Null;
        double north = double.DegreesToRadians(toLatitude - latitude), east = double.DegreesToRadians(toLongitude - longitude);
        double a = Math.Pow(Math.Sin(north / 2), 2) + Math.Cos(double.DegreesToRadians(latitude)) * Math.Cos(double.DegreesToRadians(toLatitude)) * Math.Pow(Math.Sin(east / 2), 2);
        return Value.Of(2 * EarthRadiusKm * Math.Asin(Math.Min(1, Math.Sqrt(a))));
    }

    /// <summary>Keeps a text in the scratch; null when it is too long.</summary>
    private readonly Value Keep(ReadOnlySpan<byte> text)
    {
        if (text.Length > Expression.TextBytesMax) return Value.Null;
        text.CopyTo(_scratch.Room(text.Length));
        return _scratch.Keep(text.Length);
    }
}
