/** Completion for zsh(1), by the function _arguments of zshcompsys(1). */
import { allOf, type CompletedCommand, type CompletedOption, namesOf, type Value } from './command-line.js'

export function zshCompletion(candy: CompletedCommand): string {
  return `#compdef candy
# Completion of candy for zsh. Made by manual/ from the texts of --help. Do not edit.

# The configuration directory that was typed, or the default, as an option.
_candy_config() {
  local -i at=\${candy_words[(I)(-c|--config)]}
  local directory=\${MAIL_CONFIG:-}
  ((at == 0)) || directory=\${(Q)candy_words[at+1]}
  reply=()
  [[ -z $directory ]] || reply=(-c $directory)
}

_candy_messages() {
  local -a reply names
  _candy_config
  names=(\${(f)"$(candy $reply quarantine list --json 2>/dev/null |
    grep -oE '"name":"[0-9]{8}T[0-9]{6}Z-[A-Za-z0-9-]+"' | cut -d'"' -f4)"})
  _wanted messages expl message compadd -a names
}

_candy_queue_ids() {
  local -a reply names
  _candy_config
  names=(\${(f)"$(postqueue $reply -j 2>/dev/null | grep -oE '"queue_id": *"[A-Za-z0-9]+"' | cut -d'"' -f4)"})
  _wanted ids expl 'queue id' compadd -a names
}

_candy_filters() {
  local -a reply names
  _candy_config
  local directory=\${reply[2]:-$(postconf -h config_directory 2>/dev/null)}
  names=($directory/filters.d/*.toml(N:t:r) $directory/filters.d/*(N*:t))
  names=(\${(M)names:#[A-Za-z0-9_-]##})
  _wanted filters expl filter compadd -a names
}

${allOf(candy).map(functionOf).join('\n')}
if [[ $funcstack[1] == _candy ]]; then
  _candy "$@"
else
  compdef _candy candy
fi
`
}

function functionOf(command: CompletedCommand): string {
  const specs = command.options.map(specOf)
  if (command.commands.length > 0) return groupFunction(command, specs)
  const operands = command.operands.map(({ name, is, variadic }, at) => {
    return quote(`${variadic ? '*' : at + 1}:${name}:${actionOf(is)}`)
  })
  return `${nameOf(command)}() {\n  setopt localoptions extendedglob\n  _arguments -s \\\n    ${[...specs, ...operands].join(' \\\n    ')}\n}\n`
}

function groupFunction(command: CompletedCommand, specs: readonly string[]): string {
  const described = command.commands.map(({ words, text }) => quote(`${words.at(-1)}:${text.replaceAll(':', '\\:')}`))
  const arms = command.commands.map((child) => `        ${child.words.at(-1)}) ${nameOf(child)} ;;`)
  return `${nameOf(command)}() {
  setopt localoptions extendedglob
  local curcontext=$curcontext state line
  local -a commands${command.words.length === 0 ? ' candy_words=($words)' : ''}
  typeset -A opt_args
  _arguments -C \\
    ${[...specs, "'(-)1: :->command'", "'(-)*:: :->rest'"].join(' \\\n    ')}
  case $state in
    command)
      commands=(
        ${described.join('\n        ')}
      )
      _describe -t commands command commands
      ;;
    rest)
      case $words[1] in
${arms.join('\n')}
      esac
      ;;
  esac
}
`
}

function specOf(option: CompletedOption): string {
  const names = namesOf(option)
  const excluded = option.repeats ? '*' : `(${names.join(' ')})`
  const text = `[${option.text.replace(/[\][:\\]/g, '\\$&')}]`
  const value = option.value === undefined ? '' : `:${option.value.name}:${actionOf(option.value.is)}`
  const long = option.value === undefined ? option.long : `${option.long}=`
  const forms = option.short === undefined ? quote(excluded + long + text + value) : undefined
  if (forms !== undefined) return forms
  return `${quote(excluded)}{${option.short}${option.value === undefined ? '' : '+'},${long}}${quote(text + value)}`
}

function actionOf(value: Value): string {
  switch (value.kind) {
    case 'choice':
      return `(${value.choices.map((choice) => choice.replaceAll(' ', '\\ ')).join(' ')})`
    case 'file':
      return '_files'
    case 'directory':
      return '_files -/'
    case 'message':
      return '_candy_messages'
    case 'filter':
      return '_candy_filters'
    case 'queue-id':
      return '_candy_queue_ids'
    case 'text':
      return ' '
  }
}

function nameOf({ words }: CompletedCommand): string {
  return ['_candy', ...words].join('_')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
