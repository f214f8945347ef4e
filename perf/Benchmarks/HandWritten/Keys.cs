namespace Gateway.Perf.Benchmarks.HandWritten;

/// <summary>Numbers of <c>protocol-specs/parameters.tsv</c> that the hand-written decoders write.</summary>
internal static class Keys
{
    public const int Ain = 38;
    public const int BatteryCurrent = 99;
    public const int BatteryLevel = 102;
    public const int BatteryVoltage = 118;
    public const int Din = 761;
    public const int Dout = 789;
    public const int EngineIgnitionStatus = 826;
    public const int EventEnum = 842;
    public const int EventPriorityEnum = 843;
    public const int ExternalPowersourceVoltage = 856;
    public const int GnssStateEnum = 997;
    public const int GsmCellid = 1010;
    public const int GsmLac = 1016;
    public const int GsmMcc = 1017;
    public const int GsmMnc = 1018;
    public const int GsmOperatorCode = 1024;
    public const int GsmSignalLevel = 1027;
    public const int MessageType = 1123;
    public const int MovementStatus = 1162;
    public const int PositionAltitude = 1192;
    public const int PositionDirection = 1194;
    public const int PositionHdop = 1198;
    public const int PositionLatitude = 1199;
    public const int PositionLongitude = 1202;
    public const int PositionPdop = 1204;
    public const int PositionSatellites = 1205;
    public const int PositionSpeed = 1206;
    public const int PositionValid = 1209;
    public const int SleepModeEnum = 1260;
    public const int Timestamp = 1344;
    public const int VehicleMileage = 1506;
    public const int XAcceleration = 1516;
}
