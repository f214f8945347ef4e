namespace Gateway.Codecs.Generator;

/// <summary>The setup section: what points a device at the gateway.</summary>
internal sealed partial class SpecParser
{
    private static readonly string[] SetupKinds = ["sms", "text", "note"];

    // sms "#804#{password}#{port}#{host}##" "Server address and port"
    private static SetupNode ParseSetup(LineReader r)
    {
        SetupNode setup = new() { At = r.Whole, Kind = r.ExpectName("sms, text or note").Text };
        if (System.Array.IndexOf(SetupKinds, setup.Kind) < 0)
        {
            throw new SpecSyntaxException(Ids.Syntax, setup.At, $"'{setup.Kind}' is no line of a setup{Nearest.Suggestion(setup.Kind, SetupKinds)}; write sms \"...\" for what is sent to the device, text \"...\" for what is typed, note \"...\" for a hint");
        }
        setup.Text = r.ExpectText("the line");
        if (r.Next.Kind == TokenKind.Text) setup.Description = r.ExpectText("what it is for");
        r.ExpectEnd();
        CheckBraces(setup);
        return setup;
    }

    // {host}, {port}, {password}: words that are filled in. Two braces stand for one.
    private static void CheckBraces(SetupNode setup)
    {
        string text = setup.Text.Replace("{{", "").Replace("}}", "");
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '}') throw Unbalanced(setup);
            if (text[at] != '{') continue;
            int close = text.IndexOf('}', at);
            if (close <= at + 1) throw Unbalanced(setup);
            for (int i = at + 1; i < close; i++)
                if (!char.IsLetterOrDigit(text[i]) && text[i] is not ('.' or '_' or '-')) throw Unbalanced(setup);
            at = close;
        }
    }

    private static SpecSyntaxException Unbalanced(SetupNode setup) =>
        new(Ids.Value, setup.At, "braces hold a word that is filled in, such as {host}, {port} or {password}; write {{ and }} for braces that are sent");
}
