/** Faults of a site, made for real: the doctor names them, what it prints is typed as it stands, and all is well again. */
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Check, Finding } from '../../packages/runner/src/doctor/finding.js'
import { until } from '../kit/waiting.js'
import type { Diagnosis, Patient } from './patient.js'

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

/** Of each site the faults whose cure has been typed, and has not been looked at. */
const treated = new WeakMap<Patient, readonly Fault[]>()

/** Faults that are there at the same time, with a name for the test of them. None may hide another; what is printed for each is typed. */
export type Group = readonly [name: string, faults: readonly Fault[]]

export function together(...faults: readonly Fault[]): Group {
  return [faults.map(({ check, name }) => `${check}: ${name}`).join('; '), faults]
}

/** Makes the faults, expects each to be named, types what is said, and waits until all is well. */
export async function suffer(patient: Patient, faults: readonly Fault[]): Promise<void> {
  await treat(patient, faults)
  await recover(patient)
}

/**
 * The same for faults that leave the rest of the site as it is: whether they are cured is looked at together with the next ones, which
 * takes half the time. `recover` is for the last ones.
 */
export async function treat(patient: Patient, faults: readonly Fault[]): Promise<void> {
  for (const { make } of faults) await make(patient)
  const diagnosis = await diagnose(patient)
  expect([diagnosis.status, diagnosis.state]).toEqual([1, 'ailing'])
  const remedies = faults.flatMap((fault) => remedyOf(fault, diagnosis))
  for (const { mend } of faults) await mend?.(patient)
  // What several say is typed once, after all else that they say before it.
  const commands = remedies.filter((command, index) => remedies.lastIndexOf(command) === index)
  for (const command of commands) await patient.type(command)
  treated.set(patient, faults)
}

/** The commands that are printed for a fault, which must be named. */
function remedyOf({ check, says, urgent }: Fault, { findings }: Diagnosis): readonly string[] {
  const printed = JSON.stringify(
    findings.filter((finding) => finding.state !== 'well'),
    undefined,
    2,
  )
  const found = findings.find(
    (finding) => finding.check === check && finding.state === 'ailing' && says.test(finding.what),
  )
  expect(found, printed).toBeDefined()
  expect(found?.urgent, printed).toBe((urgent ?? true) ? true : undefined)
  expect(found?.meaning).not.toBe('')
  return found?.remedy ?? []
}

/** What the doctor says once the faults before are gone. */
async function diagnose(patient: Patient): Promise<Diagnosis> {
  const before = treated.get(patient) ?? []
  return until(
    `the cure of "${before.map(({ name }) => name).join(', ')}"`,
    async () => {
      const diagnosis = await patient.doctor()
      const isLeft = ({ check, state, what }: Finding): boolean =>
        state === 'ailing' && before.some((fault) => fault.check === check && fault.says.test(what))
      return diagnosis.findings.some(isLeft) ? undefined : diagnosis
    },
    { milliseconds: CURE },
  )
}

/** Waits until all is well. */
export async function recover(patient: Patient): Promise<void> {
  let left: readonly Finding[] = []
  const isCured = async (): Promise<boolean> => {
    left = await patient.ailments()
    return left.length === 0
  }
  await until('the cure', isCured, { milliseconds: CURE, explain: async () => JSON.stringify(left, undefined, 2) })
  treated.delete(patient)
}
