namespace Gateway.Host.Cli;

/// <summary>The command line or the configuration is wrong. The message is one line and says what was expected; exit code 2.</summary>
internal sealed class UsageException : Exception
{
    /// <summary>With the line for the user.</summary>
    public UsageException(string message) : base(message) { }

    /// <summary>With the line for the user and the cause.</summary>
    public UsageException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Without a line; not used.</summary>
    public UsageException() { }
}

/// <summary>The command was understood and can't be done. The message is one line; exit code 1.</summary>
internal sealed class FailureException : Exception
{
    /// <summary>With the line for the user.</summary>
    public FailureException(string message) : base(message) { }

    /// <summary>With the line for the user and the cause.</summary>
    public FailureException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>Without a line; not used.</summary>
    public FailureException() { }
}
