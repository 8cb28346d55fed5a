/** The commands of `candy`. Each has a file of its own, which is loaded when the command is typed: to load them all takes a tenth of its time. */
import type { Command } from 'commander'

export interface CommandFile {
  /** The heading under which `candy --help` shows it. */
  readonly group: string
  /**
   * Whether it ends within a second or two. To optimise what runs that shortly takes V8 longer than it saves: a quarter of the processor
   * time of `candy enable`. The others may read a month of records, or judge mail for years.
   */
  readonly isShort?: true
  /** Loads the function that adds the command to the command line. */
  load(): Promise<(candy: Command) => void>
}

const SET_UP = 'Set up:'
const FILTERS = 'Filters:'
const MAIL = 'Mail:'
const WATCH = 'Watch:'
const STARTED = 'Started by systemd and Postfix:'
const HELP = 'Help:'

/** In the order in which `candy --help` shows them. */
export const COMMANDS: Readonly<Record<string, CommandFile>> = {
  enable: { group: SET_UP, isShort: true, load: async () => (await import('./enable.js')).addEnable },
  mode: { group: SET_UP, isShort: true, load: async () => (await import('./mode.js')).addMode },
  disable: { group: SET_UP, isShort: true, load: async () => (await import('./disable.js')).addDisable },
  add: { group: FILTERS, load: async () => (await import('./add.js')).addAdd },
  remove: { group: FILTERS, load: async () => (await import('./remove.js')).addRemove },
  list: { group: FILTERS, isShort: true, load: async () => (await import('./list.js')).addList },
  check: { group: FILTERS, load: async () => (await import('./check.js')).addCheck },
  reload: { group: FILTERS, isShort: true, load: async () => (await import('./reload.js')).addReload },
  quarantine: { group: MAIL, load: async () => (await import('./quarantine.js')).addQuarantine },
  trace: { group: MAIL, load: async () => (await import('./trace.js')).addTrace },
  status: { group: WATCH, isShort: true, load: async () => (await import('./status.js')).addStatus },
  doctor: { group: WATCH, isShort: true, load: async () => (await import('./doctor.js')).addDoctor },
  report: { group: WATCH, load: async () => (await import('./report.js')).addReport },
  serve: { group: STARTED, load: async () => (await import('./serve.js')).addServe },
  pipe: { group: STARTED, load: async () => (await import('./pipe-command.js')).addPipe },
  completion: { group: HELP, load: async () => (await import('./completion.js')).addCompletion },
}

/** Options before the command whose value is the next word. */
const WITH_VALUE: readonly string[] = ['-c', '--config']

/** The command that these words name; undefined when they name none, or `help`. */
export function commandIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word, n) => !word.startsWith('-') && !WITH_VALUE.includes(words[n - 1] ?? ''))
  const word = words[at] ?? ''
  return Object.hasOwn(COMMANDS, word) ? word : undefined
}
