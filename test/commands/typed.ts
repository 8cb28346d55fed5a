/** What the pages tell people to type: the lines of their blocks of shell, and why some of them are not typed by a test. */
import { readdirSync } from 'node:fs'
import { ROOT, readPage } from '../kit/pages.js'

const SYSTEMD = /^(?:systemctl|journalctl) /
const CLAMD = / (?:>>)?\/etc\/clamav\/clamd\.conf$/

/** Lines that no test of this folder types, and why. */
const NOT_TYPED: readonly { readonly line: RegExp; readonly why: string }[] = [
  { line: /^apt-get install /, why: 'installs Debian packages, which test/hosts and test/install do' },
  { line: SYSTEMD, why: 'needs systemd, which this host has not; test/hosts types them' },
  { line: CLAMD, why: "edits the machine's clamd; test/hosts/life types it" },
  { line: /^npm (?:install|ci) /, why: 'installs from the registry, which test/registry does from one of its own' },
  { line: /^candy status --watch/, why: 'never ends' },
  { line: /^candy -c \/etc\/postfix-out /, why: 'needs a second instance, which test/enable/pipe and others have' },
  {
    line: /^(?:getent passwd candy|tar --extract) /,
    why: 'restores a backup before candy is enabled, and here it is enabled already',
  },
  { line: /^install -d .*\/var\/lib\/candy/, why: 'sets up a host without Postfix, and here candy is enabled' },
  { line: /^setpriv /, why: 'is what the supervisor of this host types' },
]

/** Pages whose blocks are typed elsewhere, or cannot be, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'containers.md': 'builds and runs a container; test/hosts/container does what it says, step by step',
  'packages.md': 'installs Debian packages, and has a script for those who make some',
  'pipe.md':
    'sets up by hand, in a clone, what this host has by candy enable; test/pipe/built types candy-pipe in a clone',
  'writing-a-filter.md': 'test/registry/release types it, as an author with a registry',
}

/** Statuses other than 0 with which a line may end. */
const STATUSES: readonly { readonly line: RegExp; readonly statuses: readonly number[] }[] = [
  // On this host there is no systemd, and log lines go nowhere.
  { line: /^candy doctor/, statuses: [0, 1, 2, 3] },
]

export interface Typed {
  readonly line: string
  readonly statuses: readonly number[]
}

/** Names of pages of docs/ with blocks of shell. */
export function pagesWithCommands(): readonly string[] {
  return readdirSync(`${ROOT}/docs`).filter((name) => name.endsWith('.md') && linesOf(name).length > 0)
}

/** The lines to type of a page, without comments. */
export function typedOn(page: string): readonly Typed[] {
  if (page in ELSEWHERE) return []
  return linesOf(page)
    .filter((line) => !NOT_TYPED.some((one) => one.line.test(line)))
    .map((line) => ({ line, statuses: STATUSES.find((one) => one.line.test(line))?.statuses ?? [0] }))
}

/** The lines that are for systemd, for a host that has it: not those that never end, and not those for daemons that such a host lacks. */
export function typedToSystemd(): readonly string[] {
  const lines = pagesWithCommands().flatMap(linesOf)
  const fits = (line: string): boolean => SYSTEMD.test(line) && !/ -f$|freshclam|spamd/.test(line)
  return [...new Set(lines.filter(fits))]
}

/** The lines that edit the configuration of a clamd as Debian has it. */
export function typedToClamd(): readonly string[] {
  return [...new Set(pagesWithCommands().flatMap(linesOf))].filter((line) => CLAMD.test(line))
}

/** Exceptions that no line needs any more. */
export function unneeded(): readonly string[] {
  const pages = pagesWithCommands()
  const lines = pages.flatMap(linesOf)
  const patterns = [...NOT_TYPED, ...STATUSES].filter(({ line }) => !lines.some((one) => line.test(one)))
  return [
    ...patterns.map(({ line }) => String(line)),
    ...Object.keys(ELSEWHERE).filter((page) => !pages.includes(page)),
  ]
}

function linesOf(page: string): readonly string[] {
  const blocks = [...readPage(`docs/${page}`).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
  return blocks
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/\s+# .*$/, ''))
    .filter((line) => line !== '')
}
