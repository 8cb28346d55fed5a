/** Lets the filter judge a message, as Latin-1 text: one character a byte. */
import type { Envelope, Filter, Verdict } from '@candy/sdk'
import { message, type Run, run, testHost } from '@candy/sdk/testing'
import * as v from 'valibot'
import { filter } from '../src/index.js'
import { options } from '../src/options.js'

export const FOOTER = 'Example Ltd'

export interface Footed extends Run {
  /** The message as it would be delivered. */
  readonly text: string
  /** Why there is no footer. */
  readonly reason: unknown
}

export async function makeFilter(written: object = { text: FOOTER }): Promise<Filter<Verdict>> {
  return await filter.create(v.parse(options, written), testHost())
}

/** The lines of the message end in LF here. */
export async function footed(
  mail: string,
  written?: object,
  envelope: Partial<Envelope> = {},
  chunks: readonly number[] = [7],
): Promise<Footed> {
  const bytes = Buffer.from(mail.replaceAll('\n', '\r\n'), 'latin1')
  const done = await run(await makeFilter(written), message(bytes, { envelope, chunks }))
  const text = Buffer.from(done.output ?? []).toString('latin1')
  return { ...done, text: text.replaceAll('\r\n', '\n'), reason: done.log[0]?.fields.reason }
}
