using Gateway.Host.Cli;

using Terminal terminal = Terminal.OfProcess();
return await CommandLine.RunAsync(args, terminal).ConfigureAwait(false);
