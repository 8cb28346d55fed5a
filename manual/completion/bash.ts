/** Completion for bash(1): one function, which needs nothing of the package bash-completion. */
import { allOf, type CompletedCommand, namesOf, type Value } from './command-line.js'

export function bashCompletion(candy: CompletedCommand): string {
  const commands = allOf(candy)
  const takes = commands.flatMap((command) =>
    command.options.flatMap((option) => {
      if (option.value === undefined) return []
      const patterns = namesOf(option).map((name) => quote(`${pathOf(command)} ${name}`))
      return [`    ${patterns.join(' | ')}) ${kind(option.value.is)} ;;`]
    }),
  )
  const below = commands
    .filter(({ commands: children }) => children.length > 0)
    .map((command) => arm(command, command.commands.map(({ words }) => words.at(-1)).join(' ')))
  const options = commands.map((command) => arm(command, command.options.flatMap(namesOf).join(' ')))
  const operands = commands.flatMap((command) =>
    command.operands.map(({ is, variadic }, at) => {
      return `    ${quote(pathOf(command))}' '${variadic ? '*' : at}) ${kind(is)} ;;`
    }),
  )
  return `# Completion of candy for bash. Made by manual/ from the texts of --help. Do not edit.

# Sets kind to what the option $2 of the command $1 takes; fails where it takes nothing.
_candy_option_value() {
  case "$1 $2" in
${takes.join('\n')}
    *) return 1 ;;
  esac
}

# Sets kind to what the operand of the command $1 is before which $2 others stand.
_candy_operand() {
  case "$1 $2" in
${operands.join('\n')}
    *) kind=text ;;
  esac
}

_candy_commands() {
  case $1 in
${below.join('\n')}
  esac
}

_candy_options() {
  case $1 in
${options.join('\n')}
  esac
}

# Prints what there is of the kind $1, one a line, where the configuration directory is $2 or the default.
_candy_values() {
  local directory=\${2:-\${MAIL_CONFIG:-}} name
  local -a config=()
  [[ -z $directory ]] || config=(-c "$directory")
  case $1 in
    message)
      candy "\${config[@]}" quarantine list --json 2>/dev/null |
        grep -oE '"name":"[0-9]{8}T[0-9]{6}Z-[A-Za-z0-9-]+"' | cut -d'"' -f4
      ;;
    queue-id)
      postqueue "\${config[@]}" -j 2>/dev/null | grep -oE '"queue_id": *"[A-Za-z0-9]+"' | cut -d'"' -f4
      ;;
    filter)
      [[ -n $directory ]] || directory=$(postconf -h config_directory 2>/dev/null)
      for name in "$directory"/filters.d/*; do
        [[ $name == *.toml || ( -f $name && -x $name ) ]] || continue
        name=\${name##*/}
        name=\${name%.toml}
        [[ $name == *[!A-Za-z0-9_-]* || $name == template ]] || printf '%s\\n' "$name"
      done
      ;;
  esac
}

# Offers the lines of standard input that begin with what was typed.
_candy_offer() {
  local line
  while IFS= read -r line; do
    [[ $line != "$typed"* ]] || COMPREPLY+=("\${line// /\\\\ }")
  done
}

_candy_complete_kind() {
  case $1 in
    file | directory)
      compopt -o filenames 2>/dev/null
      if [[ $1 == file ]]; then mapfile -t COMPREPLY < <(compgen -f -- "$typed")
      else mapfile -t COMPREPLY < <(compgen -d -- "$typed"); fi
      ;;
    choice) _candy_offer < <(printf '%s\\n' "\${choices[@]}") ;;
    text) ;;
    *) _candy_offer < <(_candy_values "$1" "$config") ;;
  esac
}

_candy() {
  local typed=\${COMP_WORDS[COMP_CWORD]} path=candy config= kind= word
  local -a choices=()
  local -i at operands=0 ended=0
  COMPREPLY=()
  # bash takes "=" for a word of its own.
  [[ $typed != = ]] || typed=
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if ((ended)); then ((operands += 1))
    elif [[ $word == -- ]]; then ended=1
    elif [[ $word == -* ]]; then
      _candy_option_value "$path" "$word" || continue
      ((at += 1))
      [[ \${COMP_WORDS[at]} != = ]] || ((at == COMP_CWORD || (at += 1)))
      if ((at >= COMP_CWORD)); then
        _candy_complete_kind "$kind"
        return
      fi
      [[ $word != -c && $word != --config ]] || config=\${COMP_WORDS[at]}
    elif [[ " $(_candy_commands "$path") " == *" $word "* ]]; then path+=" $word"
    else ((operands += 1)); fi
  done
  if [[ $typed == -* ]] && ((!ended)); then
    mapfile -t COMPREPLY < <(compgen -W "$(_candy_options "$path")" -- "$typed")
  elif [[ -n $(_candy_commands "$path") ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_candy_commands "$path")" -- "$typed")
  else
    _candy_operand "$path" "$operands"
    _candy_complete_kind "$kind"
  fi
}

complete -F _candy candy
`
}

function pathOf({ words }: CompletedCommand): string {
  return ['candy', ...words].join(' ')
}

function arm(command: CompletedCommand, words: string): string {
  return `    ${quote(pathOf(command))}) echo ${quote(words)} ;;`
}

/** What sets the kind of a value, and its choices. */
function kind(value: Value): string {
  if (value.kind !== 'choice') return `kind=${value.kind}`
  return `kind=choice choices=(${value.choices.map(quote).join(' ')})`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
