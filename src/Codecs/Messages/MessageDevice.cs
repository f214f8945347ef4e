using System.Text;

namespace Gateway.Codecs;

/// <summary>What messages say about the registered device whose they are. Immutable; made once for each change of the device.</summary>
public sealed class MessageDevice
{
    /// <summary>A device.</summary>
    /// <param name="id">Value of <c>device.id</c>.</param>
    /// <param name="name">Value of <c>device.name</c>.</param>
    /// <param name="typeId">Value of <c>device.type.id</c>.</param>
    public MessageDevice(long id, string name, long typeId)
    {
        Id = id;
        TypeId = typeId;
        Name = Encoding.UTF8.GetBytes(name);
    }

    /// <summary>Value of <c>device.id</c>.</summary>
    public long Id { get; }

    /// <summary>Value of <c>device.type.id</c>.</summary>
    public long TypeId { get; }

    /// <summary>Value of <c>device.name</c>, UTF-8.</summary>
    public ReadOnlyMemory<byte> Name { get; }
}
