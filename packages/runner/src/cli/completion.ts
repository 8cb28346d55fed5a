/** `candy completion`: prints what a shell needs to complete the commands, options and values of candy. */
import { readFileSync } from 'node:fs'
import { Argument, type Command } from 'commander'
import { addHelp } from './help-text.js'

/** The files that the build makes (`manual/completion/` at the root of the repository), below `completions/` in the package. */
const FILES = { bash: 'candy.bash', zsh: '_candy', fish: 'candy.fish' } as const

type Shell = keyof typeof FILES

export function addCompletion(candy: Command): void {
  const command = candy
    .command('completion')
    .summary('print what a shell needs to complete what you type')
    .description(
      'print a script with which a shell completes commands, options, modes, and the names of messages and filters',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(FILES)))
    .action((shell: Shell) => void process.stdout.write(readScript(shell)))
  addHelp(command, {
    notes: ['Queue ids, messages of the quarantine and filters are offered to who may see them.'],
    examples: [
      [
        'candy completion bash >/etc/bash_completion.d/candy',
        'for bash, where the package bash-completion is installed',
      ],
      ['candy completion zsh >/usr/local/share/zsh/site-functions/_candy', 'for zsh'],
      ['candy completion fish >/etc/fish/completions/candy.fish', 'for fish'],
    ],
    exits: { 0: 'printed', 64: 'the command line is wrong' },
  })
}

function readScript(shell: Shell): string {
  return readFileSync(new URL(`../../completions/${FILES[shell]}`, import.meta.url), 'utf8')
}
