/** The whole proving ground in one call: a directory, a next hop, and a Postfix that relays to it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceOptions } from './instance.js'
import { type Postfix, startPostfix } from './postfix.js'
import { makeScratch } from './scratch.js'
import { type Sink, startSink } from './sink.js'

export interface Ground extends AsyncDisposable {
  /** A directory for the test's own files, which every account can enter. */
  readonly directory: string
  readonly sink: Sink
  readonly postfix: Postfix
  /** Ends all and removes the directory; may be called again. */
  stop(): Promise<void>
}

/** Postfix's options; its directory and its next hop are the ground's. */
export type GroundOptions = Omit<InstanceOptions, 'directory' | 'sinkPort'>

/**
 * `await using ground = await startGround()`. Options may be a function of the directory, for scripts and sockets that
 * have to be there first. What was started is ended, also when the next step fails.
 */
export async function startGround(
  options: GroundOptions | ((directory: string) => Promise<GroundOptions>) = {},
): Promise<Ground> {
  const started: AsyncDisposable[] = []
  const stop = async (): Promise<void> => {
    for (let last = started.pop(); last !== undefined; last = started.pop()) await last[Symbol.asyncDispose]()
  }
  const own = <T extends AsyncDisposable>(thing: T): T => {
    started.push(thing)
    return thing
  }
  try {
    const scratch = own(await makeScratch('ground'))
    const directory = join(scratch.path, 'work')
    const home = join(scratch.path, 'postfix')
    await mkdir(directory)
    await mkdir(home)
    const sink = own(await startSink())
    const chosen = typeof options === 'function' ? await options(directory) : options
    const postfix = own(await startPostfix({ ...chosen, directory: home, sinkPort: sink.port }))
    return { directory, sink, postfix, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
