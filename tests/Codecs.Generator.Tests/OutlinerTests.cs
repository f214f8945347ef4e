using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Codecs.Generator.Tests;

/// <summary>Large methods are cut into several, which must not show.</summary>
public sealed partial class OutlinerTests
{
    /// <summary>A message of many kinds, with everything that leaves a block: failing, stopping, jumping out of a try, ending a loop.</summary>
    private static string Spec(int first, int last)
    {
        StringBuilder spec = new("frame\n  until \"\\n\"\nmessage m\n  int kind \",\"\n  rest data\n  let base = kind * 2\n  record\n    switch kind\n");
        for (int i = first; i <= last; i++)
        {
            spec.Append("      ").Append(i).Append("\n        csv \",\" in data\n          real a\n          text b\n          int -> position.satellites\n          lat ddmm hem\n          lon ddmm hem\n          real -> position.speed knots\n          text marks\n");
            spec.Append("        value a + base -> event.enum\n        stop if b == \"stop\"\n        reject if b == \"bad\"\n        optional\n          within text b\n            \"x\"\n            int n\n          value n -> report.reason\n        list \"/\" in marks as i\n          int -> ain.{i}\n");
        }
        return Lab.Spec(spec.Append("    value 7 -> device.status.bitmask\n").ToString());
    }

    [Theory]
    [InlineData("3,1.5,x9,4,5441.2320,N,02516.7820,W,10,5/6/7\n")]
    [InlineData("3,1.5,y9,4,5441.2320,N,02516.7820,W,10,5/6/7\n")]
    [InlineData("3,1.5,stop,4,5441.2320,N,02516.7820,W,10,5/6/7\n")]
    [InlineData("3,1.5,bad,4,5441.2320,N,02516.7820,W,10,5/6/7\n")]
    [InlineData("0,1.5\n")]
    [InlineData("4,1.5,x,9\n")]
    public void Cut_methods_do_what_the_whole_one_does(string line)
    {
        int kind = line[0] - '0';
        Outcome whole = Lab.Run(Spec(kind, kind), line), cut = Lab.Run(Spec(0, 39), line);
        Assert.Equal(whole.Statuses, cut.Statuses);
        Assert.Equal(whole.Messages.Count, cut.Messages.Count);
        for (int i = 0; i < whole.Messages.Count; i++) Assert.Equal(whole.Messages[i].OrderBy(v => v.Key), cut.Messages[i].OrderBy(v => v.Key));
    }

    [Fact]
    public void No_method_of_a_large_spec_is_large()
    {
        string source = SpecCompiler.Compile("lab.trk", Spec(0, 59), ParameterTable.Parse(Lab.Parameters)).Source!;
        int longest = Methods().Split(source).Max(part => part.Split('\n').Count(line => line.Length > 0 && line[0] != '#'));
        Assert.InRange(longest, 50, 1300);
    }

    [GeneratedRegex(@"^    (?:public|private) ", RegexOptions.Multiline)]
    private static partial Regex Methods();
}
