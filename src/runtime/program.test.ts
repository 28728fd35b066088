import { describe, expect, test } from "vitest";
import { Graph } from "../graph/builder.js";
import { type Backend, backendNames, type Session } from "./backend.js";
import { Engine } from "./engine.js";
import { ParameterMemory } from "./parameter-memory.js";
import { loadProgram, sessionOf } from "./program.js";
import type { Tensor } from "./tensor.js";

/** x [rows, 2] through `w`; `unused` is declared and not needed. */
function product(): Graph {
  const g = new Graph("product");
  g.input("parameters/unused", [2]);
  g.output("y", g.matMul(g.input("x", ["rows", 2]), g.input("parameters/w", [2, 2])));
  return g;
}

const layout = [
  { name: "w", dims: [2, 2] },
  { name: "unused", dims: [2] },
];

describe.each(backendNames)("parameters at rest, by %s", (backend) => {
  test("are those of the store, also after a change", async () => {
    const engine = new Engine({ backend });
    expect((await engine.describe()).holdsConstants).toBe(backend === "c-api");
    const store = await engine.createStore(layout);
    await store.write("w", Float32Array.of(1, 2, 3, 4));
    const program = await engine.load(product(), { atRest: store });
    const x: Tensor = { dims: [1, 2], data: Float32Array.of(1, 10) };
    const y = async () => [
      ...((await program.run({ feeds: { x }, stores: [store], fetch: ["y"] })).y.data as Float32Array),
    ];
    expect(await y()).toEqual([31, 42]);
    await store.write("w", Float32Array.of(1, 1, 1, 2));
    expect(await y()).toEqual([11, 21]);
    const other = await engine.createStore(layout);
    await other.write("w", Float32Array.of(5, 6, 7, 8));
    await store.copyFrom(other);
    expect(await y()).toEqual([75, 86]);
    await program.drop();
    await expect(y()).rejects.toThrow("was dropped");
    await engine.close();
  });
});

test("one session is alive at a time: none is forgotten when parameters change", async () => {
  const alive = new Set<number>();
  let made = 0;
  const backend: Backend = {
    name: "c-api",
    holdsConstants: true,
    createSession: async (_, __, constants) => {
      const own = made++;
      expect(constants!["parameters/w"].data).toBe(memory.view("parameters", "w"));
      alive.add(own);
      const session: Pick<Session, "release"> = {
        release: async () => {
          alive.delete(own);
        },
      };
      return session as Session;
    },
  };
  const memory = new ParameterMemory(layout, false);
  const program = await loadProgram(backend, { name: "p", bytes: new Uint8Array(), held: { memory, names: ["w"] } });
  for (let change = 0; change < 3; change++) {
    memory.overwrite("parameters", "w")![0] = change;
    await sessionOf(program);
    await sessionOf(program);
  }
  expect([made, [...alive]]).toEqual([4, [3]]);
  await program.session.release();
  expect(alive.size).toBe(0);
});
