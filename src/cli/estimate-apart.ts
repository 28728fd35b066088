/**
 * Estimates a run in a separate process, so that the memory of one estimate is not counted in
 * another.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.js";
import { RunError } from "../errors.js";
import type { Estimate } from "../pipeline/estimate/estimate.js";

type Message = { step: string } | { estimate: Estimate } | { error: string };

/**
 * Measures one configuration for about a minute.
 * @param onStep called with the name of each measurement before it starts
 * @throws RunError with the reason when it cannot be measured; the signal's reason when aborted
 */
export async function estimateApart(
  config: Config,
  { signal, onStep }: { signal: AbortSignal; onStep: (what: string) => void },
): Promise<Estimate> {
  signal.throwIfAborted();
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const child = fork(fileURLToPath(new URL(`./estimate-process.${extension}`, import.meta.url)));
  const stop = () => child.kill();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<Estimate>((resolve, reject) => {
      const failed = (reason: string) =>
        reject(new RunError(`estimate of ${config.model.name}: the measurement failed: ${reason}`));
      child.on("message", (message: Message) => {
        if ("step" in message) onStep(message.step);
        else if ("estimate" in message) resolve(message.estimate);
        else failed(message.error);
      });
      child.on("error", reject);
      child.on("exit", (code) => failed(`the process ended with code ${code}`));
      child.send(config);
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
