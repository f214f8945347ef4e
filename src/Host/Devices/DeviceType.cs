using Gateway.Codecs;

namespace Gateway.Host.Devices;

/// <summary>A kind of device that a protocol is for.</summary>
/// <param name="Id">Its number; <see cref="DeviceTypes.NumbersPerProtocol"/> times the protocol's number, and what the name decides.</param>
/// <param name="Name">Name: a model as the spec has it, or <see cref="GenericName"/>.</param>
/// <param name="Title">For people.</param>
/// <param name="Codec">The protocol.</param>
/// <param name="Model">The model that a codec is told; null where the type stands for more than one.</param>
internal sealed record DeviceType(long Id, string Name, string Title, Codec Codec, string? Model)
{
    /// <summary>Name of the type that every protocol has, for any model.</summary>
    internal const string GenericName = "generic";
}
