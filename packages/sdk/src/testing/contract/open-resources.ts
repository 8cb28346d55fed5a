/** What a piece of work leaves behind that keeps the process alive or holds a descriptor: sockets, timers, children, files. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import { readdirSync, readlinkSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { eventually } from './waiting.js'

/** Does the work and gives what it is still holding `milliseconds` later, one entry for each; empty as soon as it is nothing. */
export async function openResourcesAfter(work: () => Promise<void>, milliseconds: number): Promise<readonly string[]> {
  const before = held()
  const inside = new AsyncLocalStorage<boolean>()
  const timers = new Map<number, Pick<NodeJS.Timeout, 'hasRef'>>()
  const hook = createHook({
    init(id, type, _trigger, resource) {
      if (type === 'Timeout' && inside.getStore() === true) timers.set(id, resource as NodeJS.Timeout)
    },
    destroy: (id) => timers.delete(id),
  }).enable()
  try {
    await inside.run(true, work)
    let left: readonly string[] = []
    await eventually(() => {
      const waiting = [...timers.values()].filter((timer) => timer.hasRef()).map(() => 'Timeout')
      left = [...beyond(held(), before), ...waiting]
      return left.length === 0
    }, milliseconds)
    return left
  } finally {
    hook.disable()
  }
}

/** Timers are watched one by one instead: a test runner sets and clears its own all the time. */
function held(): string[] {
  const resources = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate')
  return [...resources, ...descriptors()]
}

/** Files and sockets, where /proc shows them (proc(5)). Threads share them, so in a worker they tell nothing of this test. */
function descriptors(): string[] {
  if (process.platform !== 'linux' || !isMainThread) return []
  const names: string[] = []
  for (const entry of readdirSync('/proc/self/fd')) {
    try {
      names.push(readlinkSync(`/proc/self/fd/${entry}`))
    } catch {
      // Closed since it was listed, as the listing's own descriptor always is.
    }
  }
  return names.filter((name) => name.startsWith('socket:') || (name.startsWith('/') && !name.startsWith('/dev/')))
}

function beyond(now: readonly string[], before: readonly string[]): string[] {
  const known = [...before]
  return now.filter((name) => {
    const at = known.indexOf(name)
    if (at !== -1) known.splice(at, 1)
    return at === -1
  })
}
