/** What filters broken on purpose are made of: a scanner, a filter without a backend, a rewriter, each sound but for one part. */
import * as v from 'valibot'
import {
  type Accept,
  accept,
  collect,
  defineFilter,
  type Filter,
  type FilterPackage,
  type Message,
  type Verdict,
} from '../../../../src/index.js'
import type { ContractOptions } from '../../../../src/testing/index.js'
import { answer, ask, type Options, scanner, send } from '../daemon.js'

export interface Broken {
  readonly check: string
  readonly how: string
  readonly subject: Omit<ContractOptions, 'test'>
  readonly says: RegExp
}

type Judge = Filter<Verdict>['judge']

/** A filter that asks a scanner. Some of its members are replaced by `over`. */
export function asking(over: (options: Options) => Partial<Filter<Verdict>>, given: Partial<ContractOptions> = {}) {
  const filter = scanner(over as (options: Options) => Partial<Filter>)
  return {
    filter,
    backend: answer,
    options: (b: { address: string }) => ({ address: b.address }),
    grace: 400,
    ...given,
  }
}

/** A filter without a backend. */
export function plain(judge: Judge, given: Partial<ContractOptions> & { members?: Partial<Filter<Verdict>> } = {}) {
  const { members, ...rest } = given
  const filter: FilterPackage = defineFilter({
    api: 1,
    name: 'plain',
    fields: ['X-First', 'X-Start', 'X-Lunch', 'X-Size', 'X-A'],
    rewrites: true,
    options: v.object({}),
    create: () => ({ judge, ...members }),
  })
  return { filter: { ...filter, rewrites: false }, grace: 400, ...rest }
}

export function rewriting(judge: Judge) {
  const subject = plain(judge)
  return { ...subject, filter: { ...subject.filter, rewrites: true } }
}

/** Judges correctly, by asking the scanner. For filters in which something else is wrong. */
export async function scan({ address }: Options, mail: Message, signal: AbortSignal): Promise<Accept> {
  const reply = await ask(address, signal, send(mail, signal))
  if (reply !== 'clean') throw new Error(reply)
  return accept()
}

/** Makes a verdict of a value that the types do not allow. */
export const bad = (verdict: unknown) => verdict as Verdict

/** The whole message as text, one character a byte. */
export async function text(mail: Message): Promise<string> {
  return Buffer.from(await collect(mail.open())).toString('latin1')
}
