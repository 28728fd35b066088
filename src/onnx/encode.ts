/**
 * Encodes a graph as an ONNX model (operator set 20). Only standard operators are written; ONNX
 * Runtime fuses operators, such as Transpose and MatMul, when it loads a session.
 */
import type { Graph } from "../graph/builder.js";
import type { DType } from "../graph/dims.js";
import type { OpName } from "../graph/op.js";
import { neededNodes } from "../graph/prune.js";
import { isOp, type Node, type Value } from "../graph/value.js";
import { ProtobufWriter } from "./protobuf.js";

const OPSET = 20;
const IR_VERSION = 9;

/** TensorProto.DataType */
const dataTypes: Record<DType, number> = { float32: 1, int64: 7, bool: 9 };

/** Attributes of ONNX; all others repeat inputs for the shape rules. */
type OnnxAttribute = { int: number } | { ints: readonly number[] } | { float: number } | { string: string };

const onnxAttributes: { readonly [K in OpName]?: (node: Node<K>) => Record<string, OnnxAttribute> } = {
  Cast: ({ attributes }) => ({ to: { int: dataTypes[attributes.to] } }),
  Gelu: ({ attributes }) => ({ approximate: { string: attributes.approximate } }),
  Transpose: ({ attributes }) => ({ perm: { ints: attributes.perm } }),
  Concat: ({ attributes }) => ({ axis: { int: attributes.axis } }),
  Gather: () => ({ axis: { int: 0 } }),
  GatherElements: ({ attributes }) => ({ axis: { int: attributes.axis } }),
  ScatterElements: ({ attributes }) => ({ axis: { int: attributes.axis }, reduction: { string: "add" } }),
  ScatterND: () => ({ reduction: { string: "add" } }),
  ReduceSum: ({ attributes }) => ({ keepdims: { int: attributes.keepDims ? 1 : 0 } }),
  ReduceMean: ({ attributes }) => ({ keepdims: { int: attributes.keepDims ? 1 : 0 } }),
  ReduceMax: ({ attributes }) => ({ keepdims: { int: attributes.keepDims ? 1 : 0 } }),
  CumSum: ({ attributes }) => ({ reverse: { int: attributes.reverse ? 1 : 0 } }),
  Softmax: ({ attributes }) => ({ axis: { int: attributes.axis } }),
  LogSoftmax: ({ attributes }) => ({ axis: { int: attributes.axis } }),
  LayerNormalization: ({ attributes }) => ({ axis: { int: -1 }, epsilon: { float: attributes.epsilon } }),
};

function writeAttribute(writer: ProtobufWriter, name: string, attribute: OnnxAttribute): void {
  // AttributeProto: name 1, f 2, i 3, s 4, t 5, ints 8, type 20 (FLOAT 1, INT 2, STRING 3, TENSOR
  // 4, INTS 7)
  writer.string(1, name);
  if ("float" in attribute) writer.float(2, attribute.float).int(20, 1);
  else if ("int" in attribute) writer.int(3, attribute.int).int(20, 2);
  else if ("string" in attribute) writer.string(4, attribute.string).int(20, 3);
  else {
    for (const value of attribute.ints) writer.int(8, value);
    writer.int(20, 7);
  }
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9 */
function writeTensor(
  writer: ProtobufWriter,
  name: string,
  dims: readonly number[],
  dtype: DType,
  data: Float32Array | BigInt64Array | Uint8Array,
): void {
  for (const size of dims) writer.int(1, size);
  writer.int(2, dataTypes[dtype]).string(8, name);
  writer.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/**
 * A constant whose values a session is given. TensorProto: dims 1, data_type 2, name 8, external_data
 * 13 { key 1, value 2 }, data_location 14 (EXTERNAL 1)
 */
function writeGivenTensor(writer: ProtobufWriter, name: string, { dims, dtype }: Value): void {
  for (const size of dims) writer.int(1, size as number);
  writer.int(2, dataTypes[dtype]).string(8, name);
  writer.message(13, (entry) => entry.string(1, "location").string(2, "memory")).int(14, 1);
}

/**
 * ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1,
 * dim_param 2 } } } }
 */
function writeValueInfo(writer: ProtobufWriter, name: string, value: Value): void {
  writer.string(1, name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.int(1, dataTypes[value.dtype]).message(2, (shape) => {
        for (const dim of value.dims)
          shape.message(1, (entry) => {
            if (typeof dim === "number") entry.int(1, dim);
            else entry.string(2, dim);
          });
      }),
    ),
  );
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5 */
function writeNode(writer: ProtobufWriter, node: Node, nameOf: (value: Value) => string, index: number): void {
  for (const input of node.inputs) writer.string(1, nameOf(input));
  for (const output of node.outputs) writer.string(2, nameOf(output));
  // ONNX Runtime writes node names into its profiles without escaping them.
  writer.string(3, `${index}: ${node.place}`.replaceAll('"', "")).string(4, node.op);
  const attributes = onnxAttributes[node.op] as ((node: Node) => Record<string, OnnxAttribute>) | undefined;
  for (const [name, attribute] of Object.entries(attributes?.(node) ?? {}))
    writer.message(5, (inner) => writeAttribute(inner, name, attribute));
  if (isOp(node, "ConstantOfShape")) {
    const { value } = node.attributes;
    writer.message(5, (inner) =>
      inner
        .string(1, "value")
        .message(5, (tensor) => writeTensor(tensor, "", [1], "float32", Float32Array.of(value)))
        .int(20, 4),
    );
  }
}

/**
 * The bytes of an ONNX model with the graph's inputs and outputs under their names; nodes that no
 * output needs are left out.
 * @param constants names of inputs without variable sizes that become constants, whose values are
 *   given to the session instead of to each run
 */
export function encodeOnnx(graph: Graph, constants: readonly string[] = []): Uint8Array {
  const nodes = neededNodes(graph);
  const given = new Set(constants);
  const outputNames = new Map<Value, string>();
  const aliases: { from: Value; name: string }[] = [];
  for (const { name, value } of graph.outputs) {
    if (value.node && value.node.op !== "Constant" && !outputNames.has(value)) outputNames.set(value, name);
    else aliases.push({ from: value, name });
  }
  const nameOf = (value: Value): string => outputNames.get(value) ?? value.name ?? `%${value.id}`;

  // ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8 { version 2 }
  return new ProtobufWriter()
    .int(1, IR_VERSION)
    .string(2, "rewardscope")
    .message(7, (body) => {
      // GraphProto: node 1, name 2, initializer 5, input 11, output 12
      nodes.forEach((node, index) => {
        if (node.op !== "Constant") body.message(1, (writer) => writeNode(writer, node, nameOf, index));
      });
      for (const { from, name } of aliases)
        body.message(1, (writer) => writer.string(1, nameOf(from)).string(2, name).string(4, "Identity"));
      body.string(2, graph.name);
      for (const node of nodes) {
        if (!isOp(node, "Constant")) continue;
        const { dims, dtype, data } = node.attributes;
        body.message(5, (writer) => writeTensor(writer, nameOf(node.outputs[0]), dims, dtype, data));
      }
      for (const input of graph.inputs) {
        const name = nameOf(input);
        if (given.has(name)) body.message(5, (writer) => writeGivenTensor(writer, name, input));
        else body.message(11, (writer) => writeValueInfo(writer, name, input));
      }
      for (const { name, value } of graph.outputs) body.message(12, (writer) => writeValueInfo(writer, name, value));
    })
    .message(8, (opset) => opset.int(2, OPSET))
    .finish();
}
