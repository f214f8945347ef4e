using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Gateway.Host.Accounts;
using Gateway.Host.Api;
using Gateway.Host.Channels;
using Gateway.Host.Cli;
using Gateway.Host.Configuration;
using Gateway.Host.Metrics;
using Gateway.Host.Mqtt;
using Gateway.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Host.Lifetime;

/// <summary>A running gateway: everything composed, started and stopped in one place.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    // Of the five seconds that a stop may take, the rest is for disposal and the end of the process.
    private static readonly TimeSpan ReserveForDisposal = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ClientsStopTimeout = TimeSpan.FromMilliseconds(500);

    private readonly DataFolder _folder;
    private readonly WebApplication _application;
    private readonly GatewayOptions _options;

    private GatewayProcess(DataFolder folder, WebApplication application, GatewayOptions options)
    {
        _folder = folder;
        _application = application;
        _options = options;
    }

    /// <summary>What was composed.</summary>
    public IServiceProvider Services => _application.Services;

    /// <summary>The channels.</summary>
    public ChannelDirectory Channels => Services.GetRequiredService<ChannelDirectory>();

    /// <summary>Full path of the data folder.</summary>
    public string DataPath => _folder.Path;

    /// <summary>Cancelled when the gateway stops, also by itself after a fault of a background service.</summary>
    public CancellationToken Stopping => _application.Lifetime.ApplicationStopping;

    /// <summary>Where REST really listens: the port is known now.</summary>
    public IPEndPoint HttpEndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Where MQTT really listens.</summary>
    public IPEndPoint MqttEndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Where MQTT over TLS really listens; null: nowhere.</summary>
    public IPEndPoint? MqttTlsEndPoint { get; private set; }

    /// <summary>The token made at this start; null when there was one. To be shown once.</summary>
    public string? MadeToken { get; private set; }

    /// <summary>Starts a gateway; when this returns, devices, REST and MQTT are served.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="configureLogging">Where logs go.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="FailureException">It can't start; the line says why. Nothing is left running.</exception>
    public static async Task<GatewayProcess> StartAsync(GatewayOptions options, Action<ILoggingBuilder> configureLogging, CancellationToken cancellationToken)
    {
        DataFolder folder = DataFolder.Open(options.DataFolder);
        GatewayProcess? process = null;
        try
        {
            BundledLibraries.Install(folder.Path);
            options = options with { DataFolder = folder.Path };
            process = new GatewayProcess(folder, Compose(options, configureLogging), options);
            await process.StartAsync(cancellationToken).ConfigureAwait(false);
            return process;
        }
        catch (Exception failure)
        {
            if (process is not null) await process.DisposeAsync().ConfigureAwait(false);
            else folder.Dispose();
            if (Explain(failure, options) is { } line) throw new FailureException(line, failure);
            throw;
        }
    }

    /// <summary>Stops: no new connections or data, then what came is committed and answered, then all is closed. Takes less than the stop timeout.</summary>
    public async Task StopAsync()
    {
        Services.GetRequiredService<GatewayHealth>().IsReady = false;
        using CancellationTokenSource limit = new(_options.StopTimeout - ReserveForDisposal);
        try
        {
            // Clients first, or their open connections would eat the time that devices need: long polls end by this signal, MQTT by its broker.
            _application.Lifetime.StopApplication();
            await Services.GetRequiredService<MqttBroker>().StopAsync(limit.Token).ConfigureAwait(false);
            using CancellationTokenSource clients = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
            clients.CancelAfter(ClientsStopTimeout);
            await Services.GetRequiredService<IServer>().StopAsync(clients.Token).ConfigureAwait(false);

            // Then the services in reverse order: readers, and last the channels, which drain, commit and close their buffers.
            await _application.StopAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // Whoever still holds a connection loses it with the process; what was acknowledged is on disk.
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync().ConfigureAwait(false);
        _folder.Dispose();
    }

    private static WebApplication Compose(GatewayOptions options, Action<ILoggingBuilder> configureLogging)
    {
        // The empty builder: no appsettings.json, no ASPNETCORE_ variables, nothing that the operator did not decide with our own settings.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = options.DataFolder });
        configureLogging(builder.Logging);

        IServiceCollection services = builder.Services;
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = options.StopTimeout - ReserveForDisposal;
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });
        services.AddSingleton<GatewayHealth>();
        services.AddGatewayChannels(options);
        services.AddGatewayAccounts();
        services.AddGatewayMqtt();
        services.AddGatewayApi();
        services.AddRoutingCore();

        TlsCertificate? certificate = TlsCertificate.Open(options);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            ApiLimits.Apply(kestrel.Limits);
            kestrel.Listen(options.HttpEndPoint);
            kestrel.Listen(options.MqttEndPoint, listener => listener.UseGatewayMqtt());
            if (options.MqttTlsEndPoint is { } secured && certificate is not null)
            {
                kestrel.Listen(secured, listener =>
                {
                    listener.Protocols = HttpProtocols.Http1;       // what it would offer by ALPN means nothing to MQTT
                    listener.UseHttps(tls => tls.ServerCertificateSelector = (_, _) => certificate.Current);
                    listener.UseGatewayMqtt();
                });
            }
        });

        WebApplication application = builder.Build();
        application.UseGatewayMqttOverWebSocket();
        application.UseGatewayApi();
        application.UseRouting();
        application.MapGatewayHealth();
        application.MapGatewayMetrics();
        application.MapGatewayMqtt();
        application.MapGatewayApi();
        return application;
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        AccessTokens tokens = Services.GetRequiredService<AccessTokens>();
        string? made = await Services.OpenGatewayAccountsAsync(_options.Token, cancellationToken).ConfigureAwait(false);
        await _application.StartAsync(cancellationToken).ConfigureAwait(false);
        await tokens.KeepAsync(cancellationToken).ConfigureAwait(false);
        MadeToken = made;

        // Kestrel lists its addresses in the order in which they were asked for.
        IServerAddressesFeature addresses = Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        int[] ports = [.. addresses.Addresses.Select(address => BindingAddress.Parse(address).Port)];
        HttpEndPoint = new IPEndPoint(_options.HttpEndPoint.Address, ports[0]);
        MqttEndPoint = new IPEndPoint(_options.MqttEndPoint.Address, ports[1]);
        if (_options.MqttTlsEndPoint is { } secured) MqttTlsEndPoint = new IPEndPoint(secured.Address, ports[2]);
        Services.GetRequiredService<GatewayHealth>().IsReady = true;
    }

    /// <summary>One line for what an operator can mend; null for faults of ours, which deserve their stack.</summary>
    private static string? Explain(Exception failure, GatewayOptions options)
    {
        if (failure is FailureException) return null;
        if (failure is DamagedLogException or InvalidDataException) return $"the data folder {options.DataFolder} is damaged: {OneLine(failure)}";
        if (failure is DbException) return $"the configuration in {options.DataFolder} can't be used: {OneLine(failure)}";
        if (failure is not (IOException or SocketException or UnauthorizedAccessException)) return null;

        SocketException? socket = failure as SocketException ?? failure.InnerException as SocketException ?? failure.InnerException?.InnerException as SocketException;
        bool isInUse = failure.InnerException is AddressInUseException || socket?.SocketErrorCode is SocketError.AddressAlreadyInUse;
        string at = failure.Message.Contains($":{options.MqttEndPoint.Port}", StringComparison.Ordinal) && options.MqttEndPoint.Port != options.HttpEndPoint.Port
            ? $"{options.MqttEndPoint} (--mqtt)"
            : $"{options.HttpEndPoint} (--http)";
        return isInUse ? $"the port of {at} is in use."
            : socket is null ? OneLine(failure)
            : $"can't listen on {at}: {OneLine(socket)}";
    }

    private static string OneLine(Exception failure) => failure.Message.ReplaceLineEndings(" ");

    /// <summary>Signals are the command's business (<see cref="Interruption"/>), not the host's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
