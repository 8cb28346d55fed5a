/** What keeps this process alive, or holds a descriptor: sockets, timers, children, files. */
import { readdirSync, readlinkSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/** All of it now, or what has come since `before`; one entry for each. Descriptors only where /proc shows them (proc(5)). */
export function leftovers(before: readonly string[] = []): readonly string[] {
  const known = [...before]
  return [...process.getActiveResourcesInfo(), ...descriptors()].filter((name) => {
    const at = known.indexOf(name)
    if (at !== -1) known.splice(at, 1)
    return at === -1
  })
}

/** Files and sockets. Threads share them, so in a worker they tell nothing of this test. */
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
