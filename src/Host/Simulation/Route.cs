namespace Gateway.Host.Simulation;

/// <summary>Where a simulated device is at a moment: a smooth closed drive around a city.</summary>
/// <remarks>The place is a function of time, so that speed and direction are true derivatives of it and every device of a seed repeats its drive.</remarks>
internal sealed class Route
{
    private const double MetersPerDegree = 111_320;
    private const double MetersPerSecondToKmh = 3.6;

    private readonly City _city;
    private readonly double _radiusMeters;
    private readonly double _wobbleMeters;
    private readonly double _radiansPerSecond;
    private readonly double _start;

    /// <summary>A drive in a city.</summary>
    /// <param name="city">Where.</param>
    /// <param name="random">Decides size, speed and start.</param>
    public Route(City city, Random random)
    {
        _city = city;
        _radiusMeters = 800 + 3_200 * random.NextDouble();
        _wobbleMeters = _radiusMeters * (0.1 + 0.15 * random.NextDouble());
        double metersPerSecond = 8 + 9 * random.NextDouble();       // 30 to 60 km/h
        _radiansPerSecond = metersPerSecond / _radiusMeters * (random.Next(2) == 0 ? 1 : -1);
        _start = random.NextDouble() * Math.Tau;
    }

    /// <summary>Cities, one for each pair of signs that a sample may fix.</summary>
    public static IReadOnlyList<City> Cities { get; } =
    [
        new("Vilnius", 54.6872, 25.2797),
        new("Montevideo", -34.8833, -56.1667),
        new("Montreal", 45.5088, -73.5878),
        new("Johannesburg", -26.2023, 28.0436),
    ];

    /// <summary>Place, speed and direction at a moment.</summary>
    /// <param name="timeUs">µs since 1970.</param>
    public RoutePoint At(long timeUs)
    {
        double angle = _start + _radiansPerSecond * (timeUs / 1e6 % 1e6);
        double east = _radiusMeters * Math.Cos(angle) + _wobbleMeters * Math.Cos(3 * angle);
        double north = _radiusMeters * Math.Sin(angle) + _wobbleMeters * Math.Sin(2 * angle);
        double eastSpeed = _radiansPerSecond * (-_radiusMeters * Math.Sin(angle) - 3 * _wobbleMeters * Math.Sin(3 * angle));
        double northSpeed = _radiansPerSecond * (_radiusMeters * Math.Cos(angle) + 2 * _wobbleMeters * Math.Cos(2 * angle));

        double latitude = _city.Latitude + north / MetersPerDegree;
        double longitude = _city.Longitude + east / (MetersPerDegree * Math.Cos(_city.Latitude * Math.PI / 180));
        double speed = Math.Sqrt(eastSpeed * eastSpeed + northSpeed * northSpeed) * MetersPerSecondToKmh;
        double direction = (Math.Atan2(eastSpeed, northSpeed) * 180 / Math.PI + 360) % 360;
        return new RoutePoint(timeUs, latitude, longitude, speed, direction);
    }
}

/// <summary>A city.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Latitude">Degrees.</param>
/// <param name="Longitude">Degrees.</param>
internal sealed record City(string Name, double Latitude, double Longitude);

/// <summary>A moment of a drive.</summary>
/// <param name="TimeUs">µs since 1970.</param>
/// <param name="Latitude">Degrees.</param>
/// <param name="Longitude">Degrees.</param>
/// <param name="SpeedKmh">km/h.</param>
/// <param name="Direction">Degrees from north, 0 to 360.</param>
internal readonly record struct RoutePoint(long TimeUs, double Latitude, double Longitude, double SpeedKmh, double Direction);
