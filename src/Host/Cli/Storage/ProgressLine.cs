using System.Diagnostics;
using Gateway.Storage.Inspection;

namespace Gateway.Host.Cli;

/// <summary>Tells on the error stream how far long work is: one line that is written over for a person, a line now and then for a log.</summary>
internal sealed class ProgressLine(Terminal terminal) : IDisposable
{
    private static readonly TimeSpan ForPerson = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan ForLog = TimeSpan.FromSeconds(10);

    private long _shown = Stopwatch.GetTimestamp();
    private int _length;

    /// <summary>Shows a state when the last one is old enough.</summary>
    public void Show(InspectionProgress progress)
    {
        if (Stopwatch.GetElapsedTime(_shown) < (terminal.IsInteractive ? ForPerson : ForLog)) return;
        _shown = Stopwatch.GetTimestamp();
        double percent = progress.BytesTotal == 0 ? 100 : 100.0 * progress.BytesDone / progress.BytesTotal;
        string line = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{percent:F0} % of {progress.BytesTotal / 1e6:N0} MB, {progress.Subject}");
        if (terminal.IsInteractive) terminal.Error.Write('\r' + line.PadRight(_length));
        else terminal.Error.WriteLine(line);
        _length = line.Length;
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (terminal.IsInteractive && _length > 0) terminal.Error.Write('\r' + new string(' ', _length) + '\r');
        _length = 0;
    }

    /// <inheritdoc />
    public void Dispose() => Clear();
}
