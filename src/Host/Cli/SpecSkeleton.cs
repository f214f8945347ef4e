namespace Gateway.Host.Cli;

/// <summary>What <c>gateway protocol new</c> writes. A test compiles both and runs their samples.</summary>
internal static class SpecSkeleton
{
    /// <summary>A protocol of lines of text.</summary>
    public const string Text = """"
        # A protocol of lines. Change it from top to bottom; after each step: gateway protocol check {name}.trk
        # The whole language: docs/trk-reference.md. Names and units of parameters: protocol-specs/parameters.tsv

        protocol {name} "What people call it"
          id {id}                              # stable number of the protocol: stored with messages, never changed afterwards
          vendor "Who makes the devices"
          device "MODEL-1"
          source "Name, version and date of the vendor's document"
          port 5000 tcp                        # or: tcp udp
          charset ascii
          max 1024                             # longest frame in bytes

        # How the bytes of a connection become frames: here each line is one, without its end.
        frame
          until "\r\n"

        # A device tells who it is: LOGIN,353173060000000
        message login when frame starts "LOGIN,"
          "LOGIN,"
          rest imei
          login imei                           # from now on the connection belongs to this device
          reply
            "OK\r\n"

        # Where it is: POS,yyMMddHHmmss,latitude,longitude,km/h,degrees,satellites,volts
        message position when frame starts "POS,"
          require login
          "POS,"
          record                               # one message for whoever reads the channel
            csv ","
              time yyMMddHHmmss
              lat degrees
              lon degrees
              real                             -> position.speed km/h
              real                             -> position.direction deg
              int                              -> position.satellites
              real                             -> external.powersource.voltage V
          reply
            "OK\r\n"

        # Samples are tests: bytes in, what must come out. Put frames of a real device here.
        sample login
          in   "LOGIN,353173060000000\r\n"
          expect ident "353173060000000"
          expect records 0
          out  "OK\r\n"

        sample position
          given ident "353173060000000"
          in   "POS,231114221320,54.6872,25.2797,54,90,11,12.6\r\n"
          expect records 1
          expect record 1
            timestamp                     1700000000
            position.latitude             54.6872
            position.longitude            25.2797
            position.speed                54
            position.direction            90
            position.satellites           11
            external.powersource.voltage  12.6
          out  "OK\r\n"

        """";

    /// <summary>A binary protocol.</summary>
    public const string Binary = """"
        # A binary protocol. Change it from top to bottom; after each step: gateway protocol check {name}.trk
        # The whole language: docs/trk-reference.md. Names and units of parameters: protocol-specs/parameters.tsv

        protocol {name} "What people call it"
          id {id}                              # stable number of the protocol: stored with messages, never changed afterwards
          vendor "Who makes the devices"
          device "MODEL-1"
          source "Name, version and date of the vendor's document"
          port 5000 tcp                        # or: tcp udp
          endian big                           # or little; one field alone: u16le, u32be
          max 1024                             # longest frame in bytes

        # How the bytes of a connection become frames: 7878, length of what follows without the checksum, type, body, CRC16.
        frame
          skip to hex 7878                     # what comes before a marker is noise
          size 5 + u8@2                        # the length of a whole frame, from its first byte

        # What every frame begins with.
        header
          skip 3
          u8 type

        # What devices get as an answer: a frame of the same form.
        layout answer(type)
          hex 7878
          u8 length of part
          part:
            u8 type
          u16 crc16.x25 of 2..here

        # A device tells who it is: 8 bytes of BCD, the IMEI with a zero in front.
        message login when type == 0x01
          hex 8 imei
          check crc16.x25 u16 over 2..here
          login imei[1..]                      # from now on the connection belongs to this device
          reply answer(type)

        # Where it is.
        message position when type == 0x02
          require login
          record                               # one message for whoever reads the channel
            time unix u32
            lat i32 / 1e7
            lon i32 / 1e7
            u16 / 10                           -> position.speed km/h
            u16                                -> position.direction deg
            u8                                 -> position.satellites
            u16  none 0xFFFF                   -> external.powersource.voltage mV
            u8 flags
              0                                -> engine.ignition.status
              flag 7                           -> battery.low.alarm      # written only when the bit is set
          check crc16.x25 u16 over 2..here

        # Samples are tests: bytes in, what must come out. Put frames of a real device here.
        sample login
          in   7878 09 01 0353173060000000 28AE
          expect ident "353173060000000"
          expect records 0
          out  787801010716

        sample position
          given ident "353173060000000"
          in   7878 15 02 6553F100 20989AC0 0F116048 021C 005A 0B 3138 01 FDAC
          expect records 1
          expect record 1
            timestamp                     1700000000
            position.latitude             54.6872 ~ 1e-6
            position.longitude            25.2797 ~ 1e-6
            position.speed                54
            position.direction            90
            position.satellites           11
            external.powersource.voltage  12.6
            engine.ignition.status        true
          out  none

        """";
}
