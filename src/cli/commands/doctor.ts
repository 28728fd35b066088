/**
 * `rewardscope doctor`: shows the machine, the engine and its speed, and why a fallback is used.
 */
import { loadModel } from "../../model/load.js";
import { loadTokenizer } from "../../model/tokenizer/tokenizer.js";
import { Engine, fallbackNotice, sharedEngine } from "../../runtime/engine.js";
import { type Command, stoppable } from "../command.js";
import { describeMachine } from "../doctor/machine.js";

/** Whether a GPU can be used, by an engine of its own: one that fails must not harm what is measured. */
async function gpuInWords(): Promise<string> {
  const shared = await sharedEngine().describe();
  if (shared.device) return `${shared.device}, works and is used`;
  const engine = new Engine({ device: "webgpu" });
  try {
    const { device, deviceReason } = await engine.describe();
    return device ? `${device}, works; device=auto uses GPUs, device=webgpu any` : `none (${deviceReason})`;
  } finally {
    await engine.close();
  }
}

export const command: Command = {
  arguments: [],
  options: [],
  example: "rewardscope doctor",
  async run(_args, _options, { json, print, signal }) {
    const machine = await stoppable(signal, describeMachine(signal), "Nothing was changed.");
    const { backend, fallbackReason } = await sharedEngine().describe();
    const [model, tokenizer] = [await loadModel("embedded"), await loadTokenizer("embedded")];
    const prompts = Array.from({ length: 64 }, () => tokenizer.encode("This movie was"));
    await model.generate(prompts, { maxNewTokens: 2, stopTokens: [] });
    const begin = performance.now();
    await model.generate(prompts, { maxNewTokens: 20, stopTokens: [] });
    const tokensPerSecond = Math.round((64 * 20) / ((performance.now() - begin) / 1000));
    const report = {
      ...machine,
      engine: backend,
      ...(fallbackReason ? { fallbackReason } : {}),
      gpu: await gpuInWords(),
      embeddedModel: `${model.config.nLayers} layers, ${tokensPerSecond} tokens/s sampled`,
    };
    if (json) return print(JSON.stringify(report, null, 2));
    for (const [name, value] of Object.entries(report)) print(`${name.padEnd(15)} ${value}`);
    const notice = fallbackNotice({ backend, fallbackReason });
    if (notice) print(notice);
  },
};
