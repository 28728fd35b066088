/** generation_config.json: the tokens that end a text, and fields that are only passed through. */
import { join } from "node:path";
import { writeJson } from "../io/atomic.js";
import { ConfigFields, formatTokenIds } from "./architectures/config-fields.js";
import type { ModelConfig } from "./language-model.js";
import { readOptionalObject } from "./tokenizer/tokenizer-file.js";

const FILE = "generation_config.json";

/**
 * The configuration of a folder's model with the values of its generation_config.json. As in
 * transformers, its `eos_token_id` takes precedence over that of config.json.
 * @throws FormatError when the file exists but is not a JSON object, or its token ids are invalid
 */
export async function withGenerationConfig<C extends ModelConfig>(folder: string, config: C): Promise<C> {
  const path = join(folder, FILE);
  const json = await readOptionalObject(path);
  if (!json) return config;
  const fields = new ConfigFields(json, path);
  const eosTokenIds = fields.has("eos_token_id") ? fields.tokenIds("eos_token_id") : config.eosTokenIds;
  const bosTokenId = fields.has("bos_token_id") ? fields.tokenId("bos_token_id") : config.bosTokenId;
  fields.check();
  const written = ["eos_token_id", ...(bosTokenId === config.bosTokenId ? ["bos_token_id"] : [])];
  const others = Object.entries(json).filter(([name]) => !written.includes(name));
  return {
    ...config,
    eosTokenIds,
    ...(others.length > 0 ? { otherGenerationFields: Object.fromEntries(others) } : {}),
  };
}

/**
 * Writes generation_config.json of a model: its token ids, and the fields that were passed through.
 */
export async function writeGenerationConfig(folder: string, config: ModelConfig): Promise<void> {
  await writeJson(join(folder, FILE), {
    bos_token_id: config.bosTokenId,
    ...config.otherGenerationFields,
    eos_token_id: formatTokenIds(config.eosTokenIds),
  });
}
