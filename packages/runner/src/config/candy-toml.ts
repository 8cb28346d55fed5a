/** candy.toml as enabling needs it: what it says of the state directory and of the ways of mail, and how its mode is changed. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { CandyToml } from '../postfix/enable-plan.js'
import { MODES, type Mode, smtpModeFor } from '../postfix/mode.js'
import { type Settings, soundSettings } from './settings.js'
import { makeSettings, saysReinject, withMode } from './settings-edit.js'

/**
 * `state` is the state directory that the operator asks for, where there is no file that says another one. Throws `CONFIG` where
 * there is, and for a file with a mistake in it.
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
    reinject: text !== null && saysReinject(text) ? settings.pipe.reinject : undefined,
    listen: settings.smtp.listen,
    withMode: (mode, reinject) => {
      const wanted = { mode, ...(reinject !== undefined && { reinject }) }
      return text === null ? latin1(makeSettings(wanted, directory)) : withMode(text, wanted)
    },
    warnings: (mode) => keyWarnings(path, settings, mode),
  }
}

/** Keys of `[smtp]` that were written for one SMTP mode and would be about the other after a switch to `mode`. */
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
