using Gateway.Codecs;

namespace Gateway.Host.Simulation;

/// <summary>What devices of a protocol send: a login, if the protocol has one, and the packets that go with it.</summary>
/// <param name="Codec">The protocol.</param>
/// <param name="Transport">How they send.</param>
/// <param name="City">Where they drive.</param>
/// <param name="Logins">Packets that tell who the device is and give no message; sent first after each connect. Empty where data packets tell it.</param>
/// <param name="Packets">Packets with messages, sent in turn. At least one.</param>
/// <param name="Ident">Ident of the samples.</param>
internal sealed record SimulationPlan(
    Codec Codec, Transport Transport, City City, IReadOnlyList<PacketTemplate> Logins, IReadOnlyList<PacketTemplate> Packets, string Ident)
{
    /// <summary>The plans that the samples of a protocol allow: one for each way to log in. Devices take them in turn.</summary>
    /// <returns>Empty when no sample gives a message that could be sent.</returns>
    public static IReadOnlyList<SimulationPlan> Of(Codec codec, Transport transport)
    {
        SampleInfo[] samples = [.. codec.Info.Samples.Where(sample => sample.Transport == transport)];
        PacketTemplate[] logins =
        [
            .. samples.Where(sample => !sample.Given.ContainsKey("ident"))
                .Select(sample => TemplateMaker.TryMake(codec, sample, _ => NewSession(codec, transport, null, null)))
                .OfType<PacketTemplate>()
                .Where(template => template is { SetsIdent: true, MessageCount: 0, Idents.Count: > 0 }),
        ];

        List<SimulationPlan> plans = [];
        foreach (PacketTemplate login in logins)
            if (TryPlan(codec, transport, samples, login) is { } plan) plans.Add(plan);
        // Protocols whose packets all tell the ident need no login.
        if (plans.Count == 0 && TryPlan(codec, transport, samples, null) is { } withoutLogin) plans.Add(withoutLogin);
        return plans;
    }

    private static SimulationPlan? TryPlan(Codec codec, Transport transport, SampleInfo[] samples, PacketTemplate? login)
    {
        PacketTemplate[] packets =
        [
            .. samples.Select(sample => TemplateMaker.TryMake(codec, sample, ident => NewSession(codec, transport, login, ident)))
                .OfType<PacketTemplate>()
                .Where(template => template.MessageCount > 0 && (login is not null || template.SetsIdent) && template.Has(SlotKind.Time)),
        ];
        // All packets must be able to carry the same idents: as long as that of the login, else as that of most packets with a place.
        if (login is null) packets = [.. packets.Where(template => template.Idents.Count > 0)];
        int? length = login?.Ident.Length
            ?? packets.GroupBy(template => template.Ident.Length).MaxBy(group => group.Count(template => template.Has(SlotKind.Latitude) && template.Has(SlotKind.Longitude)))?.Key;
        packets = [.. packets.Where(template => template.Idents.Count > 0 ? template.Ident.Length == length : template.Ident == login?.Ident)];
        // What shows where a device is, and is answered, comes first; other packets only where there is no such one.
        PacketTemplate[] best = [.. packets.Where(template => template is { HasReply: true } && template.Has(SlotKind.Latitude) && template.Has(SlotKind.Longitude))];
        if (best.Length == 0) best = [.. packets.Where(template => template.Has(SlotKind.Latitude) && template.Has(SlotKind.Longitude))];
        if (best.Length > 0) packets = best;

        City? city = Route.Cities.MaxBy(candidate => packets.Count(template => template.Fits(candidate)));
        PacketTemplate[] fitting = [.. packets.Where(template => template.Fits(city!))];
        return fitting.Length == 0 ? null : new SimulationPlan(codec, transport, city!, login is null ? [] : [login], fitting, (login ?? fitting[0]).Ident);
    }

    /// <summary>A session as the gateway has it when a device sends its data.</summary>
    private static Session NewSession(Codec codec, Transport transport, PacketTemplate? login, string? ident)
    {
        Session session = codec.CreateSession();
        session.Transport = transport;
        session.NowUs = Inspection.SampleCheck.DefaultNowUs;
        if (login is null) return session;
        byte[] packet = ident is null ? login.Sample.Input : login.Build(ident, [new Route(Route.Cities[0], new Random(1)).At(session.NowUs)]);
        Inspection.InputDecoder.Decode(codec, session, packet);
        return session;
    }
}
