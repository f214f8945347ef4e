using System.Globalization;
using Gateway.Storage.Crash;
using Gateway.Storage.Crash.Kills;

// What takes a process of its own, and the long suites behind docs/durability.md.
//   kill [--seeds 1000] [--from N]    kills a writing process again and again and looks for what was acknowledged
//   kill --seed N                     one of them again
//   disk [--seeds 100000] [--from N] [--threads N]    seeds of a simulated disk that fails, fills up and loses its power
//   disk --seed N [--trace | --calls] one of them again, with what happens, and with what is asked of the disk
return args switch
{
    ["kill-child", var folder, var seed, var round] => await KillWriter.RunAsync(folder, Number(seed), Number(round)),
    ["kill", "--seed", var seed] => await KillCommand.RunAsync(Number(seed), seeds: 1),
    ["kill"] => await KillCommand.RunAsync(from: 1, seeds: 1_000),
    ["kill", "--seeds", var seeds] => await KillCommand.RunAsync(from: 1, Number(seeds)),
    ["kill", "--seeds", var seeds, "--from", var from] => await KillCommand.RunAsync(Number(from), Number(seeds)),
    ["disk", ..] => DiskCommand.Run(args[1..]),
    _ => 2,
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
