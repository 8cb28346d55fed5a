/** A fault of a site, made for real: the doctor names it, what it prints is typed as it stands, and all is well again. */
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

/** Of each site the fault whose cure has been typed, and has not been looked at. */
const treated = new WeakMap<Patient, Fault>()

/** Makes the fault, expects it to be named, types what is said, and waits until all is well. */
export async function suffer(patient: Patient, fault: Fault): Promise<void> {
  await treat(patient, fault)
  await recover(patient)
}

/**
 * The same for a fault that leaves the rest of the site as it is: whether it is cured is looked at together with the next one, which
 * takes half the time. `recover` is for the last one.
 */
export async function treat(patient: Patient, fault: Fault): Promise<void> {
  const { make, check, says, urgent, mend } = fault
  await make(patient)
  const { status, state, findings } = await diagnose(patient)
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
  treated.set(patient, fault)
}

/** What the doctor says once the fault before is gone. */
async function diagnose(patient: Patient): Promise<Diagnosis> {
  const before = treated.get(patient)
  return until(
    `the cure of "${before?.name}"`,
    async () => {
      const diagnosis = await patient.doctor()
      const isLeft = ({ check, state, what }: Finding): boolean =>
        check === before?.check && state === 'ailing' && before.says.test(what)
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
