/** Finds a command's model, and shows the progress of its download. */
import type { HubOptions } from "../io/hub/hub.js";
import { locateModel } from "../model/resolve-model.js";
import { transferProgress } from "../pipeline/run/observer.js";
import type { CommandContext } from "./command.js";

/**
 * The folder of a model; of an adapter its own folder, with the base model downloaded too.
 * @throws as `locateModel`
 */
export async function downloadedModel(
  idOrFolder: string,
  options: Pick<HubOptions, "offline" | "signal">,
  observer: CommandContext["observer"],
): Promise<string> {
  const download = transferProgress(await observer(), `downloading ${idOrFolder}`);
  try {
    const { folder, adapter } = await locateModel(idOrFolder, { ...options, onProgress: download.onProgress });
    return adapter ?? folder;
  } finally {
    download.end();
  }
}
