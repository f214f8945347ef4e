using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>The functions of expressions. What is called by another name in something to be sent is a layout.</summary>
internal static class FunctionNames
{
    private static readonly HashSet<string> Names =
    [
        "int", "real", "hexint", "len", "min", "max", "abs", "round", "trim0", "index", "masksize", "header", "column", "decimal", "join", "luhn", "lower", "upper", "hex", "trimend",
    ];

    internal static bool Contains(string name) => Names.Contains(name);
}

/// <summary>The checksums of the language and the method of the runtime that computes each.</summary>
internal static class ChecksumNames
{
    private static readonly Dictionary<string, string> Methods = new()
    {
        ["crc16.arc"] = "Crc16Arc",
        ["crc16.modbus"] = "Crc16Modbus",
        ["crc16.x25"] = "Crc16X25",
        ["crc16.ccitt"] = "Crc16CcittFalse",
        ["crc16.kermit"] = "Crc16Kermit",
        ["crc16.xmodem"] = "Crc16Xmodem",
        ["crc8.nrsc5"] = "Crc8Nrsc5",
        ["crc8.maxim"] = "Crc8Maxim",
        ["crc8.rohc"] = "Crc8Rohc",
        ["crc32"] = "Crc32",
        ["crc32.mpeg2"] = "Crc32Mpeg2",
        ["xor8"] = "Xor8",
        ["sum8"] = "Sum8",
        ["sum16"] = "Sum16",
        ["crc16.mcrf4xx"] = "Crc16Mcrf4xx",
        ["crc16.aug"] = "Crc16Aug",
        ["crc16.genibus"] = "Crc16Genibus",
        ["crc16.usb"] = "Crc16Usb",
        ["crc8.smbus"] = "Crc8Smbus",
        ["sum8.ones"] = "Sum8Ones",
        ["sum8.twos"] = "Sum8Twos",
        ["sum16.ones"] = "Sum16Ones",
        ["sum16.twos"] = "Sum16Twos",
        ["sum16.rol"] = "Sum16Rotated",
        ["sum32"] = "Sum32",
        ["xor16"] = "Xor16",
        ["xor16le"] = "Xor16Le",
    };

    internal static bool Contains(string name) => Methods.ContainsKey(name);

    internal static IEnumerable<string> All => Methods.Keys;

    internal static string Method(string name) => Methods[name];
}
