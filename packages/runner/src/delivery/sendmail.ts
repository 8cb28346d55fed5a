/**
 * The way out of pipe mode that needs nothing of Postfix but its sendmail(1) command: `sendmail -G -i`, as FILTER_README
 * does it. The message is handed over as a file, never through a pipe: sendmail takes what it has read at end-of-file
 * for a whole message, and would deliver half of one if this process died in between.
 *
 * node:child_process, not a library: this is the path that every message in pipe mode pays for.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { FileHandle } from 'node:fs/promises'
import { CandyError, printable } from '@candy/sdk'
import { lfFromCrlf } from '../message/line-ends.js'
import { openNameless, writeAll } from '../message/spool.js'
import type { HandOverResult, NextHop, OutgoingMessage } from './next-hop.js'

/** Bytes of sendmail's output that are kept for the log. */
const OUTPUT_LIMIT = 4096

/** `command` is the path of sendmail; `spool` a directory for the file that it reads. */
export function sendmailNextHop(command: string, spool: string): NextHop {
  return {
    handOver: async (message, signal) => {
      const file = await openNameless(spool)
      try {
        await write(file, lfFromCrlf(message.content.open()))
        await message.assertUpstream()
        signal.throwIfAborted()
        return await submit(command, message, file.fd, signal)
      } finally {
        await file.close()
      }
    },
  }
}

async function write(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  let position = 0
  for await (const chunk of bytes) {
    await writeAll(file, chunk, position)
    position += chunk.length
  }
}

function submit(
  command: string,
  { envelope }: OutgoingMessage,
  message: number,
  signal: AbortSignal,
): Promise<HandOverResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, ['-G', '-i', '-f', envelope.sender, '--', ...envelope.recipients], {
      stdio: [message, 'pipe', 'pipe'],
    })
    const output = collectOutput(child)
    // Its cleanup removes what it has not yet submitted.
    const abort = (): boolean => child.kill('SIGTERM')
    signal.addEventListener('abort', abort, { once: true })
    child.once('error', (error) => reject(new CandyError('NEXT_HOP', `${command}: ${error.message}`, { cause: error })))
    child.once('close', (status, death) => {
      signal.removeEventListener('abort', abort)
      if (status === 0) resolve({ taken: true })
      else reject(new CandyError('NEXT_HOP', `${command} ended with ${death ?? `status ${status}`}: ${output()}`))
    })
  })
}

function collectOutput(child: ChildProcess): () => string {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      if (output.length < OUTPUT_LIMIT) output += chunk.toString('latin1')
    })
  }
  return () => printable(output)
}
