/**
 * A real clamd in the foreground with a configuration and a database of its own (clamd.conf(5)), ready well within a
 * second: three signatures instead of ClamAV's millions. clamd reports names of such a database with `.UNOFFICIAL` added.
 */
import { createHash } from 'node:crypto'
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startDaemon } from './daemon.js'
import { freePort } from './scratch.js'

/** The EICAR test file (https://www.eicar.org), put together here so that no scanner takes this source for it. */
export const EICAR: string = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!', '$H+H*'].join(
  '',
)

/** Texts that clamd finds, by the name it has for them, here without `.UNOFFICIAL`. */
export const SIGNATURES: {
  readonly 'Eicar-Test-Signature': string
  readonly 'PUA.Test.Candy': string
  readonly 'Heuristics.Test.Candy': string
} = {
  'Eicar-Test-Signature': EICAR,
  'PUA.Test.Candy': 'CANDY-POSSIBLY-UNWANTED',
  'Heuristics.Test.Candy': 'CANDY-HEURISTICALLY-SUSPECT',
}

export interface ClamdOptions {
  /** A directory of the daemon's own, made when it is missing. Starting again in the same one takes the same socket. */
  readonly directory: string
  /** `true` for a free port of 127.0.0.1, or the port; none unless said. */
  readonly tcp?: boolean | number
  /** Further lines of clamd.conf(5): `{ StreamMaxLength: '1M', AlertExceedsMax: 'yes' }`. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** When its signatures were made, as VERSION tells it. Without it VERSION has no date. */
  readonly signaturesFrom?: Date
}

export interface Clamd {
  /** Path of its UNIX socket, which every account may use. */
  readonly socket: string
  /** Its port of 127.0.0.1; 0 when it has none. */
  readonly port: number
  readonly pid: number
  output(): string
  /** Has it load one more signature; that takes it a moment. */
  learn(name: string, text: string): Promise<void>
  /** Ends it as a crash would, at once. */
  kill(): void
  /** Ends it and waits for its end; may be called again. */
  stop(): Promise<void>
}

/** Starts clamd and waits until it answers PING. Throws, with what it printed, when it does not. */
export async function startClamd(options: ClamdOptions): Promise<Clamd> {
  const database = join(options.directory, 'database')
  await rm(database, { recursive: true, force: true })
  await mkdir(database, { recursive: true, mode: 0o755 })
  await writeFile(join(database, 'test.ndb'), Object.entries(SIGNATURES).map(signature).join(''))
  if (options.signaturesFrom !== undefined) {
    await writeFile(join(database, 'daily.cud'), datedDatabase(options.signaturesFrom))
  }
  const socket = join(options.directory, 'clamd.sock')
  const port = options.tcp === true ? await freePort() : Number(options.tcp ?? 0)
  const lines = {
    ...(process.getuid?.() === 0 && { User: 'root' }),
    DatabaseDirectory: database,
    LocalSocket: socket,
    LocalSocketMode: 666,
    ...(port > 0 && { TCPSocket: port, TCPAddr: '127.0.0.1' }),
    ...options.settings,
  }
  const configuration = join(options.directory, 'clamd.conf')
  await writeFile(
    configuration,
    Object.entries(lines)
      .map(([key, value]) => `${key} ${value}\n`)
      .join(''),
  )
  const daemon = await startDaemon({
    command: 'clamd',
    args: ['--foreground', `--config-file=${configuration}`],
    ready: () => answersPing(socket),
  })
  return {
    socket,
    port,
    pid: daemon.pid,
    output: daemon.output,
    learn: async (name, text) => {
      await appendFile(join(database, 'test.ndb'), signature([name, text]))
      process.kill(daemon.pid, 'SIGUSR2')
    },
    kill: () => daemon.kill('SIGKILL'),
    stop: daemon.stop,
  }
}

/** One line of an .ndb file: name, any kind of file, any offset, the bytes in hexadecimal. */
export function signature([name, text]: readonly [string, string]): string {
  return `${name}:0:*:${Buffer.from(text, 'latin1').toString('hex')}\n`
}

/**
 * An unsigned container, the only kind one can make oneself: a header of 512 bytes, then a tar archive whose first
 * file repeats the header and lists the others. clamd takes the date of a file named `daily.*`.
 */
function datedDatabase(date: Date): Buffer {
  const content = Buffer.from(signature(['Dated.Test.Candy', 'CANDY-DATED']))
  const seconds = Math.floor(date.getTime() / 1_000)
  const header = `ClamAV-VDB:01 Jan 2024 00-00 +0000:27000:1:90:${'0'.repeat(32)}:X:candy:${seconds}`
  const digest = createHash('sha256').update(content).digest('hex')
  const info = Buffer.from(`${header}\ndaily.ndb:${content.length}:${digest}\n`)
  return Buffer.concat([
    Buffer.from(header.padEnd(512)),
    tarEntry('daily.info', info),
    tarEntry('daily.ndb', content),
    Buffer.alloc(1_024),
  ])
}

/** A file in a tar archive: POSIX ustar, one header block of 512 bytes, content padded to whole blocks. */
function tarEntry(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write(' '.repeat(8), 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}

function answersPing(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    socket.setTimeout(1_000, () => socket.destroy())
    socket.once('connect', () => socket.write('zPING\0'))
    socket.once('data', (reply) => {
      socket.destroy()
      resolve(reply.toString('latin1') === 'PONG\0')
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(false))
  })
}
