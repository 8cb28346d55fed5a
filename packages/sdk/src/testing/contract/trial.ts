/** One filter, made for one check together with its backend, and taken down again however the check ends. */
import type { Filter, Host, Message, Verdict } from '../../contract.js'
import { type Answer, type Backend, backend, type Fault } from '../backend.js'
import { testContext } from '../context.js'
import { testHost } from '../host.js'
import { message } from '../message.js'
import type { Options } from './options.js'
import { fail, type Settled, settled } from './patience.js'
import type { Subject } from './subject.js'

/** Milliseconds that a filter may try, before its signal aborts, to get an answer out of a bad backend. */
export const TRYING = 300

export interface Trial {
  readonly filter: Filter<Verdict>
  readonly backend: Backend | undefined
  /** Another filter of the same package with the same options. The caller closes it. */
  another(host?: Host): Promise<Filter<Verdict>>
  /** Closes the filter, once; a second call gives the first one's outcome. */
  close(): Promise<Settled<void>>
}

/** Makes a filter whose backend plays `script`, if the subject has a backend, and lends it to `body`. */
export async function trial(
  subject: Subject,
  script: Fault | Answer | undefined,
  body: (trial: Trial) => Promise<void>,
): Promise<void> {
  const daemon =
    subject.backend === undefined || script === undefined ? undefined : await backend({ on: subject.on, script })
  const host = testHost()
  try {
    const another = async (other: Host = host) => create(subject, daemon, other)
    const filter = await another()
    let closing: Promise<Settled<void>> | undefined
    const close = () => {
      closing ??= settled((async () => filter.close?.())(), subject.grace, 'close() did not settle')
      return closing
    }
    try {
      await body({ filter, backend: daemon, another, close })
    } finally {
      await close().catch(() => undefined)
    }
  } finally {
    await daemon?.close()
    await host.close()
  }
}

/** Validates the options as a runner does; fails the check when the schema refuses them. */
async function validated(subject: Subject, daemon: Backend | undefined): Promise<unknown> {
  const result = await subject.filter.options['~standard'].validate(written(subject, daemon))
  if (result.issues !== undefined) fail(`its options are refused: ${result.issues.map((i) => i.message).join('; ')}`)
  return result.value
}

function written(subject: Subject, daemon: Backend | undefined): Options {
  if (typeof subject.options !== 'function') return subject.options
  if (daemon === undefined) fail('contract(): options that depend on a backend need `backend`, the way it answers')
  return subject.options(daemon)
}

async function create(subject: Subject, daemon: Backend | undefined, host: Host): Promise<Filter<Verdict>> {
  return await subject.filter.create(await validated(subject, daemon), host)
}

/** Judges as a runner does; the signal aborts after `milliseconds`, and the filter must then settle soon. */
export async function judged(
  subject: Subject,
  filter: Filter<Verdict>,
  letter: Message,
  milliseconds: number,
  controller: AbortController = new AbortController(),
): Promise<Settled<Verdict>> {
  const abort = () => controller.abort(new DOMException('the deadline has passed', 'TimeoutError'))
  const timer = setTimeout(abort, milliseconds)
  if (milliseconds === 0) abort()
  try {
    const judging = (async () => filter.judge(letter, testContext({ signal: controller.signal, milliseconds })))()
    return await settled(judging, milliseconds + subject.grace, 'judge() did not settle')
  } finally {
    clearTimeout(timer)
  }
}

/** Judges with everything in good order; fails the check when the filter throws. */
export async function verdictOn(subject: Subject, filter: Filter<Verdict>, letter: Message): Promise<Verdict> {
  const outcome = await judged(subject, filter, letter, subject.grace)
  if ('error' in outcome) fail(`judge() threw: ${String(outcome.error)}`, outcome.error)
  return outcome.value
}

export function sample(subject: Subject, chunks?: readonly number[]): Message {
  return message(subject.sample, chunks === undefined ? {} : { chunks })
}
