/** The errors of the project: each names the thing, what was expected, what came, and what to do. */

/** Facts that every error may carry beside its message. */
export interface ErrorFacts {
  /** Where in the program or the input, e.g. `blocks.3.mlp.in` or `config.yaml`. */
  at?: string;
  /** What the reader can do about it. */
  help?: string;
  cause?: unknown;
}

/** Base of all errors that rewardscope throws on purpose. `code` is stable; the message may be reworded. */
export class RewardscopeError extends Error {
  readonly code: string;
  readonly at?: string;
  readonly help?: string;

  constructor(code: string, message: string, facts: ErrorFacts = {}) {
    const lines = [message];
    if (facts.at) lines.push(`  at: ${facts.at}`);
    if (facts.help) lines.push(`  help: ${facts.help}`);
    super(lines.join("\n"), { cause: facts.cause });
    this.name = new.target.name;
    this.code = code;
    this.at = facts.at;
    this.help = facts.help;
  }
}

/** Shapes that do not fit each other. */
export class ShapeError extends RewardscopeError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("SHAPE_MISMATCH", message, facts);
  }
}

/** One wrong setting. `nearest` is the closest known key when the key itself is unknown. */
export interface ConfigIssue {
  path: string;
  expected: string;
  received: string;
  nearest?: string;
}

/** Problems that a message lists; `issues` has all of them. */
const MOST_LINES = 50;

/** Wrong settings or arguments, all of them at once. The command line answers with exit code 2. */
export class ConfigError extends RewardscopeError {
  readonly issues: readonly ConfigIssue[];

  constructor(source: string, issues: readonly ConfigIssue[]) {
    const lines = issues.slice(0, MOST_LINES).map(({ path, expected, received, nearest }) => {
      const hint = nearest ? ` (did you mean ${nearest}?)` : "";
      return `  ${path}: expected ${expected}, received ${received}${hint}`;
    });
    if (issues.length > MOST_LINES) lines.push(`  ... and ${issues.length - MOST_LINES} more`);
    super(
      "INVALID_CONFIG",
      `${source}: ${issues.length} problem${issues.length === 1 ? "" : "s"}\n${lines.join("\n")}`,
    );
    this.issues = issues;
  }
}

/** A file that is missing, truncated or malformed. The command line answers with exit code 2. */
export class FormatError extends RewardscopeError {
  readonly file: string;
  /** Byte offset (binary files) or line number (text files) of the fault, where known. */
  readonly offset?: number;

  constructor(file: string, message: string, facts: ErrorFacts & { offset?: number } = {}) {
    super("INVALID_FILE", `${file}: ${message}`, facts);
    this.file = file;
    this.offset = facts.offset;
  }
}

/** A computation that could not be carried out: a failed session, a loss that is not finite, a stage that broke. */
export class RunError extends RewardscopeError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("RUN_FAILED", message, facts);
  }
}

/** A mistake of ours, not of the caller: a broken invariant. */
export class InternalError extends RewardscopeError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("INTERNAL", `internal: ${message}`, facts);
  }
}
