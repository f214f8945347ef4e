using System.Text;

namespace Gateway.Codecs.Tests;

public class ReplyWriterTests
{
    private readonly ReplyWriter _reply = new();

    [Fact]
    public void Integers_of_any_width_and_order_are_written()
    {
        _reply.U8(0x1FF);
        _reply.UInt(0x0102, 2, littleEndian: false);
        _reply.UInt(0x0102, 2, littleEndian: true);
        _reply.UInt(0x010203, 3, littleEndian: false);
        _reply.UInt(0x0102030405060708, 8, littleEndian: true);
        Assert.Equal("FF0102" + "0201" + "010203" + "0807060504030201", Convert.ToHexString(_reply.Written));
    }

    [Fact]
    public void Numbers_are_written_as_text()
    {
        _reply.Decimal(0);
        _reply.Decimal(-5, 3);
        _reply.Decimal(long.MinValue);
        _reply.HexDigits(0xBEEF, 4, upperCase: true);
        _reply.HexText([0xAB, 0x01], upperCase: false);
        Assert.Equal("0-005-9223372036854775808BEEFab01", Encoding.ASCII.GetString(_reply.Written));
    }

    [Fact]
    public void Length_can_be_patched_and_the_end_taken_back()
    {
        _reply.Bytes("ab__cd"u8);
        _reply.Patch(2, 0x3132, 2, littleEndian: false);
        _reply.Patch(5, 0, 2, littleEndian: false);         // beyond the end: nothing happens
        Assert.Equal("ab12cd"u8.ToArray(), _reply.Written.ToArray());
        Assert.Equal("12cd"u8.ToArray(), _reply.From(2).ToArray());
        Assert.Equal("12"u8.ToArray(), _reply.Range(2, 4).ToArray());
        _reply.Truncate(3);
        Assert.Equal("ab1"u8.ToArray(), _reply.Written.ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_missing_and_told()
    {
        _reply.Bytes(new byte[ReplyWriter.BytesMax]);
        Assert.False(_reply.Overflowed);
        _reply.U8(1);
        Assert.True(_reply.Overflowed);
        Assert.Equal(ReplyWriter.BytesMax, _reply.Length);
        _reply.Clear();
        Assert.Equal((0, false), (_reply.Length, _reply.Overflowed));
    }
}
