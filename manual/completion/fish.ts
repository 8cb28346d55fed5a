/** Completion for fish(1): a list of conditions, each with what can be typed then. */
import { allOf, type CompletedCommand, type CompletedOption, type Value } from './command-line.js'

export function fishCompletion(candy: CompletedCommand): string {
  return `# Completion of candy for fish. Made by manual/ from the texts of --help. Do not edit.

# The words that were typed behind candy, without options and the value of -c.
function __candy_words
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case -c --config
                set -e words[1]
            case '-*'
            case '*'
                echo -- $words[1]
        end
        set -e words[1]
    end
end

# Whether these words were typed, and no more.
function __candy_is
    test "$(string join ' ' (__candy_words))" = "$argv"
end

# Whether what was typed begins with these words.
function __candy_at
    set -l words (__candy_words)
    test "$(string join ' ' $words[1..(count $argv)])" = "$argv"
end

# The configuration directory that was typed, or the default, as an option.
function __candy_config
    set -l words (commandline -opc)
    set -l at (contains -i -- -c $words; or contains -i -- --config $words)
    if set -q at[1]
        printf '%s\\n' -c $words[(math $at[1] + 1)]
    else if test -n "$MAIL_CONFIG"
        printf '%s\\n' -c $MAIL_CONFIG
    end
end

function __candy_messages
    candy (__candy_config) quarantine list --json 2>/dev/null |
        string match -rag '"name":"(\\d{8}T\\d{6}Z-[A-Za-z0-9-]+)"'
end

function __candy_queue_ids
    postqueue (__candy_config) -j 2>/dev/null | string match -rag '"queue_id": *"([A-Za-z0-9]+)"'
end

function __candy_filters
    set -l directory (__candy_config)[2]
    set -q directory[1]; or set directory (postconf -h config_directory 2>/dev/null)
    for path in $directory/filters.d/*
        if string match -q '*.toml' $path; or test -x $path -a -f $path
            string match -r '^[A-Za-z0-9_-]+$' (string replace -r '\\.toml$' '' (path basename $path))
        end
    end
end

complete -c candy -f
${allOf(candy).flatMap(linesOf).join('\n')}
`
}

function linesOf(command: CompletedCommand): readonly string[] {
  const path = command.words.join(' ')
  const begins = path === '' ? '' : ` -n ${quote(`__candy_at ${path}`)}`
  const exactly = ` -n ${quote(`__candy_is ${path}`.trim())}`
  const options = command.options.map(
    (option) => `complete -c candy${path === '' ? exactly : begins}${optionOf(option)}`,
  )
  const commands = command.commands.map(({ words, text }) => {
    return `complete -c candy${exactly} -a ${quote(words.at(-1) ?? '')} -d ${quote(text)}`
  })
  const operands = command.operands.flatMap(({ is }, at) => {
    if (is.kind === 'text') return []
    return [`complete -c candy${at === 0 && command.operands.length > 1 ? exactly : begins}${completionsOf(is)}`]
  })
  return [...options, ...commands, ...operands]
}

function optionOf({ short, long, text, value }: CompletedOption): string {
  const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`
  const given = value === undefined ? '' : value.is.kind === 'file' ? ' -r -F' : ` -x${completionsOf(value.is)}`
  return `${names}${given} -d ${quote(text)}`
}

function completionsOf(value: Value): string {
  switch (value.kind) {
    case 'choice':
      return ` -a ${quote(value.choices.map((choice) => choice.replaceAll(' ', '\\ ')).join(' '))}`
    case 'file':
      return ' -F'
    case 'directory':
      return " -a '(__fish_complete_directories)'"
    case 'message':
      return " -k -a '(__candy_messages)'"
    case 'filter':
      return " -a '(__candy_filters)'"
    case 'queue-id':
      return " -a '(__candy_queue_ids)'"
    case 'text':
      return ''
  }
}

/** fish takes a backslash for itself before another one and a quote alone. */
function quote(text: string): string {
  return `'${text.replace(/\\(?=[\\']|$)|'/g, '\\$&')}'`
}
