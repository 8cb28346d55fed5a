/** The whole test bed in one call: a directory, a next hop, and a Postfix that relays to it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clamd, type ClamdOptions, startClamd } from './clamd.js'
import { type Postfix, type PostfixOptions, startPostfix } from './postfix.js'
import { makeScratch } from './scratch.js'
import { type Sink, startSink } from './sink.js'
import { type Spamd, type SpamdOptions, startSpamd } from './spamd.js'

/** The scanners that were asked for. */
export interface Scanners {
  readonly clamd?: Clamd
  readonly spamd?: Spamd
}

/** Which scanners to start, and how; none unless asked for. */
export interface ScannerOptions {
  readonly clamd?: Omit<ClamdOptions, 'directory'>
  readonly spamd?: Omit<SpamdOptions, 'directory'>
}

export interface TestBed extends AsyncDisposable, Scanners {
  /** A directory for the test's own files, which every account can enter. */
  readonly directory: string
  readonly sink: Sink
  readonly postfix: Postfix
  /** Ends all and removes the directory; may be called again. */
  stop(): Promise<void>
}

/** Postfix's options; its directory and its next hop are the test bed's. */
export type TestBedOptions = Omit<PostfixOptions, 'directory' | 'sinkPort'>

/**
 * `await using testBed = await startTestBed()`. Options may be a function of the directory and the scanners, for scripts and
 * sockets that have to be there first. What was started is ended, also when the next step fails.
 */
export async function startTestBed(
  options: TestBedOptions | ((directory: string, scanners: Scanners) => Promise<TestBedOptions>) = {},
  wanted: ScannerOptions = {},
): Promise<TestBed> {
  const started: AsyncDisposable[] = []
  const stop = async (): Promise<void> => {
    for (let last = started.pop(); last !== undefined; last = started.pop()) await last[Symbol.asyncDispose]()
  }
  const own = <T extends AsyncDisposable>(thing: T): T => {
    started.push(thing)
    return thing
  }
  try {
    const scratch = own(await makeScratch('test'))
    const below = async (name: string): Promise<string> => {
      await mkdir(join(scratch.path, name))
      return join(scratch.path, name)
    }
    const directory = await below('files')
    const sink = own(await startSink())
    const clamd = wanted.clamd && (await startClamd({ ...wanted.clamd, directory: await below('clamd') }))
    if (clamd !== undefined) own({ [Symbol.asyncDispose]: clamd.stop })
    const spamd = wanted.spamd && own(await startSpamd({ ...wanted.spamd, directory: await below('spamd') }))
    const scanners = { ...(clamd && { clamd }), ...(spamd && { spamd }) }
    const chosen = typeof options === 'function' ? await options(directory, scanners) : options
    const home = await below('postfix')
    const postfix = own(await startPostfix({ ...chosen, directory: home, sinkPort: sink.port }))
    return { ...scanners, directory, sink, postfix, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
