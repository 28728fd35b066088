/** Estimates in processes of their own, so that the memory of one is not counted with another's. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.js";
import { RunError } from "../errors.js";
import type { Estimate } from "../pipeline/estimate/estimate.js";

type Message = { step: string } | { estimate: Estimate } | { error: string };

/**
 * Measures one configuration for about a minute.
 * @param onStep told of what is measured next
 * @throws RunError with the reason when it cannot be measured; what the signal carries when it is aborted
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
      const failed = (reason: string) => reject(new RunError(`${config.model.name} could not be measured: ${reason}`));
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
