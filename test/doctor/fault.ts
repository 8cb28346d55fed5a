/** A fault of a site, made for real: the doctor names it, what it prints is typed as it stands, and all is well again. */
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Check, Finding } from '../../packages/runner/src/doctor/finding.js'
import { until } from '../kit/waiting.js'
import type { Patient } from './patient.js'

export interface Fault {
  readonly name: string
  /** Makes the fault. */
  readonly make: (patient: Patient) => Promise<unknown>
  readonly check: Check
  readonly says: RegExp
  readonly urgent?: false
  /** What a person has to do before the commands that are printed, where the doctor leaves that to them. */
  readonly mend?: Fault['make']
}

/** Runs command lines as root, with names for the receiving service and the directories of the site. */
export function typed(...commands: readonly string[]): Fault['make'] {
  return async (patient) => {
    const { postfix, state, installation } = patient
    const names = {
      SMTP: `127.0.0.1:${postfix.port}`,
      ETC: postfix.configDirectory,
      QUEUE: postfix.queueDirectory,
      STATE: state,
      CANDY: installation.directory,
      LOG: join(patient.directory, 'log'),
    }
    const set = Object.entries(names).map(([name, value]) => `${name}=${value}\n`)
    for (const command of commands) await patient.type(set.join('') + command)
  }
}

/** Milliseconds until a service has started anew, or the queue is empty. */
export const CURE = 60_000

/** Makes the fault, expects it to be named, types what is said, and waits until all is well. */
export async function suffer(patient: Patient, { make, check, says, urgent, mend }: Fault): Promise<void> {
  await make(patient)
  const { status, state, findings } = await patient.doctor()
  const named = findings.filter((finding) => finding.check === check && finding.state === 'ailing')
  const printed = JSON.stringify(
    findings.filter((finding) => finding.state !== 'well'),
    undefined,
    2,
  )
  const found = named.find(({ what }) => says.test(what))
  expect(found, printed).toBeDefined()
  expect(found?.urgent, printed).toBe((urgent ?? true) ? true : undefined)
  expect([status, state]).toEqual([1, 'ailing'])
  expect(found?.meaning).not.toBe('')
  await mend?.(patient)
  for (const command of found?.remedy ?? []) await patient.type(command)
  let left: readonly Finding[] = []
  const isCured = async (): Promise<boolean> => {
    left = await patient.ailments()
    return left.length === 0
  }
  await until('the cure', isCured, { milliseconds: CURE, explain: async () => JSON.stringify(left, undefined, 2) })
}
