/**
 * Reads the settings of `candy.toml` in Postfix's configuration directory: the mode, limits, and the paths of files. Without the file
 * the defaults below hold. An unknown key is an error, because otherwise nobody would notice a misspelt `mode`.
 *
 * This is one of the two kinds of files that the operator writes; directory.ts lists the others, the drop-ins and scripts of
 * `filters.d`, and drop-in.ts reads a drop-in. All of them are read in the same steps: ownership.ts checks who may write the file,
 * file.ts reads it, toml.ts parses it and keeps positions, section.ts reads the values of a table, and problem.ts reports what is
 * wrong.
 */
import { lstatSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { ServiceAddress } from '@candy/sdk/values'
import { instanceName } from '../postfix/instance-name.js'
import { DEFAULT_MODE, MODE_NAMES, type Mode, smtpModeFor } from '../postfix/mode.js'
import { readText } from './file.js'
import { type HistorySettings, readHistorySettings } from './history-settings.js'
import { type MetricsSettings, readMetricsSettings } from './metrics-settings.js'
import { type MilterSettings, readMilterSettings } from './milter-settings.js'
import { nearest } from './nearest.js'
import { Ownership } from './ownership.js'
import { ConfigurationError, type Problem, reason } from './problem.js'
import { type QuarantineSettings, readQuarantineSettings } from './quarantine-settings.js'
import { Section } from './section.js'
import { readSmtpSettings, type SmtpSettings } from './smtp-settings.js'
import { parseDocument } from './toml.js'

/** Durations are milliseconds, sizes are bytes, paths are absolute. */
export interface Settings {
  readonly mode: Mode
  /** Spool, quarantine, packages and journal are below this directory. */
  readonly state: string
  readonly pipe: {
    /** For everything that is done with one message. It must be shorter than Postfix's `command_time_limit`, since Postfix bounces then. */
    readonly deadline: number
    /** How an accepted message is handed over: to sendmail(1), or to an SMTP service. */
    readonly reinject: 'sendmail' | ServiceAddress
    readonly sendmail: string
  }
  readonly smtp: SmtpSettings
  readonly milter: MilterSettings
  /** What all messages of a process together may have in memory; what exceeds it is spooled to files. */
  readonly spool: { readonly memory: number }
  /** `syslog`, or an absolute path. */
  readonly log: { readonly to: string }
  readonly history: HistorySettings
  readonly metrics: MetricsSettings
  readonly quarantine: QuarantineSettings
}

/** Reads `candy.toml`, and throws a ConfigurationError with everything that is wrong when anything is. */
export function soundSettings(configDirectory: string): Settings {
  const problems: Problem[] = []
  const settings = readSettings(configDirectory, new Ownership(), problems)
  if (problems.length > 0) throw new ConfigurationError(problems)
  return settings
}

/** Reads `candy.toml`. Everything that is wrong is added to `problems`; a wrong value is replaced by its default. */
export function readSettings(configDirectory: string, ownership: Ownership, problems: Problem[]): Settings {
  return parseSettings(configDirectory, readSettingsText(configDirectory, ownership, problems), problems)
}

/** Reads the text of `candy.toml`; empty when there is no file. When it cannot be read, it is empty too, and `problems` says why. */
export function readSettingsText(configDirectory: string, ownership: Ownership, problems: Problem[]): string {
  return read(settingsPath(configDirectory), ownership, problems)
}

/** Parses a text of `candy.toml`, as `readSettings` does. */
export function parseSettings(configDirectory: string, text: string, problems: Problem[]): Settings {
  const file = settingsPath(configDirectory)
  const document = parseDocument(text, file, problems)
  const top = new Section(document ?? { file, value: {}, key: () => TOP, position: () => TOP }, problems)
  const mode = top.choice('mode', MODE_NAMES, DEFAULT_MODE)
  const pipe = top.section('pipe')
  const settings: Settings = {
    mode,
    state: absolute(top, 'state', (document ? undefined : stateIn(text)) ?? defaultState(configDirectory)),
    pipe: {
      deadline: pipe.duration('deadline', 900_000),
      reinject: reinjection(pipe),
      sendmail: absolute(pipe, 'sendmail', '/usr/sbin/sendmail'),
    },
    smtp: readSmtpSettings(top.section('smtp'), smtpModeFor(mode)),
    milter: readMilterSettings(top.section('milter')),
    spool: { memory: top.section('spool').size('memory') ?? 24 * 1024 ** 2 },
    log: { to: logTo(top.section('log')) },
    history: readHistorySettings(top.section('history')),
    metrics: readMetricsSettings(top.section('metrics')),
    quarantine: readQuarantineSettings(top.section('quarantine')),
  }
  top.end()
  return settings
}

function settingsPath(configDirectory: string): string {
  return join(resolve(configDirectory), 'candy.toml')
}

function defaultState(configDirectory: string): string {
  return `/var/lib/candy/${instanceName(configDirectory)}`
}

/**
 * Finds the state directory in a text that is not TOML. It is needed even then: the last good configuration is in that directory, and
 * the control socket of the service that runs with it.
 */
function stateIn(text: string): string | undefined {
  return /^state\s*=\s*["'](\/[^"'\\\n]*)["']\s*(?:#.*)?$/m.exec(text)?.[1]
}

const TOP = { line: 1, column: 1 }

function read(file: string, ownership: Ownership, problems: Problem[]): string {
  try {
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return ''
    const complaint = ownership.complaint(file)
    if (complaint !== undefined) problems.push({ file, what: `refused: ${complaint}` })
    return readText(file, problems) ?? ''
  } catch (error) {
    problems.push({ file, what: `cannot be read: ${reason(error)}` })
    return ''
  }
}

function absolute(section: Section, key: string, fallback: string): string {
  const path = section.text(key)
  if (path === undefined) return fallback
  if (!isAbsolute(path)) section.wrong(key, 'must be an absolute path')
  return path
}

function logTo(section: Section): string {
  const to = section.text('to') ?? 'syslog'
  if (!['syslog', 'stderr'].includes(to) && !isAbsolute(to))
    section.wrong('to', 'must be "syslog", "stderr" or an absolute path')
  return to
}

function reinjection(pipe: Section): Settings['pipe']['reinject'] {
  const text = pipe.text('reinject') ?? 'sendmail'
  if (text === 'sendmail') return text
  if (/[:/]/.test(text)) return pipe.address('reinject') ?? 'sendmail'
  pipe.wrong('reinject', 'must be "sendmail", "unix:/path" or "host:port"', nearest(text, ['sendmail']))
  return 'sendmail'
}
