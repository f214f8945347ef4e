using System.Text;

namespace Gateway.Host.Cli;

/// <summary>Where a command reads and writes: the process' own streams, or those of a test.</summary>
/// <param name="input">Standard input, as bytes.</param>
/// <param name="output">Results.</param>
/// <param name="error">Complaints; one line each.</param>
/// <param name="isInteractive">A person watches: a view may redraw itself.</param>
internal sealed class Terminal(Stream input, TextWriter output, TextWriter error, bool isInteractive) : IDisposable
{
    /// <summary>Standard input, as bytes.</summary>
    public Stream Input => input;

    /// <summary>Results. Flushed by <see cref="Dispose"/> and by commands that run long.</summary>
    public TextWriter Output => output;

    /// <summary>Complaints and progress.</summary>
    public TextWriter Error => error;

    /// <summary>Output is a screen that can be redrawn.</summary>
    public bool IsInteractive => isInteractive;

    /// <summary>The streams of this process, UTF-8 without a mark.</summary>
    public static Terminal OfProcess()
    {
        UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
        return new Terminal(
            Console.OpenStandardInput(),
            new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true, NewLine = "\n" },
            new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true, NewLine = "\n" },
            !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        output.Flush();
        error.Flush();
    }
}
