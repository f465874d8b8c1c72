/**
 * What makes shells complete the words of `parley`: each asks the program itself, so that they know
 * what this version knows. Pure.
 *
 * @module
 */

/** The shells. */
export const shells = ["bash", "zsh", "fish"] as const;

const bash = `# parley completions bash
_parley() {
  local line="\${COMP_LINE:0:COMP_POINT}" words=() lines=() one word
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  while IFS= read -r one; do
    lines+=("\${one%%$'\\t'*}")
  done < <("\${words[0]}" complete-words -- "\${words[@]:1}" 2>/dev/null)
  # What stands before the last of these, bash has as a word of its own.
  local begun="\${word%"\${word##*[@=:]}"}"
  [[ $COMP_WORDBREAKS == *"\${begun: -1}"* ]] || begun=""
  for one in "\${lines[@]}"; do
    case "$one" in
      :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "\${word#"$begun"}") ;;
      :folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "\${word#"$begun"}") ;;
      *) COMPREPLY+=("\${one#"$begun"}") ;;
    esac
  done
}
complete -F _parley parley
`;

const zsh = `#compdef parley
# parley completions zsh
_parley() {
  local -a lines found
  local one
  lines=("\${(@f)$("\${words[1]}" complete-words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for one in "\${lines[@]}"; do
    case "$one" in
      :files) _files; return ;;
      :folders) _files -/; return ;;
      "") ;;
      *$'\\t'*) found+=("\${\${one%%$'\\t'*}//:/\\\\:}:\${one#*$'\\t'}") ;;
      *) found+=("\${one//:/\\\\:}") ;;
    esac
  done
  (( \${#found} )) && _describe parley found
}
if [[ "\${funcstack[1]}" == _parley ]]; then _parley "$@"; else compdef _parley parley; fi
`;

const fish = `# parley completions fish
function __parley_words
  set -l words (commandline -opc)
  set -l now (commandline -ct)
  set -l program $words[1]
  set -e words[1]
  for one in ($program complete-words -- $words "$now" 2>/dev/null)
    switch $one
      case :files
        __fish_complete_path "$now"
      case :folders
        __fish_complete_directories "$now"
      case '*'
        echo $one
    end
  end
end
complete -c parley -f -a '(__parley_words)'
`;

const scripts: Readonly<Record<(typeof shells)[number], string>> = { bash, zsh, fish };

/**
 * Gives what a shell is to run, for `parley` to be completed.
 *
 * @param shell which
 * @returns a script, with a newline at its end
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { shellScript } from "./shells.ts";
 * assertStringIncludes(shellScript("bash"), "complete -F _parley parley");
 * ```
 * @see docs/USING.md, section "Completion"
 */
export function shellScript(shell: (typeof shells)[number]): string {
  return scripts[shell];
}
