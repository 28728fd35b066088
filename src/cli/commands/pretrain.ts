/** `rewardscope pretrain`: trains a small model and its tokenizer from scratch. */
import { readConfigFile } from "../../config/load-config.js";
import { transferProgress } from "../../pipeline/run/observer.js";
import type { Stage } from "../../pipeline/run/stage.js";
import { pretrainModel } from "../../pretrain/pretrain.js";
import { parsePretrainConfig } from "../../pretrain/pretrain-config.js";
import { type Command, Interrupted, offlineOption } from "../command.js";

export const command: Command<{ offline?: boolean }> = {
  arguments: [
    {
      syntax: "<config>",
      description: "a YAML or JSON file of corpus, model and training; example: assets/embedded.yaml",
    },
  ],
  options: [offlineOption],
  example: "rewardscope pretrain my-model.yaml",
  async run([path], { offline }, { json, print, signal, observer }) {
    const config = parsePretrainConfig(await readConfigFile(path!), path!);
    const follow = await observer();
    const download = transferProgress(follow, `downloading ${config.corpus}`);
    const stage = { name: "pretrain", title: "training from scratch" } as Stage;
    try {
      await pretrainModel(config, {
        progress: follow.stageStarts(stage, 1, 1),
        signal,
        offline,
        onDownload: download.onProgress,
        log: (line) => follow.log(line),
      });
    } catch (error) {
      if (signal.aborted) throw new Interrupted(`To continue: rewardscope pretrain ${path}`);
      throw error;
    } finally {
      download.end();
    }
    print(json ? JSON.stringify({ folder: config.out }) : `The model is in ${config.out}`);
  },
};
