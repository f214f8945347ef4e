namespace Gateway.Host.Cli;

/// <summary>What <c>gateway help</c> prints.</summary>
internal static class HelpText
{
    /// <summary>All commands on one screen.</summary>
    public const string Overview = """
        gateway - GPS trackers in, durable messages out

        Usage: gateway COMMAND [OPTIONS]

          run                              start the gateway
          run --demo                       start it with simulated devices and show their messages
          protocol list                    protocols that are built in
          protocol show NAME               one protocol: messages, parameters, options, commands
          protocol new NAME                write a first spec file that compiles
          protocol check FILE              compile a spec file and print what is wrong with it
          protocol decode NAME HEX|-       bytes in, messages as JSON and replies out
          protocol explain NAME HEX|-      the same, with the bytes and the spec line behind each value
          protocol fmt FILE                put a spec file into the canonical layout
          protocol doc NAME                a page about a protocol, in Markdown
          protocol identify HEX|FILE|-     which protocols explain these bytes
          protocol try SPEC                what a new spec makes of recorded traffic, compared with what is there
          protocol reload NAME             make a running gateway take up a changed spec
          simulate NAME --to HOST:PORT     send as devices of a protocol would
          selftest                         run all samples of all protocols
          storage check DIR                read everything in the buffers and say what is damaged
          storage repair DIR               say what a repair would do and what would be lost; --yes does it
          help [COMMAND]                   this text, or the options of a command
          --version

        Exit codes: 0 done, 1 failed, 2 wrong usage.

        """;

    private const string Run = """
        Usage: gateway run [OPTIONS]

          --data DIR               folder for everything that is kept (GATEWAY_DATA; ./data)
          --http HOST:PORT         REST, MQTT over WebSocket, health, metrics (GATEWAY_HTTP; 127.0.0.1:8080)
          --mqtt HOST:PORT         MQTT (GATEWAY_MQTT; 127.0.0.1:1883)
          --mqtts HOST:PORT        MQTT over TLS (GATEWAY_MQTTS; none)
          --mqtt-slow-clients HOW  those that can't keep up with a channel: read (later, from disk) or cut (GATEWAY_MQTT_SLOW_CLIENTS; read)
          --tls-certificate FILE   certificate for TLS, PEM, read anew when it changes (GATEWAY_TLS_CERTIFICATE)
          --tls-key FILE           its key, where that is a file of its own (GATEWAY_TLS_KEY)
          --channel-host HOST      host name that devices are told, in a channel's uri (GATEWAY_CHANNEL_HOST; this machine's name)
          --channel-ports A-B      ports that channels get (GATEWAY_CHANNEL_PORTS; 20000-29999)
          --token TOKEN            token that REST and MQTT clients need (GATEWAY_TOKEN); made and printed once if never given
          --token-file FILE        read the token from a file (GATEWAY_TOKEN_FILE)
          --specs DIR              folder of your own protocol specs, compiled at start (GATEWAY_SPECS)
          --traffic-quota MB       raw traffic that each channel keeps, 0 for none (GATEWAY_TRAFFIC_QUOTA; 16)
          --free-min MB            what stays free of the disk: below, devices wait for their replies (GATEWAY_FREE_MIN; 128)
          --config FILE            the same settings as JSON (GATEWAY_CONFIG; ./gateway.json if it is there)
          --demo                   a channel for each built-in protocol, ten simulated devices on each, messages live on the screen
          --for SECONDS            with --demo: stop by itself

        The command line wins over the environment, the environment over the file. Port 0 takes a free one.
        A spec in the --specs folder takes the place of the built-in protocol of its name. One with errors is told in the log and leaves the
        others alone; channels of its protocol are shown blocked with the reason.
        SIGTERM and Ctrl-C: stop accepting, store what came, exit 0.

        """;

    private const string Protocol = """
        Usage: gateway protocol list
               gateway protocol show NAME
               gateway protocol new NAME [--text|--binary]
               gateway protocol check FILE...
               gateway protocol decode NAME HEX|TEXT|- [--udp] [--ident IDENT]
               gateway protocol explain NAME HEX|TEXT|- [--udp] [--ident IDENT]
               gateway protocol fmt [--check] FILE...
               gateway protocol doc NAME [--out FILE]
               gateway protocol identify HEX|TEXT|FILE|- [--all]
               gateway protocol try SPEC --capture FILE [--against NAME]
               gateway protocol try SPEC --channel N [--data DIR] [--ident IDENT] [--against NAME]
               gateway protocol reload NAME [--api URL] [--token TOKEN]
               gateway protocol selftest

          --specs DIR      a folder of your own specs, before those built in (GATEWAY_SPECS)
          --udp            the bytes are one datagram
          --ident IDENT    the device is identified already; with try: connections of this device alone
          --binary, --text what the new spec is for: frames with lengths (without either), or lines
          --check          change nothing; exit code 1 when a file is not in the canonical layout
          --out FILE       write the page to a file
          --all            show the protocols too that refuse the bytes, and why
          --capture FILE   recorded traffic, one received chunk a line (below)
          --channel N      what channel N has recorded of its traffic; its gateway may be running
          --data DIR       the gateway's data folder (./data)
          --against NAME   compare with this protocol (without: the one of the same name)
          --api URL        the running gateway (http://127.0.0.1:8080)
          --token TOKEN    its token (GATEWAY_TOKEN)

        NAME is a protocol or a spec file (my.trk), which is compiled first. check also runs the samples of the file.
        Bytes are given as hexadecimal digits (spaces and colons between them are fine), as text with \r \n \t \\ \xHH,
        or as - for standard input: text of digits, or bytes as they are. identify takes a file with either as well.

        identify lets every protocol decode the bytes and ranks them, at most 100 points: share of the bytes that were read, checksum, ident,
        position, time. What each would decode is printed below it.

        try replays a capture, or what a channel has recorded, through both specs and prints what differs, frame by frame: messages, values,
        replies, refusals. Exit code 0 when nothing does, 1 when something does. Lines of a capture:

          # a comment
          session                    a new connection begins; 'session IDENT' when the device is known already
          tcp 78780D01...            what one read gave, as hex or as "text\r\n"; hex alone is the same
          udp 78780D01...            one datagram

        reload compiles NAME's spec in the gateway's --specs folder and switches its channels; connections stay open, and frames that come
        afterwards are decoded by the new spec. Ident and session variables of the same name are kept. A spec with errors changes nothing.

        """;

    private const string Simulate = """
        Usage: gateway simulate NAME --to HOST:PORT [OPTIONS]

          --devices N      devices, each on a connection of its own (1)
          --interval S     seconds between two packets of a device (1; 0 sends as fast as replies come)
          --count N        packets per device, then stop (without: until Ctrl-C)
          --seed N         the same seed gives the same bytes apart from the time (1)
          --udp            send datagrams
          --specs DIR      a folder of your own specs, before those built in (GATEWAY_SPECS)

        Packets come from the samples of the protocol's spec; time, place, speed and ident are put in and checksums made right.
        Waits for each reply, prints what was sent and acknowledged, exit code 1 when a packet stayed without its reply.

        """;

    private const string SelfTest = """
        Usage: gateway selftest [--specs DIR]

        Runs every sample of every protocol, built in or in DIR (GATEWAY_SPECS), through framer and decoder and compares messages and replies.

        """;

    private const string Storage = """
        Usage: gateway storage check DIR [--json]
               gateway storage repair DIR [--yes]

          --json    print one JSON object
          --yes     do what the plan says

        DIR is the gateway's data folder, or the folder 'messages' in it. The gateway must not be running.

        check reads every file and every record and changes nothing. It prints what each channel holds, and each damage with its file, the byte and
        what to do. Exit code 0 when nothing is damaged, 1 when something is.

        repair prints what it would do about each damage and exactly what would be lost: channel and keys. With --yes it does that. It deletes
        nothing: what it changes or moves is kept in DIR/damaged-DATE-TIME. A repair that was cut short can be done again. Exit code 0 when nothing
        is damaged, or is any more; 1 when something is.

        """;

    /// <summary>The options of one command.</summary>
    /// <exception cref="UsageException">There is no such command.</exception>
    public static string For(string command) => command switch
    {
        "run" => Run,
        "protocol" => Protocol,
        "simulate" => Simulate,
        "selftest" => SelfTest,
        "storage" => Storage,
        "help" or "--version" => Overview,
        _ => throw new UsageException($"there is no command '{command}'; try 'gateway help'."),
    };
}
