import { expect, test } from "vitest";
import { resolveConfig } from "../config/load-config.js";
import { modelAtRevision, revisionSetting } from "./model-revision.js";

const configOf = (...settings: [string, string][]) =>
  resolveConfig(
    { source: "test", input: {} },
    settings.map(([field, value]) => ({ path: ["model", field], value })),
  );

test("a revision becomes part of a model's name", () => {
  expect(modelAtRevision("owner/name", "step3000")).toBe("owner/name@step3000");
  expect(modelAtRevision("owner/name", "refs/pr/1")).toBe("owner/name@refs/pr/1");
  expect(modelAtRevision("owner/name@v1", "v1")).toBe("owner/name@v1");
  expect(modelAtRevision("owner/name@v1", undefined)).toBe("owner/name@v1");
});

test.each([
  ["embedded", "v1", /a model on the Hub.*the model "embedded"/],
  ["test/golden", "v1", /a model on the Hub.*the model "test\/golden"/],
  ["owner/name@v1", "v2", /the revision that the model's name has, v1.*"v2"/],
  ["owner/name", "v 2", /a branch, a tag or a commit, received "v 2"/],
  ["owner/name", "../v2", /a branch, a tag or a commit/],
])("%s at %s is refused", (name, revision, message) => {
  expect(() => modelAtRevision(name, revision)).toThrow(message);
});

test("of a configuration it is the model's that is tuned, of a pair the tuned model's", () => {
  expect(revisionSetting(configOf(["name", "owner/name"]), "v2")).toEqual({
    path: ["model", "name"],
    value: "owner/name@v2",
  });
  expect(revisionSetting(configOf(["base", "owner/base@v1"], ["tuned", "owner/tuned"]), "v2")).toEqual({
    path: ["model", "tuned"],
    value: "owner/tuned@v2",
  });
  expect(revisionSetting(configOf(["base", "owner/base"], ["tuned", "test/golden/adapters/gpt2"]), "v2")).toMatchObject(
    {
      path: "--revision",
      received: expect.stringContaining("test/golden/adapters/gpt2"),
    },
  );
});
