/** Creates one filter together with its backend for one check, and closes both however the check ends. */
import type { Filter, Host, Message, Verdict } from '../../contract.js'
import { type Answer, type Backend, type BackendFailure, backend } from '../backend.js'
import { testContext } from '../context.js'
import { testHost } from '../host.js'
import { message } from '../message.js'
import type { FilterUnderTest } from './filter-under-test.js'
import type { Options } from './options.js'
import { fail, type Settled, settled } from './waiting.js'

/** Milliseconds after which the signal aborts in checks in which the backend does not answer as it should. */
export const RETRY_TIME = 300

export interface FilterRun {
  readonly filter: Filter<Verdict>
  readonly backend: Backend | undefined
  /** Creates another filter of the same package with the same options. The caller closes it. */
  another(host?: Host): Promise<Filter<Verdict>>
  /** Closes the filter. A second call does nothing and returns the outcome of the first. */
  close(): Promise<Settled<void>>
}

/** Creates a filter, and a backend that plays `script` if the tested filter has one, and calls `body` with them. */
export async function withFilter(
  tested: FilterUnderTest,
  script: BackendFailure | Answer | undefined,
  body: (run: FilterRun) => Promise<void>,
): Promise<void> {
  const daemon =
    tested.backend === undefined || script === undefined ? undefined : await backend({ on: tested.on, script })
  const host = testHost()
  try {
    const another = async (other: Host = host) => create(tested, daemon, other)
    const filter = await another()
    let closing: Promise<Settled<void>> | undefined
    const close = () => {
      closing ??= settled((async () => filter.close?.())(), tested.grace, 'close() did not settle')
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

/** Validates the options as a runner does. Fails the check when the schema refuses them. */
async function validated(tested: FilterUnderTest, daemon: Backend | undefined): Promise<unknown> {
  const result = await tested.filter.options['~standard'].validate(written(tested, daemon))
  if (result.issues !== undefined) fail(`its options are refused: ${result.issues.map((i) => i.message).join('; ')}`)
  return result.value
}

function written(tested: FilterUnderTest, daemon: Backend | undefined): Options {
  if (typeof tested.options !== 'function') return tested.options
  if (daemon === undefined) fail('contract(): options that depend on a backend need `backend`, the way it answers')
  return tested.options(daemon)
}

async function create(tested: FilterUnderTest, daemon: Backend | undefined, host: Host): Promise<Filter<Verdict>> {
  return await tested.filter.create(await validated(tested, daemon), host)
}

/** Judges as a runner does. The signal aborts after `milliseconds`; the check fails when the filter does not settle soon after that. */
export async function judged(
  tested: FilterUnderTest,
  filter: Filter<Verdict>,
  mail: Message,
  milliseconds: number,
  controller: AbortController = new AbortController(),
): Promise<Settled<Verdict>> {
  const abort = () => controller.abort(new DOMException('the deadline has passed', 'TimeoutError'))
  const timer = setTimeout(abort, milliseconds)
  if (milliseconds === 0) abort()
  try {
    const judging = (async () => filter.judge(mail, testContext({ signal: controller.signal, milliseconds })))()
    return await settled(judging, milliseconds + tested.grace, 'judge() did not settle')
  } finally {
    clearTimeout(timer)
  }
}

/** Judges while nothing is wrong. Fails the check when the filter throws. */
export async function verdictOn(tested: FilterUnderTest, filter: Filter<Verdict>, mail: Message): Promise<Verdict> {
  const outcome = await judged(tested, filter, mail, tested.grace)
  if ('error' in outcome) fail(`judge() threw: ${String(outcome.error)}`, outcome.error)
  return outcome.value
}

export function sample(tested: FilterUnderTest, chunks?: readonly number[]): Message {
  return message(tested.sample, chunks === undefined ? {} : { chunks })
}
