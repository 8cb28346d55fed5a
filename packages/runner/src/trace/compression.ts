/** Reads compressed logs: gzip in this process, other formats through the command that Debian's logrotate(8) would use. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { SourceError } from './source.js'

/** The command that decompresses standard input to standard output, by the extension of a file. */
const COMMANDS: Readonly<Record<string, string>> = { '.xz': 'xz', '.zst': 'zstd', '.bz2': 'bzip2', '.lz4': 'lz4' }

export const COMPRESSIONS: readonly string[] = ['.gz', ...Object.keys(COMMANDS)]

/** Bytes that are decompressed at a time. */
const CHUNK = 256 * 1024

/** What a file of this name holds, once decompressed. Throws SourceError when it cannot be decompressed. */
export async function* decompressed(name: string, bytes: Readable): AsyncGenerator<Uint8Array> {
  const extension = extname(name)
  const command = COMMANDS[extension]
  try {
    if (extension === '.gz') yield* pipeline(bytes, createGunzip({ chunkSize: CHUNK }), () => {})
    else if (command === undefined) yield* bytes
    else yield* outputOf(command, bytes)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const missing = code === 'ENOENT' && command !== undefined
    throw new SourceError(
      missing ? `${command}(1) is not installed, which decompresses it` : `cannot be decompressed: ${message}`,
    )
  }
}

async function* outputOf(command: string, bytes: Readable): AsyncGenerator<Uint8Array> {
  const child = spawn(command, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint ||= chunk.toString('latin1').trim()
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  ended.catch(() => {})
  pipeline(bytes, child.stdin, () => {})
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>
    const [status] = await ended
    if (status !== 0) throw new Error(complaint || `${command} ended with status ${status}`)
  } finally {
    child.kill()
  }
}
