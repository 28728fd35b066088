import { expect, test } from "vitest";
import { tinyModel } from "../../test/support/tiny-models.js";
import { classifierUses, languageModelUses } from "./model-uses.js";

const whole = { isAdapter: false, hasTemplate: true };

/** A model with one parameter of so many rows of 1024. */
async function modelOf(rows: number, eosTokenIds: number[] = []) {
  const { config, store } = await tinyModel();
  const layout = [{ name: "embed", dims: [rows, 1024] }];
  return { config: { ...config, eosTokenIds }, store: Object.assign(Object.create(store), { layout }) as typeof store };
}

const uses = (all: ReturnType<typeof languageModelUses>) =>
  new Map(all.map(({ use, works, because }) => [use, `${works ? "yes" : "no"}, ${because}`]));

test("a language model is sampled, compared and tuned; memory is that of its parameters", async () => {
  const of = uses(languageModelUses(await modelOf(100_000, [0, 2]), whole));
  expect(of.get("tuning (run)")).toBe("yes, 2.0 GB of weights, gradients and moments in memory");
  expect(of.get("base model of a pair")).toBe(
    "yes, 0.41 GB of weights, about 2.2 GB of memory; an audit has one model of the pair in memory at a time",
  );
  expect(of.get("conversations")).toBe("yes, it has a chat template");
  expect(of.get("end of texts")).toBe("yes, token 0, 2");
  expect(of.get("reward")).toMatch(/^no/);
});

test("an adapter, a vocabulary that is too large to be trained, and a model that never ends a text", async () => {
  const adapter = uses(languageModelUses(await modelOf(100), { isAdapter: true, hasTemplate: false }));
  expect(adapter.get("tuning (run)")).toMatch(/^no, an adapter is not tuned further/);
  expect(adapter.get("base model of a pair")).toMatch(/^no/);
  expect(adapter.get("end of texts")).toMatch(/^no, .*eos_token_id/);
  const large = uses(languageModelUses(await modelOf(262_145), whole));
  expect(large.get("tuning (run)")).toBe(
    "no, embed is too large to be trained: 268,436,480 values, of at most 268,435,456",
  );
  expect(large.get("base model of a pair")).toMatch(/^yes/);
});

test("a classifier is a reward, by the class that its names tell or that is named", () => {
  expect(classifierUses(["NEGATIVE", "POSITIVE"])[0].because).toBe("the logit of class POSITIVE");
  expect(classifierUses(["LABEL_0"])[0]).toEqual({ use: "reward", works: true, because: "with reward.label: LABEL_0" });
  expect(classifierUses(["a", "b"])[1].works).toBe(false);
});
