/** Which folder or file a corpus's name means: a folder or file, or the id of a data set on the Hub. */
import { existsSync } from "node:fs";
import { fetchSnapshot, type HubOptions, openSnapshot } from "../io/hub/hub.js";
import { type HubRepository, parseHubId } from "../io/hub/id.js";
import { chooseCorpusFiles } from "./corpus-files.js";
import { formatOf } from "./corpus-splits.js";

/** The data set that a corpus's name means; undefined for a file or folder, there or not. */
export function corpusRepository(source: string): HubRepository | undefined {
  return existsSync(source) || formatOf(source) ? undefined : parseHubId("dataset", source);
}

/**
 * The folder or file of a corpus, downloaded where it is an id on the Hub (`owner/name` or `owner/name@revision`): of that
 * data set the files of the wanted splits alone. What exists under the name is taken as it is.
 * @throws FormatError when the data set or a split does not exist, may not be read, or offline is not in the cache; RunError when
 *   the Hub cannot be reached
 */
export async function resolveCorpus(
  source: string,
  splits: readonly string[],
  options: HubOptions = {},
): Promise<string> {
  const repository = corpusRepository(source);
  if (!repository) return source;
  return fetchSnapshot(await openSnapshot(repository, chooseCorpusFiles(splits), options), options);
}
