using System.Data.Common;

namespace Gateway.Host.Accounts;

/// <summary>Puts accounts, tokens, limits and the access policy into a host.</summary>
internal static partial class GatewayAccounts
{
    /// <summary>Adds the services; after those of the channels, which close the configuration store when they stop. They must be opened with <see cref="OpenGatewayAccountsAsync"/> before the host starts: channels ask for the limits of their accounts.</summary>
    public static IServiceCollection AddGatewayAccounts(this IServiceCollection services)
    {
        services.AddSingleton<AccountDirectory>();
        services.AddSingleton<LimitDirectory>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<AccessPolicy>();
        services.AddSingleton<CallBudget>();
        services.AddSingleton<GuessGuard>();
        services.AddSingleton<AccountJournal>();
        services.AddHostedService<AccountSweeper>();
        return services;
    }

    /// <summary>Reads accounts, limits and tokens.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuredKey">Key of the start token from the settings, null for none.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <returns>The key of the start token if one was made; show it once, after <see cref="AccessTokens.KeepAsync"/>.</returns>
    /// <exception cref="InvalidDataException">Something stored is damaged.</exception>
    public static async ValueTask<string?> OpenGatewayAccountsAsync(this IServiceProvider services, string? configuredKey, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<AccountDirectory>().OpenAsync(cancellationToken).ConfigureAwait(false);
        await services.GetRequiredService<LimitDirectory>().OpenAsync(cancellationToken).ConfigureAwait(false);
        return await services.GetRequiredService<AccessTokens>().OpenAsync(configuredKey, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes tokens that ended, stores when tokens were used last, and forgets counts of minutes that are over.</summary>
    private sealed class AccountSweeper(AccessTokens tokens, CallBudget budget, AccountJournal journal, TimeProvider clock, ILogger<AccountSweeper> logger) : BackgroundService
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var timer = new PeriodicTimer(Interval, clock);
            try
            {
                while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
                {
                    budget.Sweep();
                    await SweepTokensAsync(stoppingToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                await SweepTokensAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        private async Task SweepTokensAsync(CancellationToken cancellationToken)
        {
            try
            {
                foreach (Token ended in await tokens.SweepAsync(cancellationToken).ConfigureAwait(false))
                    journal.Note(ended.Cid, AccountEventCode.TokenEnded, AccountItem.Token, ended.Id, before: null, after: null);
            }
            catch (DbException failure)
            {
                // The disk is full or ill: what is in memory holds, and the next round tries again.
                LogSweepFailure(logger, failure);
            }
        }
    }

    [LoggerMessage(3301, LogLevel.Warning, "The last use of tokens can't be stored now.")]
    private static partial void LogSweepFailure(ILogger logger, Exception failure);
}
