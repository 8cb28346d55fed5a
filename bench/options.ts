/** What `npm run bench --` may be told. */
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run bench -- [options]

Measures every way for mail to take, in groups and rounds, and writes bench/results.md, bench/results.svg and the figures in README.md.

  --lanes REGEX     only the lanes whose name matches; writes nothing
  --rounds N        how often every lane is measured (default 5)
  --seconds N       about how long one measurement takes (default 3)
  --minutes N       how long all rounds may take together (default 20)
  --keep            leave the files as they are
  --json            print what was measured as JSON instead of tables
  --install-rivals  install the Debian packages of other filters first; none of their services starts
  --relay           only the relay, without Postfix: what the runner itself costs
  --help            print this
`

export interface Options {
  readonly lanes?: RegExp
  readonly rounds: number
  readonly seconds: number
  readonly minutes: number
  readonly keep: boolean
  readonly json: boolean
  readonly installRivals: boolean
  readonly relay: boolean
  readonly help: boolean
}

/** Throws when something is unknown or no number. */
export function readOptions(argv: readonly string[]): Options {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    args: [...argv],
    options: {
      lanes: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      minutes: { type: 'string', default: '20' },
      keep: flag,
      json: flag,
      'install-rivals': flag,
      relay: flag,
      help: flag,
    },
  })
  return {
    ...(values.lanes !== undefined && { lanes: new RegExp(values.lanes) }),
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    minutes: positive('minutes', values.minutes),
    keep: values.keep,
    json: values.json,
    installRivals: values['install-rivals'],
    relay: values.relay,
    help: values.help,
  }
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0`)
  return value
}
