/** Reads the table `[milter]` of candy.toml: where the service listens in mode milter, and its deadline. */
import type { ServiceAddress } from '@candy/sdk/values'
import { MODES } from '../postfix/mode.js'
import type { Section } from './section.js'

export interface MilterSettings {
  /** Absent: the service listens on a socket in Postfix's queue directory. */
  readonly listen?: ServiceAddress
  /** Milliseconds for judging a message. */
  readonly deadline: number
}

export function readMilterSettings(section: Section): MilterSettings {
  const listen = section.address('listen')
  return { ...(listen !== undefined && { listen }), deadline: section.duration('deadline', MODES.milter.deadline) }
}
