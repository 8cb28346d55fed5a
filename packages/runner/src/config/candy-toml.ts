/** candy.toml as `candy enable` needs it: the settings that the plan depends on, and the text of the file with another mode. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { CandyToml } from '../postfix/enable-plan.js'
import { MODES, type Mode, smtpModeFor } from '../postfix/mode.js'
import { type Settings, soundSettings } from './settings.js'
import { makeSettings, setsReinject, withMode } from './settings-edit.js'

/**
 * Reads candy.toml. `state` is the state directory that the operator asks for on the command line. Throws `CONFIG` when the file names
 * another one, and when anything is wrong in the file.
 */
export function readCandyToml(configDirectory: string, state?: string): CandyToml {
  const settings = soundSettings(configDirectory)
  const path = join(configDirectory, 'candy.toml')
  const text = existsSync(path) ? readFileSync(path, 'latin1') : null
  const directory = resolve(state ?? settings.state)
  if (text !== null && directory !== settings.state) {
    throw new CandyError('CONFIG', `${path} says state = "${settings.state}": change it there, or leave --state out`)
  }
  return {
    path,
    text,
    state: directory,
    reinject: text !== null && setsReinject(text) ? settings.pipe.reinject : undefined,
    listenKey: (mode) => listenKey(settings, mode),
    withMode: (mode, reinject) => {
      const wanted = { mode, ...(reinject !== undefined && { reinject }) }
      return text === null ? latin1(makeSettings(wanted, directory)) : withMode(text, wanted)
    },
    warnings: (mode) => keyWarnings(path, settings, mode),
  }
}

/** With `smtp.listen` the service listens only there, in whatever mode it is. */
function listenKey({ smtp, milter }: Settings, mode: Mode): ReturnType<CandyToml['listenKey']> {
  if (smtp.listen !== undefined) return { key: 'smtp.listen', address: smtp.listen }
  return mode === 'milter' && milter.listen !== undefined ? { key: 'milter.listen', address: milter.listen } : undefined
}

/** Warns of the keys of `[smtp]` that the operator set for the old SMTP mode, and that apply to the other one after a switch to `mode`. */
function keyWarnings(file: string, { mode: old, smtp }: Settings, mode: Mode): readonly string[] {
  const [before, after] = [smtpModeFor(old), smtpModeFor(mode)]
  const { protocol, deadline } = MODES[before]
  const keys = Object.entries({
    next_hop: smtp.nextHop !== undefined,
    protocol: smtp.protocol !== protocol,
    deadline: smtp.deadline !== deadline,
  }).flatMap(([key, isSet]) => (isSet ? [`smtp.${key}`] : []))
  if (before === after || keys.length === 0) return []
  return [`${file}: ${keys.join(', ')} was written for mode ${before}, and is now about mode ${after}`]
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
