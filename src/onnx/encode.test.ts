import { expect, test } from "vitest";
import { Graph } from "../graph/builder.js";
import { encodeOnnx } from "./encode.js";

/** The fields of a message: number -> every value, integers as bigint and all else as bytes. */
function fieldsOf(bytes: Uint8Array): Map<number, (bigint | Buffer)[]> {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(bytes[at++]);
      value |= (byte & 127n) << shift;
      if (byte < 128n) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wireType = tag & 7;
    if (wireType === 0) keep(tag >> 3, varint());
    else {
      const length = wireType === 5 ? 4 : Number(varint());
      keep(tag >> 3, Buffer.from(bytes.subarray(at, at + length)));
      at += length;
    }
  }
  return fields;

  function keep(field: number, value: bigint | Buffer): void {
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
}

const messages = (parent: Map<number, (bigint | Buffer)[]>, field: number) =>
  (parent.get(field) ?? []).map((bytes) => fieldsOf(bytes as Buffer));
const texts = (parent: Map<number, (bigint | Buffer)[]>, field: number) => (parent.get(field) ?? []).map(String);

function decoded(graph: Graph, constants?: readonly string[]) {
  const model = fieldsOf(encodeOnnx(graph, constants));
  return { model, body: messages(model, 7)[0] };
}

test("a model says its versions, inputs with named and fixed sizes, and outputs", () => {
  const g = new Graph("policy");
  const ids = g.input("ids", ["batch", 3], "int64");
  g.output("rows", g.gather(g.input("table", [5, 2]), ids));
  const { model, body } = decoded(g);
  expect(model.get(1)).toEqual([9n]);
  expect(messages(model, 8)[0].get(2)).toEqual([20n]);
  expect(texts(body, 2)).toEqual(["policy"]);
  expect(messages(body, 11).flatMap((input) => texts(input, 1))).toEqual(["ids", "table"]);
  expect(messages(body, 12).flatMap((output) => texts(output, 1))).toEqual(["rows"]);
  const [tensor] = messages(messages(messages(body, 11)[0], 2)[0], 1);
  expect(tensor.get(1)).toEqual([7n]);
  const dims = messages(messages(tensor, 2)[0], 1);
  expect([texts(dims[0], 2), dims[1].get(1)]).toEqual([["batch"], [3n]]);
});

test("nodes stand in running order under ONNX's names, constants are initialisers, places are node names", () => {
  const g = new Graph("policy");
  const x = g.input("x", ["batch", 2]);
  g.exp(x);
  const y = g.at("layers.0", () => g.softmax(g.scale(x, 0.5)));
  g.output("y", y);
  const { body } = decoded(g);
  const nodes = messages(body, 1);
  expect(nodes.flatMap((node) => texts(node, 4))).toEqual(["Mul", "Softmax"]);
  expect(texts(nodes[1], 3)).toEqual(["2: layers.0 (graph policy)"]);
  expect(texts(nodes[1], 2)).toEqual(["y"]);
  expect(texts(nodes[1], 1)).toEqual(texts(nodes[0], 2));
  const [initialiser] = messages(body, 5);
  expect(texts(initialiser, 8)).toEqual([texts(nodes[0], 1)[1]]);
  expect((initialiser.get(9)![0] as Buffer).readFloatLE()).toBe(0.5);
  const [axis] = messages(nodes[1], 5);
  expect([texts(axis, 1), axis.get(3), axis.get(20)]).toEqual([["axis"], [1n], [2n]]);
});

test("an input that becomes a constant is an initialiser without values, and no input", () => {
  const g = new Graph("held");
  g.output("y", g.matMul(g.input("x", ["rows", 3]), g.input("w", [3, 2])));
  const { body } = decoded(g, ["w"]);
  expect(messages(body, 11).flatMap((input) => texts(input, 1))).toEqual(["x"]);
  const [initialiser] = messages(body, 5);
  expect([initialiser.get(1), initialiser.get(2), texts(initialiser, 8)]).toEqual([[3n, 2n], [1n], ["w"]]);
  // data_location EXTERNAL, and no raw_data.
  expect([initialiser.get(14), initialiser.get(9)]).toEqual([[1n], undefined]);
});

test("an output that is an input, a constant, or an output already becomes a copy", () => {
  const g = new Graph("aliases");
  const x = g.input("x", [2]);
  const y = g.neg(x);
  for (const [name, value] of Object.entries({ first: y, second: y, same: x, fixed: g.scalar(3) }))
    g.output(name, value);
  const { body } = decoded(g);
  expect(messages(body, 1).map((node) => `${texts(node, 4)} ${texts(node, 1)} -> ${texts(node, 2)}`)).toEqual([
    "Neg x -> first",
    "Identity first -> second",
    "Identity x -> same",
    "Identity %2 -> fixed",
  ]);
});
