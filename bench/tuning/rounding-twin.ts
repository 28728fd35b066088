/** A model that differs from the embedded one by rounding alone. */
import { existsSync } from "node:fs";
import { cp, rename, rm } from "node:fs/promises";
import { assetPath } from "../../src/assets.js";
import { loadModel, saveModel } from "../../src/model/index.js";
import { Rng } from "../../src/rng.js";

/** Standard deviation of the relative noise: two units in the last place of a weight in single precision. */
const NOISE = 1e-7;

/**
 * Writes the embedded model with each weight multiplied by 1 + 1e-7 normal noise, unless it is there.
 * @returns the folder
 */
export async function roundingTwin(folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const model = await loadModel("embedded");
  const rng = Rng.fromSeed(0, "rounding twin");
  for (const name of model.store.names) {
    const { data } = await model.store.read(name);
    await model.store.write(
      name,
      data.map((weight) => weight * (1 + NOISE * rng.normal())),
    );
  }
  await saveModel(model, unfinished);
  await model.dispose();
  for (const file of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
    await cp(assetPath(`embedded/${file}`), `${unfinished}/${file}`);
  await rename(unfinished, folder);
  return folder;
}
