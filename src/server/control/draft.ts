/** Configurations as texts: those of presets, and what is wrong with an edited one. */
import { parseConfig } from "../../config/check-config.js";
import { commentedYaml } from "../../config/commented-yaml.js";
import { TextFault, yamlValue } from "../../config/config-text.js";
import { draftConfig, finishConfig } from "../../config/load-config.js";
import { presets } from "../../config/presets.js";
import { type ConfigIssue, FormatError, RewardscopeError } from "../../errors.js";

/** A preset with every setting and its description. @throws RewardscopeError NOT_FOUND */
export function textOfPreset(name: string): string {
  if (!Object.hasOwn(presets, name))
    throw new RewardscopeError("NOT_FOUND", `there is no preset ${name}`, {
      help: `The presets are ${Object.keys(presets).join(", ")}.`,
    });
  const source = `preset ${name}`;
  return commentedYaml(parseConfig(presets[name].input, source), [
    `Made from ${source}. A line that is left out has its default.`,
  ]);
}

/**
 * All problems of a configuration's text that are found without running anything: of the notation,
 * or else of the settings, the rules between them, and the files they name.
 */
export function problemsOf(text: string): ConfigIssue[] {
  let input: unknown;
  try {
    input = yamlValue(text);
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    const path = error.line === undefined ? "text" : `line ${error.line}`;
    return [{ path, expected: "YAML or JSON", received: error.message }];
  }
  if (input === null) return [{ path: "text", expected: "settings; {} means all defaults", received: "none" }];
  const source = "configuration";
  const draft = draftConfig({ source, input });
  if (draft.issues.length > 0) return draft.issues;
  try {
    finishConfig(source, draft);
    return [];
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return [{ path: "files", expected: "files that can be read", received: error.message }];
  }
}
