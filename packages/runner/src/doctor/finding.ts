/** What the doctor finds: one finding for each thing that it has looked at. */

/** What is looked at, in the order of the findings. docs/doctor.md says what each is about. */
export const CHECKS = [
  'rights',
  'configuration',
  'postfix',
  'lines',
  'main.cf',
  'FILTER',
  'directories',
  'units',
  'sockets',
  're-injection',
  'filters',
  'generation',
  'disk',
  'log',
  'queue',
  'maildrop',
  'deferred',
  'mail',
] as const

export type Check = (typeof CHECKS)[number]

export interface Finding {
  readonly check: Check
  /** `unknown`: it could not be looked at, so nobody can tell. */
  readonly state: 'well' | 'ailing' | 'unknown'
  /** Whether mail waits, is lost or passes unfiltered because of it, and the operator has to act now. */
  readonly urgent?: true
  /** Whether it is that candy is not enabled, as `candy disable` leaves a host, which its operator may want so. */
  readonly disabled?: true
  /** What was found. */
  readonly what: string
  /** What that means; empty where all is well. */
  readonly meaning: string
  /** The commands to type, in order. */
  readonly remedy: readonly string[]
}

/** A finding of a subject, which adds its own name. */
export type Observation = Omit<Finding, 'check'>

export function well(what: string): Observation {
  return { state: 'well', what, meaning: '', remedy: [] }
}

export function ailing(what: string, meaning: string, remedy: readonly string[]): Observation {
  return { state: 'ailing', what, meaning, remedy }
}

/** An ailment because of which mail waits, is lost or passes unfiltered now. */
export function urgent(what: string, meaning: string, remedy: readonly string[]): Observation {
  return { ...ailing(what, meaning, remedy), urgent: true }
}

export function unknown(what: string, meaning = '', remedy: readonly string[] = []): Observation {
  return { state: 'unknown', what, meaning, remedy }
}
