/** Tests the reward and the explainer's language model with one call each. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../config/config.js";
import { type ConfigIssue, RunError } from "../../errors.js";
import { tryChat } from "../../interpret/index.js";
import { sampleValues } from "../../reward/sample-values.js";
import { chatOptions, LLM_CACHE } from "../inputs/llm.js";
import { givenReward } from "../inputs/models.js";
import { issuesOf } from "./issues.js";

/** The longest time that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** Time limit in seconds for the language model's first word. */
const CHAT_SECONDS = 60;

/**
 * Loads the reward and computes it for one text.
 * @throws the signal's reason when aborted, even if the reward does not return
 */
export async function tryReward(config: Config, signal: AbortSignal): Promise<ConfigIssue[]> {
  const settled = new AbortController();
  try {
    // A timer, since a pending promise alone does not keep the process alive.
    const aborted = sleep(MOST_MS, undefined, { signal: AbortSignal.any([signal, settled.signal]) });
    await Promise.race([valued(config, signal), aborted]);
    return [];
  } catch (error) {
    signal.throwIfAborted();
    const path = config.reward.name === "classifier" ? "reward.classifier" : "reward.name";
    const expected = "a reward that gives one finite number for a text";
    return issuesOf(error, { path, expected, pathOf: (named) => `reward.${named}` });
  } finally {
    settled.abort();
  }
}

async function valued(config: Config, signal: AbortSignal): Promise<void> {
  const values = await sampleValues(await givenReward(config, signal), 1);
  if (values.length !== 1 || !Number.isFinite(values[0]))
    throw new RunError(`expected one finite number for a text, received ${JSON.stringify([...values])}`);
}

/**
 * Requests one word from the language model.
 * @param folder of the run. If it has cached replies, they may suffice, so an unreachable endpoint
 *   is only a note
 * @throws the signal's reason when aborted
 */
export async function tryLanguageModel(
  config: Config,
  folder: string,
  signal: AbortSignal,
): Promise<{ issues: ConfigIssue[]; notes: string[] }> {
  const options = chatOptions(config);
  const timeoutSeconds = Math.min(CHAT_SECONDS, options.timeoutSeconds);
  try {
    await tryChat({ ...options, timeoutSeconds, retries: 1 }, signal);
    return { issues: [], notes: [] };
  } catch (error) {
    signal.throwIfAborted();
    const expected = "an endpoint that answers for explainer.model";
    const issues = issuesOf(error, { path: "explainer.baseURL", expected });
    if (!existsSync(join(folder, LLM_CACHE))) return { issues, notes: [] };
    return { issues: [], notes: issues.map(({ received }) => `warning: only kept replies can be used: ${received}`) };
  }
}
