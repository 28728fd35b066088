/** Scripts that let a shell complete commands, options and the names of presets. */

/** The possible content of a command line. */
export interface Completable {
  readonly commands: readonly CompletableCommand[];
}

export interface CompletableCommand {
  readonly name: string;
  readonly summary: string;
  /** Long options with `--`. */
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  /** Possible first arguments, other than files. */
  readonly words: readonly string[];
}

export type Shell = "bash" | "zsh" | "fish";

/** Text within single quotes of bash and zsh. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Text within single quotes of fish, in which backslashes are escapes. */
const fishQuoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function bash({ commands }: Completable): string {
  const cases = commands.map(({ name, options, words }) => {
    const flags = options.map(({ flag }) => flag).join(" ");
    return `    ${name}) options=${quoted(flags)}; words=${quoted(words.join(" "))} ;;`;
  });
  return `# rewardscope completion bash: eval "$(rewardscope completion bash)" in ~/.bashrc
_rewardscope() {
  local current="\${COMP_WORDS[COMP_CWORD]}" options words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(commands.map(({ name }) => name).join(" "))} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _rewardscope rewardscope
`;
}

function zsh({ commands }: Completable): string {
  // A colon separates a word from its description.
  const described = (word: string, text: string) => quoted(`${word.replaceAll(":", "\\:")}:${text}`);
  const cases = commands.map(({ name, options, words }) => {
    const flags = options.map(({ flag, description }) => described(flag, description)).join(" ");
    return `    ${name}) options=(${flags}); words=(${words.map(quoted).join(" ")}) ;;`;
  });
  return `#compdef rewardscope
# rewardscope completion zsh: eval "$(rewardscope completion zsh)" in ~/.zshrc, after compinit
_rewardscope() {
  local -a commands options presets
  commands=(${commands.map(({ name, summary }) => described(name, summary)).join(" ")})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join("\n").replaceAll("words=(", "presets=(")}
  esac
  if [[ "$PREFIX" == -* ]]; then
    _describe option options
  else
    (( $#presets )) && compadd -a presets
    _files
  fi
}
compdef _rewardscope rewardscope
`;
}

function fish({ commands }: Completable): string {
  const lines = commands.flatMap(({ name, summary, options, words }) => {
    const used = fishQuoted(`__fish_seen_subcommand_from ${name}`);
    const line = (rest: string) => `complete -c rewardscope -n ${used} ${rest}`;
    return [
      `complete -c rewardscope -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(summary)}`,
      ...options.map(({ flag, description }) => line(`-l ${flag.slice(2)} -d ${fishQuoted(description)}`)),
      ...(words.length > 0 ? [line(`-a ${fishQuoted(words.join(" "))}`)] : []),
    ];
  });
  return `# rewardscope completion fish > ~/.config/fish/completions/rewardscope.fish\n${lines.join("\n")}\n`;
}

export const shells: Readonly<Record<Shell, (completable: Completable) => string>> = { bash, zsh, fish };
