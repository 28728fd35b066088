/** What a run asks besides its models and texts, asked once: the reward, and the explainer's language model. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../config/config.js";
import { type ConfigIssue, RunError } from "../../errors.js";
import { tryChat } from "../../interpret/index.js";
import { chatOptions, LLM_CACHE } from "../inputs/llm.js";
import { givenReward } from "../inputs/models.js";
import { issuesOf } from "./issues.js";

const SAMPLE = "This film was good, though a little too long.";

/** The longest time that a timer takes. */
const MOST_MS = 2 ** 31 - 1;

/** Seconds within which the language model must have said a word. */
const CHAT_SECONDS = 60;

/**
 * Loads the reward and has one text valued.
 * @throws what the signal carries when it is aborted, whatever the reward does then
 */
export async function tryReward(config: Config, signal: AbortSignal): Promise<ConfigIssue[]> {
  const settled = new AbortController();
  try {
    // A timer, since a promise that nothing settles does not keep the process.
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
  const reward = await givenReward(config, signal);
  try {
    const values = await reward([SAMPLE]);
    if (values.length !== 1 || !Number.isFinite(values[0]))
      throw new RunError(`expected one finite number for a text, received ${JSON.stringify([...values])}`);
  } finally {
    await reward.dispose?.();
  }
}

/**
 * Asks the language model for one word.
 * @param folder of the run. Where replies of an earlier part are kept, they may be all that is
 *   needed: then a silent endpoint is a note.
 * @throws what the signal carries when it is aborted
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
