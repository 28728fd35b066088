/** Ids of models and data sets on the Hub. */

/** A model or data set at a revision. */
export interface HubRepository {
  readonly type: "model" | "dataset";
  /** `owner/name`. */
  readonly id: string;
  /** A branch, a tag, or a commit. */
  readonly revision: string;
}

/** Whether a revision is a commit hash, which never changes. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/**
 * Parses `owner/name` or `owner/name@revision`; without a revision it is `main`.
 * @returns undefined for what cannot be an id, such as a path of more or fewer parts
 */
export function parseHubId(type: HubRepository["type"], text: string): HubRepository | undefined {
  const parts = /^(\w[\w.-]*\/\w[\w.-]*)(?:@(\w[\w./-]*))?$/.exec(text);
  if (!parts || text.includes("..") || parts[1].includes("--")) return undefined;
  return { type, id: parts[1], revision: parts[2] ?? "main" };
}

/**
 * Parses a folder of a model's repository: `owner/name/folder` or `owner/name@revision/folder`, of
 * any depth; the folder may be missing, and a revision here has no `/`.
 * @returns undefined for what cannot be one
 */
export function parseHubFolder(text: string): { repository: HubRepository; folder: string } | undefined {
  const [owner, name = "", ...folders] = text.split("/");
  const repository = parseHubId("model", `${owner}/${name}`);
  const isFolder = folders.every((part) => part !== "" && !/^\.+$/.test(part));
  return repository && isFolder ? { repository, folder: folders.join("/") } : undefined;
}

/** The id as a user writes it: with the revision unless it is `main`. */
export function formatHubId({ id, revision }: HubRepository): string {
  return revision === "main" ? id : `${id}@${revision}`;
}
