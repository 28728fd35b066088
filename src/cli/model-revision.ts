/** The option `--revision`: which version of a model on the Hub is meant, as `owner/name@revision` says it. */
import { existsSync } from "node:fs";
import type { Config } from "../config/config.js";
import type { Setting } from "../config/load-config.js";
import { ConfigError, type ConfigIssue } from "../errors.js";
import { formatHubId, parseHubId } from "../io/hub/id.js";
import { show } from "../settings/issues.js";
import type { CommandOption } from "./command.js";

/** The option of a command that reads one model. */
export const revisionOption: CommandOption = {
  flags: "--revision <revision>",
  description: "branch, tag or commit of the model on the Hub, as in owner/name@revision",
};

/** The option of a command that may read a pair. */
export const pairRevisionOption: CommandOption = {
  ...revisionOption,
  description: `${revisionOption.description}; of a pair: of the tuned model`,
};

/**
 * A model's name at a revision.
 * @throws ConfigError when it is no id on the Hub, has another revision already, or the revision cannot be one
 */
export function modelAtRevision(name: string, revision: string | undefined): string {
  if (revision === undefined) return name;
  const result = atRevision(name, revision);
  if (typeof result === "string") return result;
  throw new ConfigError("rewardscope", [result]);
}

/**
 * The setting that puts the revision to a configuration's model: to the tuned one of a pair, whose base model may have one of
 * its own in its name. Or the problem with it.
 */
export function revisionSetting({ model: { name, tuned } }: Config, revision: string): Setting | ConfigIssue {
  const result = atRevision(tuned ?? name, revision);
  if (typeof result !== "string") return result;
  return { path: ["model", tuned === undefined ? "name" : "tuned"], value: result };
}

function atRevision(name: string, revision: string): string | ConfigIssue {
  const fault = (expected: string, received: string): ConfigIssue => ({ path: "--revision", expected, received });
  const repository = existsSync(name) ? undefined : parseHubId("model", name);
  if (!repository) return fault("a model on the Hub that it is the revision of", `the model ${show(name)}`);
  const given = parseHubId("model", `${repository.id}@${revision}`);
  if (!given) return fault("a branch, a tag or a commit", show(revision));
  if (name.includes("@") && repository.revision !== given.revision)
    return fault(`the revision that the model's name has, ${repository.revision}, or none`, show(revision));
  return formatHubId(given);
}
