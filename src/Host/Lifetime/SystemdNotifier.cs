using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Host.Lifetime;

/// <summary>Tells systemd how the process is doing (sd_notify): ready, stopping, still alive. Does nothing when systemd did not ask.</summary>
/// <remarks>Protocol: one datagram of <c>NAME=VALUE</c> to the Unix socket that <c>NOTIFY_SOCKET</c> names; <c>WATCHDOG_USEC</c> is the longest silence. See sd_notify(3).</remarks>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _target;

    private SystemdNotifier(string? path, string? watchdogUs, string? watchdogProcess)
    {
        if (string.IsNullOrEmpty(path) || path[0] is not ('/' or '@')) return;
        // A leading @ stands for the zero byte of Linux' abstract names.
        _target = new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path);
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        bool isForUs = string.IsNullOrEmpty(watchdogProcess) || watchdogProcess == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (isForUs && long.TryParse(watchdogUs, NumberStyles.None, CultureInfo.InvariantCulture, out long us) && us > 0)
            WatchdogInterval = TimeSpan.FromMicroseconds(us / 2.0);
    }

    /// <summary>How often <see cref="Alive"/> is due; null when nobody watches.</summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>As the environment of this process says. The variables are taken out, so that no child speaks for us.</summary>
    public static SystemdNotifier OfEnvironment()
    {
        string? path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        SystemdNotifier notifier = new(path, Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"));
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);
        return notifier;
    }

    /// <summary>Start is done: connections are accepted.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>The stop has begun.</summary>
    public void Stopping() => Send("STOPPING=1\nSTATUS=storing what came");

    /// <summary>The process still works.</summary>
    public void Alive() => Send("WATCHDOG=1");

    /// <inheritdoc />
    public void Dispose() => _socket?.Dispose();

    private void Send(string state)
    {
        if (_socket is null || _target is null) return;
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(state), _target);
        }
        catch (SocketException)
        {
            // systemd is gone or restarts; it will notice by itself what we could not say.
        }
    }
}
