namespace Gateway.Host.Tests.Protocols;

/// <summary>Small specs for tests: lines <c>@IDENT,SPEED\n</c>, answered with <c>OK\n</c>.</summary>
internal static class SpecTexts
{
    public const int Id = 64_001;

    /// <summary>The spec, with parts that tests change.</summary>
    public static string Of(string name = "speedy", int id = Id, string parameter = "position.speed", string options = "", string extra = "", string reply = "\"OK\\n\"") => $"""
        protocol {name} "Lines with a speed"
          id {id}
          port 5999 tcp
        {options}
        session
          seen int

        frame
          until "\n"

        message speed
          "@"
          text device ","
          int value
          login device
          set session.seen = session.seen + 1
          record
            value value -> {parameter}
            value session.seen -> custom.seen
        {extra}
          reply {reply}

        sample one
          in   "@123456,42\n"
          expect ident "123456"
          expect record 1
            {parameter}   42

        """;

    /// <summary>Writes a spec file.</summary>
    /// <returns>Its path.</returns>
    public static string Write(DirectoryInfo folder, string file, string text)
    {
        string path = Path.Combine(folder.FullName, file);
        File.WriteAllText(path, text);
        return path;
    }
}
