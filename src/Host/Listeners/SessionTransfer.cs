using Gateway.Codecs;

namespace Gateway.Host.Listeners;

/// <summary>Carries what one codec remembers of a connection over to the codec that takes its place.</summary>
internal static class SessionTransfer
{
    private const string Model = "device.model";

    /// <summary>Copies transport, clock, ident, model, and the session variables that both know by name and that hold the same type. Options are the channel's and not copied.</summary>
    /// <param name="from">The session until now.</param>
    /// <param name="to">A new one, with the channel's options applied.</param>
    public static void Carry(Session from, Session to)
    {
        to.Transport = from.Transport;
        to.NowUs = from.NowUs;
        to.Known = from.Known;
        if (!from.Ident.IsEmpty) to.TrySetIdent(from.Ident);
        if (!from.DeviceModel.IsEmpty) to.TrySetVariable(Model, from.DeviceModel.ToArray());
        foreach (string name in to.VariableNames.Intersect(from.VariableNames, StringComparer.Ordinal))
        {
            // As bytes where it is bytes: as text, what is no UTF-8 would be lost.
            object? value = from.FindBytes(name) is { } bytes ? bytes.Span.ToArray() : from.GetVariable(name);
            if (value is not null) to.TrySetVariable(name, value);
        }
    }
}
