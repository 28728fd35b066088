/** Resolves a corpus's name: a folder, a file, or the id of a data set on the Hub. */
import { existsSync } from "node:fs";
import { fetchSnapshot, type HubOptions, openSnapshot } from "../io/hub/hub.js";
import { type HubRepository, parseHubId } from "../io/hub/id.js";
import { chooseCorpusFiles } from "./corpus-files.js";
import { formatOf } from "./corpus-splits.js";

/** The data set of a corpus's name; undefined for a file or folder, existing or not. */
export function corpusRepository(source: string): HubRepository | undefined {
  return existsSync(source) || formatOf(source) ? undefined : parseHubId("dataset", source);
}

/**
 * The folder or file of a corpus. For an id on the Hub (`owner/name` or `owner/name@revision`) only
 * the files of the needed splits are downloaded. An existing file or folder of this name takes
 * precedence.
 * @throws FormatError when the data set or a split does not exist, access is denied, or offline is
 *   not in the cache; RunError when the Hub cannot be reached
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
