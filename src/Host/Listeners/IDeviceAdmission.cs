namespace Gateway.Host.Listeners;

/// <summary>What the directory of devices says of a connection that told who it is. Implemented where devices are registered.</summary>
internal interface IDeviceAdmission
{
    /// <summary>Whether a connection that tells its first ident must be closed, since that is a disabled device's. Called by the thread that decodes, before anything of the connection is stored.</summary>
    bool IsRefused(DeviceConnection connection);

    /// <summary>Connects a connection with the device whose ident it has claimed, or with none. Any thread, any number of times.</summary>
    void Link(DeviceConnection connection);
}
