using Gateway.Codecs;
using Gateway.Host.Accounts;
using Gateway.Host.Channels;

namespace Gateway.Host.Devices;

/// <summary>Says of a channel's stored messages whose device they are, for whoever reads the channel. One per reader; not for several threads at once.</summary>
/// <remarks>Who may see a channel need not be allowed to see devices of an account above it: of those nothing is said in the channel's messages.</remarks>
internal sealed class MessageOwner(DeviceDirectory devices, AccountDirectory accounts, Channel channel)
{
    // Idents come in runs: the same device sends batches.
    private byte[] _ident = [];
    private int _identLength = -1;
    private long _version;
    private Device? _device;
    private MessageDevice? _facts;

    /// <summary>The channel.</summary>
    internal Channel Channel => channel;

    /// <summary>The device of a message, as far as the channel's messages name it; null when none is registered.</summary>
    /// <param name="payload">As it is stored.</param>
    internal MessageDevice? Of(ReadOnlySpan<byte> payload)
    {
        if (!devices.Index.Covers(channel.Definition.ProtocolId)) return null;
        return MessageReader.TryGetIdent(payload, out ReadOnlySpan<byte> ident) ? OfIdent(ident) : null;
    }

    /// <summary>As <see cref="Of"/>, for who has the ident at hand.</summary>
    internal MessageDevice? OfIdent(ReadOnlySpan<byte> ident)
    {
        Look(ident);
        return _facts;
    }

    /// <summary>The device whose the messages of an ident are, also where the channel's messages do not name it; null when none is registered.</summary>
    internal Device? DeviceOf(ReadOnlySpan<byte> ident)
    {
        Look(ident);
        return _device;
    }

    private void Look(ReadOnlySpan<byte> ident)
    {
        long version = devices.Version;
        if (_identLength >= 0 && version == _version && ident.SequenceEqual(_ident.AsSpan(0, _identLength))) return;
        if (_ident.Length < ident.Length) _ident = new byte[Math.Max(ident.Length, Session.IdentBytesMax)];
        ident.CopyTo(_ident);
        _identLength = ident.Length;
        _version = version;
        _device = devices.Index.Find(channel.Definition.ProtocolId, channel.Definition.Cid, ident);
        _facts = _device is not null && accounts.IsWithin(_device.Definition.Cid, channel.Definition.Cid) ? _device.Facts : null;
    }
}
