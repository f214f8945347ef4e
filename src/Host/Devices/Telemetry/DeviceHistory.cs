using System.Globalization;

namespace Gateway.Host.Devices.Telemetry;

/// <summary>For which ident, protocol and account the messages that were there before the registration have been read. Any number of threads.</summary>
internal sealed class DeviceHistory
{
    private readonly Lock _gate = new();
    private string _known = "";
    private string _wanted = "";
    private int _generation;
    private int _left;

    /// <summary>What has been read: empty, or the identity. For the store.</summary>
    internal string Known
    {
        get
        {
            lock (_gate) return _known;
        }
    }

    /// <summary>Whether all messages are known that were there when the device was registered or changed.</summary>
    internal bool IsComplete
    {
        get
        {
            lock (_gate) return _known.Length > 0 && _known == _wanted;
        }
    }

    /// <summary>Takes up what was known before a restart.</summary>
    internal void Restore(string known)
    {
        lock (_gate) _known = known;
    }

    /// <summary>Asks whether messages must be read anew.</summary>
    /// <param name="ident">The device's ident in its normal form, null for none.</param>
    /// <param name="protocolId">Its protocol.</param>
    /// <param name="cid">Its account: it decides which channels are its.</param>
    /// <param name="isAnother">Whether something else was known or asked for before.</param>
    /// <returns>False when they have been read, or are being read.</returns>
    internal bool TryBegin(string? ident, int protocolId, long cid, out bool isAnother)
    {
        string wanted = ident is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{protocolId}/{cid}/{ident}");
        lock (_gate)
        {
            bool isNew = _wanted != wanted;
            isAnother = isNew && _known != wanted && (_known.Length > 0 || _wanted.Length > 0);
            _wanted = wanted;
            if (wanted.Length == 0) _known = "";
            if (!isNew || wanted.Length == 0 || _known == wanted) return false;
            _known = "";
            return true;
        }
    }

    /// <summary>Notes how many feeds are going to be asked; with none, everything is read.</summary>
    /// <returns>What they have to tell <see cref="EndOne"/>.</returns>
    internal int Await(int feeds)
    {
        lock (_gate)
        {
            _left = feeds;
            if (feeds == 0) _known = _wanted;
            return ++_generation;
        }
    }

    /// <summary>Notes that one feed has read everything that it was asked for.</summary>
    /// <returns>True when it was the last one.</returns>
    internal bool EndOne(int generation)
    {
        lock (_gate)
        {
            if (generation != _generation || _left == 0 || --_left > 0) return false;
            _known = _wanted;
            return true;
        }
    }
}
