/**
 * `candy report`: counts the history of some days and prints an HTML page about it, or JSON. The history belongs to candy, so it is read
 * with the rights of candy; a file is written with those of whoever typed the command, and only when the page is complete.
 */
import { existsSync, lstatSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { execa } from 'execa'
import { Ownership } from '../config/ownership.js'
import { readSettings } from '../config/settings.js'
import type { Span } from '../history/reader.js'
import { errorText } from '../os/error-text.js'
import { readVersion } from '../os/version.js'
import { printPage, type Site } from '../report/page.js'
import { type Report, readReport } from '../report/report.js'
import { writeAtomically } from '../service/state-directory.js'
import { EX_IOERR, EX_OK, EX_SOFTWARE, EX_USAGE, Failure } from './failure.js'
import { addHelp } from './help-text.js'
import { findConfigDirectory } from './postfix-instance.js'
import { commandForFilters, mustChangeAccount, runAsCandy } from './privileges.js'
import { readSpan, type SpanOptions } from './span.js'

interface ReportOptions extends SpanOptions {
  readonly config?: string
  readonly out?: string
  readonly json?: true
}

export function addReport(candy: Command): void {
  const command = candy
    .command('report')
    .summary('write an HTML page about the mail of some days')
    .description('write one HTML page about the mail of some days: traffic, verdicts, findings, delays')
    .option(
      '--since <when>',
      'days ("30d": today and the 29 before), hours ("12h"), a day ("2026-11-01") or a time',
      '30d',
    )
    .option('--until <when>', 'a day ("2026-11-30"), which belongs to it, or a time (default: now)')
    .option('--out <file>', 'write to this file (default: standard output)')
    .option('--json', 'print JSON')
    .action((_, command: Command) => report(command.optsWithGlobals<ReportOptions>()))
  addHelp(command, {
    notes: [
      'The page is complete in itself: mail it, or put it where a browser finds it. Root and members of the group candy may make it.',
    ],
    examples: [['candy report --since 7d --out report.html', 'today and the six days before']],
    exits: {
      0: 'written, also when there was no mail',
      64: 'the command line is wrong',
      74: 'it cannot be written',
      77: 'not allowed',
    },
  })
}

async function report(options: ReportOptions): Promise<void> {
  const { out, json } = options
  const span = readSpan(options)
  if (out === undefined && json === undefined && process.stdout.isTTY) {
    throw new Failure(EX_USAGE, 'the report is an HTML page, and this is a terminal: candy report --out report.html')
  }
  if (out !== undefined) assertReplaceable(out)
  const configDirectory = await findConfigDirectory(options.config)
  const asCandy = await mustChangeAccount()
  if (out === undefined) {
    if (asCandy) return runAsCandy()
    process.stdout.write(await make(configDirectory, span, json === true))
    return
  }
  const text = asCandy ? await makeAsCandy(configDirectory, options) : await make(configDirectory, span, json === true)
  if (text !== undefined) writeFile(out, text)
}

async function make(configDirectory: string, span: Span, json: boolean): Promise<string> {
  // Problems of candy.toml are the service's to tell.
  const { state } = readSettings(configDirectory, new Ownership(), [])
  const made = await readReport(state, span)
  const site = { host: hostname(), configDirectory, version: readVersion(), made: new Date() }
  return json ? `${JSON.stringify(toJson(made, site))}\n` : printPage(made, site)
}

/** Makes it in a process with the rights of candy. Ends as that process did, and gives nothing, where it failed. */
async function makeAsCandy(
  configDirectory: string,
  { since, until, json }: ReportOptions,
): Promise<string | undefined> {
  const words = [
    ...['-c', configDirectory, 'report'],
    ...(since === undefined ? [] : ['--since', since]),
    ...(until === undefined ? [] : ['--until', until]),
    ...(json === true ? ['--json'] : []),
  ]
  const [command, ...argv] = await commandForFilters(words)
  const options = { reject: false, stripFinalNewline: false, stdin: 'ignore', stderr: 'inherit', cwd: '/' } as const
  const { exitCode, stdout } = await execa(command, argv, options)
  if (exitCode === EX_OK) return stdout
  // With --json this is the error.
  process.stdout.write(stdout)
  process.exitCode = exitCode ?? EX_SOFTWARE
  return undefined
}

/** Throws Failure for anything that is not a file: to replace a device or a link would be far from what was meant. */
function assertReplaceable(file: string): void {
  const directory = dirname(resolve(file))
  if (!existsSync(directory)) throw new Failure(EX_IOERR, `--out ${file}: there is no directory ${directory}`)
  const there = lstatSync(file, { throwIfNoEntry: false })
  if (there === undefined || there.isFile()) return
  throw new Failure(EX_USAGE, `--out ${file}: there is something that is no file; without --out the report is printed`)
}

/** The file is there with its whole new content or with the old one. */
function writeFile(file: string, text: string): void {
  try {
    writeAtomically(resolve(file), text, 0o644)
  } catch (error) {
    throw new Failure(EX_IOERR, `--out ${file}: ${errorText(error)}`)
  }
}

function toJson({ figures, begins, damaged, quarantine }: Report, { host, configDirectory, made }: Site): object {
  const { span, ...rest } = figures
  return {
    version: 1,
    host,
    configDirectory,
    made,
    ...span,
    ...(begins !== undefined && { begins }),
    damaged,
    ...rest,
    quarantine,
  }
}
