using System.Collections.Generic;

namespace Gateway.Codecs.Generator;

/// <summary>Where something stands in a spec.</summary>
internal readonly record struct Place(int Line, int Column, int Length);

internal abstract class Expr
{
    internal Place At;
}

internal sealed class NumberExpr : Expr
{
    internal bool IsReal;
    internal long Integer;
    internal double Real;
}

internal sealed class BytesExpr : Expr
{
    internal byte[] Bytes = [];
}

internal sealed class NameExpr : Expr
{
    internal string Name = "";
}

internal sealed class BitRangeExpr : Expr
{
    internal Expr Operand = null!;
    internal int From;
    internal int To;
}

internal sealed class UnaryExpr : Expr
{
    internal string Op = "";
    internal Expr Operand = null!;
}

internal sealed class BinaryExpr : Expr
{
    internal string Op = "";
    internal Expr Left = null!;
    internal Expr Right = null!;
}

internal sealed class ConditionalExpr : Expr
{
    internal Expr Condition = null!;
    internal Expr Then = null!;
    internal Expr Else = null!;
}

internal sealed class InExpr : Expr
{
    internal Expr Operand = null!;
    internal List<(Expr From, Expr? To)> Choices = [];
}

internal sealed class SliceExpr : Expr
{
    internal Expr Operand = null!;
    internal Expr? From;
    internal Expr? To;
}

/// <summary><c>u16@4</c>: a number at an offset of the frame.</summary>
internal sealed class PeekExpr : Expr
{
    internal string Type = "";
    internal Expr Offset = null!;
}

internal sealed class CallExpr : Expr
{
    internal string Function = "";
    internal List<Expr> Arguments = [];
}

/// <summary><c>length of part</c> and <c>crc16.x25 of part</c> in a layout.</summary>
internal sealed class LengthOfExpr : Expr
{
    internal string Part = "";
}

/// <summary><c>crc16.x25 of 2..here</c>: a checksum over a range of offsets, a part of a layout, or the bytes of a name.</summary>
internal sealed class ChecksumExpr : Expr
{
    internal string Algorithm = "";
    internal string Part = "";
    internal Expr? From;
    internal Expr? To;
}

internal sealed class TypeRef
{
    internal Place At;
    internal string Name = "";
    internal Expr? Size;
    internal byte[]? Until;
    internal bool Rest;
    internal bool Optional;

    /// <summary>The last byte first.</summary>
    internal bool Reversed;
}

internal enum OpKind
{
    Multiply,
    Divide,
    Add,
    Subtract,
    And,
    ShiftRight,
    ShiftLeft,
}

internal sealed class Op
{
    internal OpKind Kind;
    internal Expr Operand = null!;
}

internal sealed class Target
{
    internal Place At;
    internal string Name = "";
    internal string Unit = "";
    internal Place UnitAt;
}

internal abstract class Item
{
    internal Place At;
    internal int Line => At.Line;
}

internal sealed class FieldItem : Item
{
    internal TypeRef Type = null!;
    internal string Name = "";
    internal List<Op> Ops = [];
    internal string? Enum;
    internal Place EnumAt;
    internal Expr? Default;
    internal List<Expr> None = [];
    internal Expr? Condition;
    internal List<Target> Targets = [];
    internal List<BitItem> Bits = [];
    internal byte[]? Terminator;
}

internal sealed class BitItem : Item
{
    internal int From;
    internal int To;
    internal bool FlagOnly;
    internal string? Enum;
    internal Place EnumAt;
    internal Expr? Condition;
    internal List<Target> Targets = [];
    internal List<Op> Ops = [];
    internal string Alias = "";
}

internal enum HemisphereMode
{
    None,
    Next,
    After,
    Before,

    /// <summary>At either end of the number's own text.</summary>
    Joined,
}

internal sealed class CoordinateItem : Item
{
    internal bool IsLatitude;
    internal TypeRef? Type;

    /// <summary>Worked out instead of read.</summary>
    internal Expr? Value;
    internal string Form = "";

    /// <summary>Of a number ddmm without a point: digits of the degrees; 0 when it has a point or is scaled.</summary>
    internal int DegreeDigits;

    /// <summary>Of a text without a point: digits behind the minutes.</summary>
    internal int FractionDigits;
    internal List<Op> Ops = [];
    internal List<Expr> None = [];
    internal HemisphereMode Hemisphere;
    internal byte[]? HemisphereSeparator;
    internal Expr? NegativeIf;
    internal Expr? Condition;
    internal byte[]? Terminator;
    internal bool Optional;
}

internal sealed class TimeItem : Item
{
    internal string Form = "";
    internal string Pattern = "";
    internal long EpochUs;
    internal TypeRef? Type;
    internal string Name = "";
    internal Expr? Zone;
    internal Expr? Condition;
    internal bool DefaultNow;

    /// <summary>A time of day is taken on the day nearest to the clock.</summary>
    internal bool Today;

    /// <summary>Seconds to add.</summary>
    internal Expr? Plus;

    /// <summary>Expressions of `of`, `value` and `gps`.</summary>
    internal List<Expr> Parts = [];
    internal string CombineDate = "";
    internal string CombineTime = "";
    internal Target? Target;
    internal byte[]? Terminator;
    internal bool Optional;
}

internal sealed class LiteralItem : Item
{
    internal byte[] Bytes = [];
}

internal sealed class ConstItem : Item
{
    internal byte[]? Bytes;
    internal TypeRef? Type;
    internal Expr? Value;
}

internal sealed class ValidItem : Item
{
    internal Expr Condition = null!;
}

internal sealed class ValueItem : Item
{
    internal Expr Value = null!;
    internal string? Enum;
    internal Place EnumAt;
    internal Expr? Condition;
    internal List<Target> Targets = [];
}

internal sealed class LetItem : Item
{
    internal string Name = "";
    internal Expr Value = null!;
}

internal sealed class SetItem : Item
{
    internal string Name = "";
    internal Expr Value = null!;
    internal Expr? Condition;
}

internal sealed class LoginItem : Item
{
    internal List<Expr> Candidates = [];
    internal Expr? Condition;
}

internal sealed class RequireLoginItem : Item
{
}

/// <summary>Items with a block and perhaps an expression: record, if, repeat, within, at, optional, list, split, inflate, ...</summary>
internal sealed class BlockItem : Item
{
    internal string Kind = "";
    internal Expr? Argument;
    internal string Name = "";
    internal byte[] Separator = [];
    internal byte[] Separator2 = [];
    internal bool UrlEncoded;
    internal byte[]? NotAvailable;
    internal List<Item> Body = [];
    internal List<Item>? Else;

    /// <summary>The last line of the block, and of its else.</summary>
    internal int LastLine;
    internal int ElseLastLine;
    internal List<Expr> Choices = [];
    internal TypeRef? IdType;
    internal Expr? Size;
    internal bool LowestFirst;
    internal TypeRef? LengthType;
    internal string LengthName = "";
}

/// <summary><c>next record</c>: the values that follow belong to another message.</summary>
internal sealed class NextRecordItem : Item
{
    internal Expr? Condition;
}

internal sealed class SwitchItem : Item
{
    internal Expr Operand = null!;
    internal List<SwitchRow> Rows = [];
}

internal sealed class SwitchRow
{
    internal Place At;
    internal List<(Expr From, Expr? To)> Choices = [];
    internal bool IsDefault;
    internal int LastLine;
    internal List<Item> Body = [];
}

internal sealed class UseItem : Item
{
    internal string Block = "";
    internal List<OutItem> Arguments = [];
}

internal sealed class TableCallItem : Item
{
    internal string Table = "";
    internal List<Expr> Arguments = [];
    internal Expr? Size;
}

internal sealed class MarkItem : Item
{
    internal string Name = "";
}

internal sealed class CheckItem : Item
{
    internal string Algorithm = "";
    internal TypeRef Type = null!;
    internal Expr From = null!;
    internal Expr To = null!;
}

internal sealed class RejectItem : Item
{
    internal Expr? Condition;
    internal bool Stop;
}

/// <summary><c>find "x"</c>, <c>find last "x"</c>, <c>find digit n</c>, <c>skip until "x"</c>, <c>skip while digit</c>, <c>column n</c>.</summary>
internal sealed class MoveItem : Item
{
    internal string Kind = "";
    internal List<byte[]> Marks = [];
    internal string Class = "";
    internal Expr? Count;

    /// <summary>What is not found is no failure.</summary>
    internal bool OrSkip;
}

internal sealed class ReplyItem : Item
{
    /// <summary>Nothing is sent, not even the reply of the header.</summary>
    internal bool None;
    internal Expr? Condition;
    internal List<OutItem> Items = [];
}

/// <summary>An element of something to be sent.</summary>
internal sealed class OutItem
{
    internal Place At;
    /// <summary>literal, number, bytes, ascii, dec, hexdigits, now, part, call, if, escape, expr.</summary>
    internal string Kind = "";
    internal byte[] Bytes = [];
    internal string Type = "";
    internal int Width;
    internal bool Upper;
    internal Expr? Value;
    internal string Name = "";
    internal string Pattern = "";
    internal long EpochUs;
    internal List<OutItem> Arguments = [];
    internal List<OutItem> Body = [];
    internal List<OutItem>? Else;
    internal List<(byte[] From, byte[] To)> Escapes = [];
}

internal sealed class FrameRule
{
    internal Place At;
    internal string Kind = "";
    internal Expr? Size;
    internal List<byte[]> Marks = [];
    internal bool Keep;
    internal Expr? Plus;
    internal byte[] Begin = [];
    internal byte[] End = [];
    internal List<(byte[] From, byte[] To)> Pairs = [];
    internal byte[] Tail = [];
    internal bool TailReject;
    internal int SearchBytes;
    internal bool OrEnd;
    internal byte[] ExceptBegin = [];
    internal byte[] ExceptEnd = [];
    internal List<Item> Items = [];
}

internal sealed class FrameCase
{
    internal Place At;
    internal Expr? Condition;
    internal List<FrameRule> Rules = [];
}

internal sealed class FrameSection
{
    internal Place At;
    internal string Transport = "";
    internal List<byte[]> SkipTo = [];
    internal List<FrameCase> Cases = [];
}

internal sealed class VariableNode
{
    internal Place At;
    internal string Name = "";
    internal string Type = "";
    internal int Length;
    internal Expr? Initial;
    internal string DefaultText = "";
    internal string Description = "";
}

internal sealed class MessageNode
{
    internal Place At;
    internal string Name = "";
    internal Expr? Condition;
    internal string ConditionText = "";
    internal List<Item> Body = [];
}

internal sealed class BlockNode
{
    internal Place At;
    internal string Name = "";
    internal List<string> Parameters = [];
    internal List<Item> Body = [];
    internal bool Used;
}

internal sealed class TableRowNode
{
    internal Place At;
    internal List<(Expr From, Expr? To)> Keys = [];
    internal bool IsDefault;
    internal Expr? Condition;
    internal List<Item> Body = [];
}

internal sealed class TableNode
{
    internal Place At;
    internal string Name = "";
    internal List<string> Parameters = [];
    internal List<TableRowNode> Rows = [];
    internal bool Used;
}

internal sealed class EnumEntry
{
    internal Place At;
    internal Expr? Key;
    internal Expr? KeyTo;
    internal Expr? Value;
    internal List<Target> Targets = [];
}

internal sealed class EnumNode
{
    internal Place At;
    internal string Name = "";
    internal List<EnumEntry> Entries = [];
    internal bool Used;
}

internal sealed class LayoutNode
{
    internal Place At;
    internal string Name = "";
    internal List<string> Parameters = [];
    internal List<OutItem> Items = [];
    internal bool Used;
}

internal sealed class CommandNode
{
    internal Place At;
    internal string Name = "";
    internal List<VariableNode> Properties = [];
    internal List<OutItem> Items = [];
}

internal sealed class SampleNode
{
    internal Place At;
    internal string Name = "";
    internal string Transport = "";
    internal List<(string Name, object Value)> Given = [];
    internal List<byte> Input = [];
    internal string? ExpectedIdent;
    internal int ExpectedCount = -1;
    internal List<(int Record, Place At, string Parameter, object? Value, double Tolerance)> Expected = [];
    internal List<byte>? Output;
}

/// <summary>A line that an operator sends or types, or a hint.</summary>
internal sealed class SetupNode
{
    internal Place At;
    internal string Kind = "";
    internal string Text = "";
    internal string Description = "";
}

/// <summary>A spec file, parsed.</summary>
internal sealed class SpecNode
{
    internal Place At;
    internal string Name = "";
    internal string Title = "";
    internal int Id;
    internal List<string> Aliases = [];
    internal List<string> Vendors = [];
    internal List<string> Devices = [];
    internal List<string> Sources = [];
    internal int Port;
    internal bool Tcp;
    internal bool Udp;
    internal bool Http;
    internal bool LittleEndian;
    internal string Charset = "ascii";
    internal int FrameBytesMax = 32768;
    internal string Expects = "";
    internal List<VariableNode> Options = [];
    internal List<VariableNode> Session = [];
    internal List<FrameSection> Frames = [];
    internal List<Item> Header = [];
    internal List<MessageNode> Messages = [];
    internal List<BlockNode> Blocks = [];
    internal List<TableNode> Tables = [];
    internal List<EnumNode> Enums = [];
    internal List<LayoutNode> Layouts = [];
    internal List<CommandNode> Commands = [];
    internal List<SampleNode> Samples = [];
    internal List<(string Path, Place At)> Imports = [];
    internal List<SetupNode> Setup = [];

    /// <summary>Names of values that a `set` changes.</summary>
    internal HashSet<string> Assigned = [];

    /// <summary>The lines on which a word stands.</summary>
    internal Dictionary<string, List<int>> Words = [];
}
