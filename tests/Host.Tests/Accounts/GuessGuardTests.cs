using System.Net;
using Gateway.Host.Accounts;
using Xunit;

namespace Gateway.Host.Tests.Accounts;

/// <summary>Promise: who tries keys is stopped, and who shows one wrong key again and again harms nobody behind the same address.</summary>
public sealed class GuessGuardTests
{
    private static readonly IPAddress s_address = IPAddress.Parse("192.0.2.1");

    private readonly ManualTime _time = new();

    [Fact]
    public void Many_different_wrong_keys_block_the_address_until_the_minute_ends()
    {
        var guard = new GuessGuard(_time);
        for (int i = 0; i < GuessGuard.WrongKeysMax; i++)
        {
            Assert.False(guard.IsBlocked(s_address));
            guard.Note(s_address, $"FlespiToken guess{i}");
        }
        Assert.True(guard.IsBlocked(s_address));
        Assert.True(guard.IsBlocked(IPAddress.Parse("::ffff:192.0.2.1")));
        Assert.False(guard.IsBlocked(IPAddress.Parse("192.0.2.2")));
        _time.Advance(guard.Rest());
        Assert.False(guard.IsBlocked(s_address));
    }

    [Fact]
    public void The_same_wrong_key_counts_once_in_whatever_form()
    {
        var guard = new GuessGuard(_time);
        for (int i = 0; i < 1_000; i++) guard.Note(s_address, i % 2 == 0 ? "ended" : "Bearer ended");
        Assert.False(guard.IsBlocked(s_address));
    }

    [Fact]
    public void Addresses_of_one_ipv6_network_are_one()
    {
        var guard = new GuessGuard(_time);
        for (int i = 0; i < GuessGuard.WrongKeysMax; i++) guard.Note(IPAddress.Parse($"2001:db8:0:1::{i + 1}"), $"guess{i}");
        Assert.True(guard.IsBlocked(IPAddress.Parse("2001:db8:0:1:ffff::1")));
        Assert.False(guard.IsBlocked(IPAddress.Parse("2001:db8:0:2::1")));
    }

    [Fact]
    public void The_table_of_addresses_stays_bounded()
    {
        var guard = new GuessGuard(_time);
        for (int i = 0; i < GuessGuard.AddressesMax; i++) guard.Note(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), "guess");
        for (int i = 0; i < 100; i++) guard.Note(s_address, $"guess{i}");
        Assert.False(guard.IsBlocked(s_address));
    }
}
