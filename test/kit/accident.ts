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

/** Candy beside a Postfix. `pid` is a process whose mounts candy has. */
export type Victim = TestBed & CandyFiles & { pid(): number }

/** Breaks something; what it returns mends it again. `tell` is that of `survive`, which calls it once more afterwards. */
export type Accident<V extends Victim = Victim> = (
  victim: V,
) => Promise<(tell?: () => Promise<void>) => Promise<unknown>>

export const nothing: Accident = async () => async () => {}

let count = 0

/** A filter package of one file, whose `judge` has the given body. */
export function filterThat(judge: string, top = ''): Accident {
  return async (victim) => {
    count += 1
    const path = join(victim.directory, `filter-${count}.js`)
    await writeFilterFile(path, { judge, top })
    return dropIn(`filter = "${path}"\n`)(victim)
  }
}

export function script(text: string): Accident {
  return filterFile('50-test', `#!/bin/sh\n${text}\n`)
}

export function dropIn(text: string): Accident {
  return filterFile('50-test.toml', text)
}

function filterFile(name: string, text: string): Accident {
  return async (victim) => {
    await victim.writeFilter(name, text)
    return () => victim.removeFilter(name)
  }
}

/** Something of the installation or the state is not where it should be. */
export function absent<V extends Victim>(pathOf: (victim: V) => string): Accident<V> {
  return async (victim) => {
    const path = pathOf(victim)
    await rename(path, `${path}.gone`)
    return () => rename(`${path}.gone`, path)
  }
}

/** A directory of the state is on a file system with hardly any room. */
export function fullDisk(name: string, also: Accident): Accident {
  return async (victim) => {
    const empty = fillDisk(victim.pid(), join(victim.state, name))
    const mend = await also(victim)
    return async (tell) => {
      await mend(tell)
      // With room again, what Postfix tries before candy has noticed would be done after all.
      await tell?.()
      empty()
    }
  }
}

/** Has one message meet with the accident. `tell` makes a resident candy notice what has changed. */
export async function survive<V extends Victim>(
  victim: V,
  name: string,
  accident: Accident<V>,
  tell: () => Promise<void>,
): Promise<void> {
  const { postfix, sink, quarantined } = victim
  sink.clear()
  const before = (await postfix.log()).length
  const logSince = async (): Promise<string> => (await postfix.log()).slice(before)
  const bytes = `Subject: ${name}\r\n\r\n${'what nobody may lose\r\n'.repeat(10_000)}`
  const mend = await accident(victim)
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
