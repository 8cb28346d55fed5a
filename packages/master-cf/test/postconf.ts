/** postconf(1) as the judge of what a master.cf means, and its output forms, so that ours can be compared. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Entry, FIELDS } from '../src/index.js'

/** A configuration directory of its own. `remove` deletes it. */
export class Postconf {
  readonly directory = mkdtempSync(join(tmpdir(), 'master-cf-'))
  readonly path = join(this.directory, 'master.cf')

  constructor() {
    writeFileSync(join(this.directory, 'main.cf'), 'compatibility_level = 3.6\nmyhostname = mail.example.org\n')
  }

  /** What postconf shows of a text; none when it refuses the file. */
  show(mode: '-M' | '-F' | '-P', text: string): string | undefined {
    writeFileSync(this.path, text, 'latin1')
    const { status, stdout, error } = spawnSync('postconf', ['-c', this.directory, mode], { encoding: 'latin1' })
    if (error !== undefined) throw error
    if (status !== 0) return undefined
    return mode === '-M' ? stdout : collapse(stdout)
  }

  remove(): void {
    rmSync(this.directory, { recursive: true })
  }
}

/** postconf shows fields and parameters with every run of blanks as one (pcf_print_line). */
function collapse(text: string): string {
  return text.replace(/[ \t\r]+/g, ' ').replace(/ $/gm, '')
}

const COLUMNS = [0, 11, 17, 25, 33, 41, 49, 57]

/** Our reading in the form of `postconf -M`. */
export function asEntries(entries: readonly Entry[]): string {
  return entries
    .map((entry) => {
      let line = ''
      for (const [index, field] of [entry.service, entry.type, ...FIELDS.map((name) => entry[name])].entries()) {
        line = `${index === 0 ? '' : `${line} `.padEnd(COLUMNS[index] ?? 0)}${field}`
      }
      return `${[line, ...commandLine(entry)].join(' ')}\n`
    })
    .join('')
}

/** Our reading in the form of `postconf -F`. */
export function asFields(entries: readonly Entry[]): string {
  return collapse(
    entries
      .map((entry) => {
        const { service, type, private: private_, unprivileged, chroot, wakeup, maxproc, command } = entry
        const fields = { service, type, private: private_, unprivileged, chroot, wakeup, process_limit: maxproc }
        const all = { ...fields, command: [command, ...commandLine(entry)].join(' ') }
        return Object.entries(all)
          .map(([name, value]) => `${service}/${type}/${name} = ${value}\n`)
          .join('')
      })
      .join(''),
  )
}

/** Our reading in the form of `postconf -P`, for entries of different names. */
export function asParameters(entries: readonly Entry[]): string {
  return collapse(
    entries
      .map(({ service, type, options }) => {
        const settings = new Map(options.map(({ name, value }) => [name, value]))
        return [...settings.keys()]
          .sort((a, b) => (a < b ? -1 : 1))
          .map((name) => `${service}/${type}/${name} = ${settings.get(name)}\n`)
          .join('')
      })
      .join(''),
  )
}

/** postconf puts braces round what has blanks, but forgets the first argument that is no option. */
function commandLine({ argv, args }: Entry): string[] {
  const options = argv.slice(0, argv.length - args.length)
  const quote = (text: string): string => (/[ \t\r\n]/.test(text) ? `{${text}}` : text)
  const [first, ...rest] = args
  return [...options.map(quote), ...(first === undefined ? [] : [first]), ...rest.map(quote)]
}
