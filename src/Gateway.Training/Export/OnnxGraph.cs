using System.Buffers.Binary;
using Gateway.Onnx.Models;

namespace Gateway.Training.Export;

/// <summary>Builds an ONNX graph node by node and writes it as a model file (ONNX opset 18, IR version 8).</summary>
internal sealed class OnnxGraph(string name)
{
    private const int FloatType = 1, Int8Type = 3, Int32Type = 6, Int64Type = 7;
    private readonly ProtoWriter _nodes = new();
    private int _unnamed;

    public OnnxGraph FloatInput(string input, params object[] shape) => Value(11, input, FloatType, shape);

    public OnnxGraph Int32Input(string input, params object[] shape) => Value(11, input, Int32Type, shape);

    public OnnxGraph Int64Input(string input, params object[] shape) => Value(11, input, Int64Type, shape);

    public OnnxGraph FloatOutput(string output, params object[] shape) => Value(12, output, FloatType, shape);

    public OnnxGraph FloatConstant(string constant, ReadOnlySpan<float> values, params long[] shape)
    {
        var raw = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * 4), values[i]);
        return Tensor(constant, FloatType, raw, shape);
    }

    public OnnxGraph Int64Constant(string constant, ReadOnlySpan<long> values, params long[] shape)
    {
        var raw = new byte[values.Length * 8];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(raw.AsSpan(i * 8), values[i]);
        return Tensor(constant, Int64Type, raw, shape);
    }

    public OnnxGraph Int32Constant(string constant, ReadOnlySpan<int> values, params long[] shape)
    {
        var raw = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(raw.AsSpan(i * 4), values[i]);
        return Tensor(constant, Int32Type, raw, shape);
    }

    public OnnxGraph Int8Constant(string constant, ReadOnlySpan<sbyte> values, params long[] shape)
    {
        var raw = new byte[values.Length];
        for (var i = 0; i < values.Length; i++) raw[i] = (byte)values[i];
        return Tensor(constant, Int8Type, raw, shape);
    }

    /// <summary>Adds a node with one output. Attributes are integers, the only kind needed.</summary>
    public OnnxGraph Node(string operation, string output, string[] inputs, params (string Name, long Value)[] attributes)
    {
        var node = new ProtoWriter();
        foreach (var input in inputs) node.Text(1, input);
        node.Text(2, output).Text(3, $"{operation}{_unnamed++}").Text(4, operation);
        foreach (var (attribute, value) in attributes) node.Message(5, new ProtoWriter().Text(1, attribute).Int(3, value).Int(20, 2));
        _nodes.Message(1, node);
        return this;
    }

    /// <summary>The whole model file.</summary>
    public byte[] ToBytes()
    {
        _nodes.Text(2, name);
        return new ProtoWriter()
            .Int(1, 8)
            .Text(2, "gateway-train")
            .Message(7, _nodes)
            .Message(8, new ProtoWriter().Text(1, "").Int(2, 18))
            .ToArray();
    }

    private OnnxGraph Tensor(string constant, int type, byte[] raw, long[] shape)
    {
        var tensor = new ProtoWriter();
        foreach (var dimension in shape) tensor.Int(1, dimension);
        _nodes.Message(5, tensor.Int(2, type).Text(8, constant).Bytes(9, raw));
        return this;
    }

    private OnnxGraph Value(int field, string value, int type, object[] shape)
    {
        var dimensions = new ProtoWriter();
        foreach (var dimension in shape)
            dimensions.Message(1, dimension is string symbol ? new ProtoWriter().Text(2, symbol) : new ProtoWriter().Int(1, Convert.ToInt64(dimension, null)));
        var tensor = new ProtoWriter().Int(1, type).Message(2, dimensions);
        _nodes.Message(field, new ProtoWriter().Text(1, value).Message(2, new ProtoWriter().Message(1, tensor)));
        return this;
    }
}
