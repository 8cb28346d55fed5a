/** Finds what a function leaves open that keeps the process alive or takes a file descriptor: sockets, timers, child processes, files. */
import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import { readdirSync, readlinkSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { eventually } from './waiting.js'

/**
 * Does the work, and returns what is still open `milliseconds` later, one entry for each resource. Returns at once, with an empty
 * list, when nothing is open any more.
 */
export async function openResourcesAfter(work: () => Promise<void>, milliseconds: number): Promise<readonly string[]> {
  const before = openResources()
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
      left = [...addedSince(before, openResources()), ...waiting]
      return left.length === 0
    }, milliseconds)
    return left
  } finally {
    hook.disable()
  }
}

/** Without timers, since a test runner sets and clears its own all the time. Those of the work are watched by the hook above. */
function openResources(): string[] {
  const resources = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate')
  return [...resources, ...descriptors()]
}

/**
 * Files and sockets, where /proc shows them (proc(5)). In a worker thread the list is empty, because all threads of the process share
 * their descriptors, and other tests open and close some meanwhile.
 */
function descriptors(): string[] {
  if (process.platform !== 'linux' || !isMainThread) return []
  const names: string[] = []
  for (const entry of readdirSync('/proc/self/fd')) {
    try {
      names.push(readlinkSync(`/proc/self/fd/${entry}`))
    } catch {
      // It was closed since it was listed. The descriptor with which the directory was read always is.
    }
  }
  return names.filter((name) => name.startsWith('socket:') || (name.startsWith('/') && !name.startsWith('/dev/')))
}

/** The entries of `now` that are not in `before`. An entry that is there twice is counted twice. */
function addedSince(before: readonly string[], now: readonly string[]): string[] {
  const known = [...before]
  return now.filter((name) => {
    const at = known.indexOf(name)
    if (at !== -1) known.splice(at, 1)
    return at === -1
  })
}
