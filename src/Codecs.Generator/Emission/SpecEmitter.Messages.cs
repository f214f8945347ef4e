using System.Collections.Generic;
using System.Linq;

namespace Gateway.Codecs.Generator;

/// <summary>What a message has without saying it: a record around its values, the reply of the header.</summary>
internal sealed partial class SpecEmitter
{
    /// <summary>The items of a message with the header's reply, unless it has one of its own.</summary>
    private List<Item> WithDefaultReply(List<Item> body)
    {
        List<Item> replies = _spec.Header.FindAll(i => i is ReplyItem);
        return replies.Count == 0 || body.Exists(i => Contains(i, x => x is ReplyItem)) ? body : [.. body, .. replies];
    }

    /// <summary>The items with a record around those that may write: behind the last that tells who sends, before the first reply. Null when nothing is left of them.</summary>
    private List<Item>? WithRecord(List<Item> body)
    {
        int from = body.FindLastIndex(i => Contains(i, Identifies)) + 1;
        int to = body.FindIndex(i => i is ReplyItem);
        if (to < 0) to = body.Count;
        if (from > to) return null;
        Place at = from < to ? body[from].At : body.Count > 0 ? body[0].At : default;
        BlockItem record = new() { At = at, Kind = "record", Body = body.GetRange(from, to - from) };
        return [.. body.Take(from), record, .. body.Skip(to)];
    }

    private static bool Identifies(Item item) => item is LoginItem or FieldItem { Targets.Count: > 0 } or ValueItem
        && (item is LoginItem || ((item as FieldItem)?.Targets ?? ((ValueItem)item).Targets).Exists(t => t.Name == "ident"));

    // Looks through the blocks of an item, and through those it uses.
    private bool Contains(Item item, System.Func<Item, bool> test, int depth = 0)
    {
        if (test(item)) return true;
        if (depth > BlockDepthMax * 4) return false;
        switch (item)
        {
            case BlockItem block: return block.Body.Exists(i => Contains(i, test, depth + 1)) || (block.Else?.Exists(i => Contains(i, test, depth + 1)) ?? false);
            case SwitchItem choice: return choice.Rows.Exists(r => r.Body.Exists(i => Contains(i, test, depth + 1)));
            case UseItem use: return _spec.Blocks.Find(b => b.Name == use.Block)?.Body.Exists(i => Contains(i, test, depth + 4)) ?? false;
            default: return false;
        }
    }
}
