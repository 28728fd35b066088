/**
 * The errors of the project. Each names the thing, what was expected, what was received, and what
 * to do.
 */

/** Facts of an error besides its message. */
export interface ErrorFacts {
  /** Place in the program or the input, e.g. `blocks.3.mlp.in` or `config.yaml`. */
  at?: string;
  /** What the reader can do. */
  help?: string;
  cause?: unknown;
}

/** Base of all intended errors of rewardscope. `code` is stable; the message may change. */
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

/** Shapes that do not agree. */
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
  /** Byte offset (binary files) or line number (text files) of the fault, if known. */
  readonly offset?: number;

  constructor(file: string, message: string, facts: ErrorFacts & { offset?: number } = {}) {
    super("INVALID_FILE", `${file}: ${message}`, facts);
    this.file = file;
    this.offset = facts.offset;
  }
}

/** A computation that failed: a session, a loss that is not finite, a stage. */
export class RunError extends RewardscopeError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("RUN_FAILED", message, facts);
  }
}

/** A bug of rewardscope, not of the caller: a broken invariant. */
export class InternalError extends RewardscopeError {
  constructor(message: string, facts: ErrorFacts = {}) {
    super("INTERNAL", `internal: ${message}`, facts);
  }
}
