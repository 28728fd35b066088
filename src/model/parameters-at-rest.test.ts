import { expect, test } from "vitest";
import { isWorthConstants } from "./parameters-at-rest.js";

const layout = (parameters: number) => [
  { name: "a", dims: [parameters / 2] },
  { name: "b", dims: [2, parameters / 4] },
];

test("many steps of a model of middle size that is not trained", () => {
  const store = { trainable: false, layout: layout(2 ** 24) };
  expect(isWorthConstants(store, 64)).toBe(true);
  expect(isWorthConstants(store, 63)).toBe(false);
  expect(isWorthConstants({ ...store, trainable: true }, 64)).toBe(false);
  expect(isWorthConstants({ ...store, layout: layout(2 ** 24 - 4) }, 64)).toBe(false);
  expect(isWorthConstants({ ...store, layout: layout(2 ** 28) }, 64)).toBe(true);
  expect(isWorthConstants({ ...store, layout: layout(2 ** 28 + 4) }, 64)).toBe(false);
});
