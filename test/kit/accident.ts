/**
 * What goes wrong with one message under way, in either mode: the mail must wait in the queue, must not bounce, must not
 * pass unscanned, and must arrive, once and whole, when the cause is gone.
 */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { CandyFiles } from './candy-files.js'
import { deliver } from './client.js'
import { writeFilterFile } from './filter-file.js'
import { fillDisk } from './full-disk.js'
import type { TestBed } from './test-bed.js'

/** Milliseconds from one try to deliver to the next, and for all of them. */
const TRY = 5_000
const ALL_TRIES = 60_000

/** Breaks something; what it returns mends it again. `tell` is that of `survive`, which calls it once more afterwards. */
export type Accident = () => Promise<(tell?: () => Promise<void>) => Promise<unknown>>

/** Candy beside a Postfix. `pid` is a process whose mounts candy has. */
export type Victim = TestBed & CandyFiles & { pid(): number }

export interface Accidents {
  /** A filter package of one file, whose `judge` has the given body. */
  filterThat(judge: string, top?: string): Accident
  script(text: string): Accident
  dropIn(text: string): Accident
  /** Something of the installation or the state is not where it should be. */
  absent(path: () => string): Accident
  /** A directory of the state is on a file system with hardly any room. */
  fullDisk(name: string, also: Accident): Accident
}

export const nothing: Accident = async () => async () => {}

/** Accidents that either mode can have. The victim is asked for when one happens. */
export function accidentsOf(victim: () => Victim): Accidents {
  let count = 0
  const file = (name: string, text: string): Accident => {
    return async () => {
      await victim().writeFilter(name, text)
      return () => victim().removeFilter(name)
    }
  }
  return {
    filterThat: (judge, top = '') => {
      return async () => {
        count += 1
        const path = join(victim().directory, `filter-${count}.js`)
        await writeFilterFile(path, { judge, top })
        return file('50-test.toml', `filter = "${path}"\n`)()
      }
    },
    script: (text) => file('50-test', `#!/bin/sh\n${text}\n`),
    dropIn: (text) => file('50-test.toml', text),
    absent: (path) => {
      return async () => {
        await rename(path(), `${path()}.gone`)
        return () => rename(`${path()}.gone`, path())
      }
    },
    fullDisk: (name, also) => {
      return async () => {
        const empty = fillDisk(victim().pid(), join(victim().state, name))
        const mend = await also()
        return async (tell) => {
          await mend(tell)
          // With room again, what Postfix tries before candy has noticed would be done after all.
          await tell?.()
          empty()
        }
      }
    },
  }
}

/** Has one message meet with the accident. `tell` makes a resident candy notice what has changed. */
export async function survive(
  { postfix, sink, quarantined }: Victim,
  name: string,
  accident: Accident,
  tell: () => Promise<void>,
): Promise<void> {
  sink.clear()
  const before = (await postfix.log()).length
  const logSince = async (): Promise<string> => (await postfix.log()).slice(before)
  const bytes = `Subject: ${name}\r\n\r\n${'what nobody may lose\r\n'.repeat(10_000)}`
  const mend = await accident()
  try {
    await tell()
    await deliver(postfix.port, { sender: 'sender@example.com', recipients: ['victim@example.net'], bytes })
    await postfix.waitUntil(`a deferral: ${name}`, async () => /status=(?!sent)/.test(await logSince()))
    expect(await logSince()).not.toMatch(/status=(bounced|expired|undeliverable)/)
    expect(sink.count, await logSince()).toBe(0)
    expect(await quarantined()).toEqual([])
    expect((await postfix.queue()).length).toBe(1)
  } finally {
    await mend(tell)
    await tell()
  }
  // More than one try: on a machine with much to do, one may take longer than the deadline that the accidents need.
  const tries = setInterval(() => void postfix.flush().catch(() => {}), TRY)
  try {
    await postfix.flush()
    // First of all: it knows what to do about a message that qmgr(8) skips.
    await postfix.waitUntilEmpty(ALL_TRIES)
  } finally {
    clearInterval(tries)
  }
  const [message] = await sink.waitFor(1)
  expect(message?.bytes.toString()).toContain(bytes.slice(bytes.indexOf('\r\n\r\n')))
  expect(sink.count).toBe(1)
  expect(await logSince()).not.toMatch(/status=bounced/)
}
