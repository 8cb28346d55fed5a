/**
 * One run of a program: bytes in, exit status and output out, and nothing of it left behind.
 *
 * node:child_process and not execa: on a missed deadline everything that the program started must end with it, which takes
 * a process group of its own (setsid(2), kill(2) with a negative id), and execa signals the program alone. It would also
 * cost each message in pipe mode more time to import than the program takes to run.
 */
import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { CandyError } from '@candy/sdk'

/** Between SIGTERM, which lets a shell's trap remove its files, and SIGKILL. Milliseconds. */
const GRACE = 500
/** How long output may still come from what a program left running when it ended. Milliseconds. */
const LINGER = 200
/** Of output that nobody wants whole, only the start is kept. Bytes. */
const KEPT = 8192

export interface Run {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly input: AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
  /** When given, the whole of standard output is kept, and more bytes than this are an error. */
  readonly outputLimit?: number
}

export interface Ended {
  /** Nothing when a signal ended the program. */
  readonly status: number | null
  readonly killedBy: NodeJS.Signals | null
  readonly output: readonly Uint8Array[]
  readonly errors: readonly Uint8Array[]
}

/** Process groups that still run; a runner that ends early takes them along. */
const running = new Set<number>()
let watching = false

/** What the kernel and Node.js say when a program has closed its standard input, or ended. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE'])

/**
 * Runs a program to its end. Rejects when it cannot be started, when its input fails, when it writes too much, and, with
 * the signal's reason, when the signal aborts; then the program and what it started are gone. Not reading its input is
 * the program's own affair.
 */
export async function run(options: Run): Promise<Ended> {
  options.signal.throwIfAborted()
  const child = spawn(options.command, options.args, { cwd: '/', env: options.env, detached: true, stdio: 'pipe' })
  const exited = new Promise<Pick<Ended, 'status' | 'killedBy'>>((done, fail) => {
    child.once('error', fail)
    child.once('exit', (status, killedBy) => done({ status, killedBy }))
  })
  const closed = new Promise<void>((done) => child.once('close', () => done()))
  let stop: (why: unknown) => void = () => {}
  const stopped = new Promise<never>((_, fail) => {
    stop = fail
  })
  const abort = () => stop(options.signal.reason)
  options.signal.addEventListener('abort', abort, { once: true })
  if (child.pid !== undefined) watch(child.pid)
  const output = gather(child.stdout, options.outputLimit, stop)
  const errors = gather(child.stderr, undefined, stop)
  const fed = feed(options.input, child.stdin).catch(stop)
  try {
    const ended = await Promise.race([stopped, exited])
    child.stdin.destroy()
    await Promise.race([stopped, fed])
    const enough = options.outputLimit === undefined ? [closed, sleep(LINGER, undefined, { ref: false })] : [closed]
    await Promise.race([stopped, ...enough])
    return { ...ended, output, errors }
  } catch (error) {
    if (child.pid !== undefined) await terminate(child.pid, exited)
    throw error
  } finally {
    options.signal.removeEventListener('abort', abort)
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    if (child.pid !== undefined) running.delete(child.pid)
  }
}

async function feed(input: AsyncIterable<Uint8Array>, stdin: Writable): Promise<void> {
  try {
    await pipeline(input, stdin)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && READER_GONE.has(String(error.code)))) throw error
  }
}

/** Reads a stream to its end, always, so that the program never waits; keeps the start, or all up to a limit. */
function gather(stream: Readable, limit: number | undefined, stop: (why: unknown) => void): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let size = 0
  stream.on('data', (chunk: Uint8Array) => {
    if (size < (limit ?? KEPT)) chunks.push(chunk)
    size += chunk.length
    if (limit !== undefined && size > limit) stop(new CandyError('CONTENT', `more than ${limit} bytes of output`))
  })
  stream.on('error', stop)
  return chunks
}

async function terminate(group: number, exited: Promise<unknown>): Promise<void> {
  signalGroup(group, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(group, 'SIGKILL'), GRACE)
  await exited
  clearTimeout(timer)
  signalGroup(group, 'SIGKILL')
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // ESRCH: nothing of it is left.
  }
}

function watch(group: number): void {
  running.add(group)
  if (watching) return
  watching = true
  process.once('exit', () => {
    for (const left of running) signalGroup(left, 'SIGKILL')
  })
}
