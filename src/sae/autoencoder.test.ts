import { expect, test } from "vitest";
import { expectClose } from "../../test/support/expect-close.js";
import type { DictionaryKind } from "../dictionary/kind.js";
import { ShapeError } from "../errors.js";
import { Autoencoder } from "./autoencoder.js";

const origin = { layer: 2, tied: false };
// Features [1, 0], [0, 1], [0.6, 0.8].
const weights = {
  dIn: 2,
  dSae: 3,
  wEnc: Float32Array.of(1, 0, 0.6, 0, 1, 0.8),
  bEnc: Float32Array.of(0, -1, 0.5),
  wDec: Float32Array.of(1, 0, 0, 1, 0.6, 0.8),
  bDec: Float32Array.of(10, 20),
  applyBDecToInput: false,
};
const x = { dims: [2, 2], data: Float32Array.of(1, 2, -1, 0.5) };

test("encodes and decodes", async () => {
  const autoencoder = new Autoencoder(weights, origin);
  const codes = await autoencoder.encode(x);
  expect(codes.dims).toEqual([2, 3]);
  expectClose(codes.data, [1, 1, 2.7, 0, 0, 0.3], 1e-6);
  const xHat = await autoencoder.decode(codes);
  expect(xHat.dims).toEqual([2, 2]);
  expectClose(xHat.data, [12.62, 23.16, 10.18, 20.24], 1e-6);
  expect(autoencoder.layer).toBe(2);
});

test("keeps the k largest codes of each token", async () => {
  const one = new Autoencoder({ ...weights, k: 1 }, origin);
  expectClose((await one.encode(x)).data, [0, 0, 2.7, 0, 0, 0.3], 1e-6);
  const two = new Autoencoder({ ...weights, k: 2 }, origin);
  expectClose((await two.encode(x)).data, [1, 0, 2.7, 0, 0, 0.3], 1e-6);
  for (const k of [0, 4, 1.5])
    expect(() => new Autoencoder({ ...weights, k }, origin)).toThrow(
      `k: expected a whole number from 1 to 3 (number of features), received ${k}`,
    );
});

test("a kind may be given by k, whole, or not at all, which is ReLU", async () => {
  const [inShort, whole] = [{ k: 2 }, { kind: { name: "topk", k: 2 } as const }].map(
    (kind) => new Autoencoder({ ...weights, ...kind }, origin),
  );
  expect(inShort).toEqual(whole);
  expect([inShort.kind, inShort.k]).toEqual([{ name: "topk", k: 2 }, 2]);
  const plain = new Autoencoder(weights, origin);
  expect([plain.kind, plain.k]).toEqual([{ name: "relu" }, undefined]);
  expect(new Autoencoder({ ...plain, k: 2 }, origin)).toEqual(whole);
  expect(new Autoencoder(whole, origin)).toEqual(whole);
  const unknown = { name: "gelu" } as unknown as DictionaryKind;
  expect(() => new Autoencoder({ ...weights, kind: unknown }, origin)).toThrow(
    /kind of dictionary: expected one of relu, topk, jumprelu, gated, received gelu/,
  );
});

test("takes the decoder's bias off the input where SAELens does", async () => {
  const autoencoder = new Autoencoder({ ...weights, applyBDecToInput: true }, origin);
  const shifted = { dims: [2, 2], data: x.data.map((value, i) => value + weights.bDec[i % 2]) };
  expectClose((await autoencoder.encode(shifted)).data, [1, 1, 2.7, 0, 0, 0.3], 1e-5);
});

test("any number of rows, in slices; other sizes through the same programs", async () => {
  const autoencoder = new Autoencoder(
    {
      ...{ dIn: 1, dSae: 1, wEnc: Float32Array.of(2), bEnc: Float32Array.of(-1), applyBDecToInput: false },
      ...{ wDec: Float32Array.of(1), bDec: Float32Array.of(0) },
    },
    origin,
  );
  const data = Float32Array.from({ length: 10_000 }, (_, i) => i % 7);
  const codes = await autoencoder.encode({ dims: [10_000, 1], data });
  expect([...codes.data]).toEqual([...data].map((value) => Math.max(0, 2 * value - 1)));
  const none = await autoencoder.encode({ dims: [0, 1], data: new Float32Array(0) });
  expect([none.dims, none.data.length]).toEqual([[0, 1], 0]);
});

test("says which sizes do not fit", async () => {
  expect(() => new Autoencoder({ ...weights, dSae: 4 }, origin)).toThrow(ShapeError);
  expect(() => new Autoencoder({ ...weights, dSae: 4 }, origin)).toThrow(/wEnc: expected 8 values .*, received 6/);
  const autoencoder = new Autoencoder(weights, origin);
  await expect(async () => autoencoder.encode({ dims: [1, 3], data: new Float32Array(3) })).rejects.toThrow(
    /x: expected \[tokens, 2\], received \[1, 3\].*layer 2/s,
  );
});
