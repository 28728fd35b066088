/** Finds a model that is the argument of a command, and shows its download. */
import type { HubOptions } from "../io/hub/hub.js";
import { resolveModel } from "../model/resolve-model.js";
import { downloadProgress } from "../pipeline/run/observer.js";
import type { CommandContext } from "./command.js";

/** The folder of a model. @throws as `resolveModel` */
export async function downloadedModel(
  idOrFolder: string,
  options: Pick<HubOptions, "offline" | "signal">,
  observer: CommandContext["observer"],
): Promise<string> {
  const download = downloadProgress(await observer(), `downloading ${idOrFolder}`);
  try {
    return await resolveModel(idOrFolder, { ...options, onProgress: download.onProgress });
  } finally {
    download.end();
  }
}
