using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Host.Cli;
using Gateway.Host.Configuration;

namespace Gateway.Host.Lifetime;

/// <summary>The certificate for TLS, read anew when its file changed: connections that stand are not touched.</summary>
internal sealed class TlsCertificate
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly string _file;
    private readonly string? _keyFile;
    private X509Certificate2 _current;
    private DateTime _written;
    private long _lookedAt;

    private TlsCertificate(string file, string? keyFile)
    {
        _file = file;
        _keyFile = keyFile;
        _written = File.GetLastWriteTimeUtc(file);
        _current = Read();
        _lookedAt = Environment.TickCount64;
    }

    /// <summary>The certificate as it is now; the one before when the file can't be read.</summary>
    internal X509Certificate2 Current
    {
        get
        {
            lock (_gate)
            {
                if (Environment.TickCount64 - _lookedAt < s_lookInterval.TotalMilliseconds) return _current;
                _lookedAt = Environment.TickCount64;
                try
                {
                    DateTime written = File.GetLastWriteTimeUtc(_file);
                    if (written != _written) (_current, _written) = (Read(), written);
                }
                catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
                {
                    // It is being replaced: the next look finds it whole.
                }
                return _current;
            }
        }
    }

    /// <summary>Reads the certificate that the settings name.</summary>
    /// <returns>Null when nothing is to be served over TLS.</returns>
    /// <exception cref="FailureException">TLS is asked for, and there is no certificate, or it can't be read.</exception>
    internal static TlsCertificate? Open(GatewayOptions options)
    {
        if (options.MqttTlsEndPoint is null) return null;
        if (options.TlsCertificateFile is not { } file) throw new FailureException("MQTT over TLS (--mqtts) needs a certificate (--tls-certificate).");
        try
        {
            return new TlsCertificate(file, options.TlsKeyFile);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FailureException($"the certificate {file} can't be used: {unreadable.Message.ReplaceLineEndings(" ")} (--tls-certificate, --tls-key)", unreadable);
        }
    }

    private X509Certificate2 Read() => X509Certificate2.CreateFromPemFile(_file, _keyFile);
}
