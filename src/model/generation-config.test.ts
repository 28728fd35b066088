import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { changeJson, copyOfModel, loadFailure } from "../../test/support/model-folder.js";
import { Engine } from "../runtime/engine.js";
import { loadModel, loadModelConfig, saveModel } from "./load.js";

const engine = new Engine();
afterAll(() => engine.close());

let folder: string;
afterEach(() => rmSync(folder, { recursive: true }));
const failure = () => loadFailure(folder, engine);

describe("tokens that end a text", () => {
  beforeEach(() => {
    folder = copyOfModel("neox-sequential");
  });
  const generation = (content: unknown) =>
    writeFileSync(
      join(folder, "generation_config.json"),
      typeof content === "string" ? content : JSON.stringify(content),
    );
  const ends = async () => (await loadModelConfig(folder)).config.eosTokenIds;

  test("generation_config.json stands before config.json, where it has any", async () => {
    changeJson(join(folder, "config.json"), { eos_token_id: [1, 2] });
    rmSync(join(folder, "generation_config.json"));
    expect(await ends()).toEqual([1, 2]);
    generation({ eos_token_id: [3, 4, 5] });
    expect(await ends()).toEqual([3, 4, 5]);
    generation({ eos_token_id: 6 });
    expect(await ends()).toEqual([6]);
    for (const none of [{}, { eos_token_id: null }]) {
      generation(none);
      expect(await ends()).toEqual([1, 2]);
    }
    generation({ eos_token_id: [] });
    expect(await ends()).toEqual([]);
  });

  test("all of them end a row, and all are saved, with what else generation_config.json says", async () => {
    const whole = {
      eos_token_id: [],
      max_length: 40,
      do_sample: true,
      bad_words_ids: [[1]],
      transformers_version: "4",
    };
    generation(whole);
    const model = await loadModel(folder, { engine });
    const options = { maxNewTokens: 30, seed: 3 };
    const [free] = await model.generate([[1]], options);
    const [first, second] = [free[5], free[11]];
    expect(free.indexOf(second)).toBeGreaterThan(free.indexOf(first));
    await model.dispose();
    for (const ids of [[first], [second], [second, first]]) {
      generation({ ...whole, eos_token_id: ids });
      const again = await loadModel(folder, { engine });
      const end = Math.min(...ids.map((id) => free.indexOf(id, 1)));
      expect(await again.generate([[1]], options)).toEqual([free.slice(0, end + 1)]);
      const saved = join(folder, "saved");
      await saveModel(again, saved);
      expect(JSON.parse(readFileSync(join(saved, "generation_config.json"), "utf8"))).toEqual({
        ...whole,
        bos_token_id: again.config.bosTokenId,
        eos_token_id: ids.length > 1 ? ids : ids[0],
      });
      expect((await loadModelConfig(saved)).config).toEqual(again.config);
      await again.dispose();
    }
  });

  test.each<[unknown, RegExp]>([
    ["{", /generation_config\.json: expected JSON/],
    [[], /generation_config\.json: expected a JSON object, received \[\]/],
    [{ eos_token_id: "0" }, /generation_config\.json: eos_token_id: expected a token id, received "0"/],
    [
      { eos_token_id: [0, -1], bos_token_id: 0.5 },
      /generation_config\.json: 2 problems\n {2}eos_token_id: .* \[0,-1\]\n {2}bos_token_id: .* 0\.5/,
    ],
  ])("a generation_config.json that is wrong: %j", async (content, message) => {
    generation(content);
    expect((await failure()).message).toMatch(message);
  });
});
