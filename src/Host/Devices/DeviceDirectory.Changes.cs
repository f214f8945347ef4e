using Gateway.Host.Accounts;
using Gateway.Host.Configuration;

namespace Gateway.Host.Devices;

// How devices are created, changed and removed: all of a request are checked, then stored in one write, then seen.
internal sealed partial class DeviceDirectory
{
    /// <summary>Creates devices: each or, when something of its own stands against it, not; the others are made.</summary>
    internal async ValueTask<IReadOnlyList<DeviceOutcome>> CreateAsync(IReadOnlyList<DeviceDraft> drafts, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            long firstId = await store.NextIdsAsync(Kind, drafts.Count, CancellationToken.None).ConfigureAwait(false);
            var outcomes = new DeviceOutcome[drafts.Count];
            var accepted = new List<Accepted>(drafts.Count);
            for (int i = 0; i < drafts.Count; i++)
            {
                string? problem = Resolve(drafts[i], Blank(drafts[i]) with { Id = firstId + i }, out DeviceDefinition definition) ?? Rivalry(definition, accepted);
                string? limit = problem is null ? LimitOf(definition.Cid, from: null, accepted) : null;
                outcomes[i] = new DeviceOutcome(null, problem ?? limit) { IsLimitReached = limit is not null };
                if (outcomes[i].Problem is null) accepted.Add(new Accepted(i, null, definition));
            }
            await StoreAsync(accepted, outcomes, DeviceEventCode.Created).ConfigureAwait(false);
            return outcomes;
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Changes devices: each or, when something of its own stands against it, not.</summary>
    internal ValueTask<IReadOnlyList<DeviceOutcome>> UpdateAsync(IReadOnlyList<Device> devices, DeviceDraft draft, CancellationToken cancellationToken) =>
        ChangeAsync(devices, DeviceEventCode.Updated, (device, _) => new Wish(Resolve(draft, device.Definition, out DeviceDefinition after), null, after), cancellationToken);

    /// <summary>Gives devices to another account.</summary>
    internal ValueTask<IReadOnlyList<DeviceOutcome>> MoveAsync(IReadOnlyList<Device> devices, long cid, CancellationToken cancellationToken) =>
        ChangeAsync(
            devices,
            DeviceEventCode.Moved,
            (device, accepted) => new Wish(null, device.Definition.Cid == cid ? null : LimitOf(cid, device.Definition.Cid, accepted), device.Definition with { Cid = cid }),
            cancellationToken);

    /// <summary>Removes devices; their messages stay where they are, in the channels.</summary>
    /// <returns>Those that were removed; the others were gone already.</returns>
    internal async ValueTask<IReadOnlyList<Device>> RemoveAsync(IReadOnlyList<Device> devices, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Device[] present = [.. devices.Where(device => _devices.ContainsKey(device.Id))];
            ConfigurationChange[] changes = [.. present.Select(device => new ConfigurationChange(device.Id, null, device.Revision))];
            if (changes.Length == 0 || await store.ChangeAsync(Kind, changes, CancellationToken.None).ConfigureAwait(false) is null) return [];
            foreach (Device device in present)
            {
                _devices.TryRemove(device.Id, out _);
                Index.Remove(device);
                device.Note(new DeviceEvent(NowUs, DeviceEventCode.Deleted) { OldJson = device.Definition.ToShownJson() });
            }
            Settle(present);
            Removed?.Invoke(present);
            return present;
        }
        finally
        {
            _changes.Release();
        }
    }

    private async ValueTask<IReadOnlyList<DeviceOutcome>> ChangeAsync(
        IReadOnlyList<Device> devices, DeviceEventCode code, Func<Device, IReadOnlyList<Accepted>, Wish> wishOf, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var outcomes = new DeviceOutcome[devices.Count];
            var accepted = new List<Accepted>(devices.Count);
            for (int i = 0; i < devices.Count; i++)
            {
                Device device = devices[i];
                Wish wish = _devices.ContainsKey(device.Id) ? wishOf(device, accepted) : new Wish($"Device {device.Id} was removed meanwhile.", null, device.Definition);
                string? problem = wish.Problem ?? wish.Limit ?? Rivalry(wish.After, accepted);
                outcomes[i] = new DeviceOutcome(problem is null ? device : null, problem) { IsLimitReached = wish.Limit is not null };
                if (problem is null && wish.After != device.Definition) accepted.Add(new Accepted(i, device, wish.After));
            }
            await StoreAsync(accepted, outcomes, code).ConfigureAwait(false);
            return outcomes;
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Writes what was accepted, and lets it be seen then.</summary>
    private async ValueTask StoreAsync(List<Accepted> accepted, DeviceOutcome[] outcomes, DeviceEventCode code)
    {
        if (accepted.Count == 0) return;
        ConfigurationChange[] changes = [.. accepted.Select(one => new ConfigurationChange(one.Definition.Id, one.Definition.ToJson(), one.Device?.Revision ?? 0))];
        if (await store.ChangeAsync(Kind, changes, CancellationToken.None).ConfigureAwait(false) is not { } revisions)
        {
            foreach (Accepted one in accepted) outcomes[one.Place] = DeviceOutcome.Refused("The device was changed by somebody else meanwhile.");
            return;
        }

        var devices = new Device[accepted.Count];
        for (int i = 0; i < devices.Length; i++)
        {
            (int place, Device? present, DeviceDefinition definition) = accepted[i];
            string? before = present?.Definition.ToShownJson();
            // Who reads messages meanwhile must find the device, unless it is found by something else now.
            bool isFoundAnew = present is null || present.Ident != accepted[i].Normal || present.Definition.ProtocolId != definition.ProtocolId;
            if (present is not null)
            {
                if (isFoundAnew) Index.Remove(present);
                present.Accept(definition, ModelOf(definition), revisions[i]);
            }
            Device device = devices[i] = present ?? new Device(definition, ModelOf(definition), revisions[i], events, names);
            _devices[device.Id] = device;
            if (isFoundAnew) Index.Add(device);
            outcomes[place] = new DeviceOutcome(device, null);
            device.Note(new DeviceEvent(NowUs, code) { OldJson = before, NewJson = definition.ToShownJson() });
        }
        Settle(devices);
        Changed?.Invoke(devices);
    }

    /// <summary>Why a device can't have this ident beside the others and those that the same request makes; null when it can.</summary>
    private string? Rivalry(DeviceDefinition wanted, IReadOnlyList<Accepted> accepted)
    {
        if (wanted.Ident is not { } ident) return null;
        string normal = IdentRule.Normalize(ident);
        DeviceDefinition? rival = Index.FindRival(wanted.ProtocolId, wanted.Cid, normal, except: wanted.Id)?.Definition;
        if (rival is null)
        {
            foreach (Accepted other in accepted)
                if (other.Normal == normal && other.Definition.ProtocolId == wanted.ProtocolId && Index.IsOnOneLine(other.Definition.Cid, wanted.Cid)) rival = other.Definition;
        }
        if (rival is null) return null;

        // The number of a device of an account above is nothing that the caller may see.
        string whose = accounts.IsWithin(rival.Cid, wanted.Cid) ? $"device {rival.Id}" : "another device";
        return $"The ident {ident} is that of {whose} already: within an account and those above and below it, an ident of a protocol is one device's. {IdentRule.Description}";
    }

    /// <summary>Why an account can't have one more device; null when it can.</summary>
    /// <param name="cid">The account.</param>
    /// <param name="from">The account that gives the device, null for a new one: what both are below has it already.</param>
    /// <param name="accepted">Devices that the same request brings.</param>
    private string? LimitOf(long cid, long? from, IReadOnlyList<Accepted> accepted)
    {
        if (!accounts.IsOpen(cid)) return $"There is no account {cid}.";
        if (from is null && _devices.Count + accepted.Count >= options.DevicesMax) return $"The limit of {options.DevicesMax} devices is reached.";
        return limits.ProblemOf(cid, LimitName.DevicesCount, CountAfter);

        long CountAfter(long ancestor) =>
            CountBelow(ancestor) + accepted.Count(one => Comes(one.Definition.Cid, one.Device?.Definition.Cid, ancestor)) - (from is { } giver && accounts.IsWithin(giver, ancestor) ? 1 : 0);

        bool Comes(long to, long? giver, long ancestor) => accounts.IsWithin(to, ancestor) && !(giver is { } before && accounts.IsWithin(before, ancestor));
    }

    /// <summary>What a request wants of one device.</summary>
    private readonly record struct Wish(string? Problem, string? Limit, DeviceDefinition After);

    /// <summary>A definition that is going to be stored.</summary>
    /// <param name="Place">Its place in the request.</param>
    /// <param name="Device">The device that is there; null for a new one.</param>
    /// <param name="Definition">The definition.</param>
    private readonly record struct Accepted(int Place, Device? Device, DeviceDefinition Definition)
    {
        /// <summary>The ident in its normal form.</summary>
        internal string? Normal { get; } = Definition.Ident is { } ident ? IdentRule.Normalize(ident) : null;
    }
}
