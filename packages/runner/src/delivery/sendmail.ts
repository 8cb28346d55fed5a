/**
 * Hands a message of pipe mode to sendmail(1), which needs nothing else of Postfix: `sendmail -G -i`, as FILTER_README does it.
 * sendmail reads the message from a file, never from a pipe: it takes what it has read at end-of-file for a complete message,
 * and would deliver half of one if this process were killed in between.
 *
 * It is started with node:child_process, not with a library: every message in pipe mode pays for what is loaded.
 */
import { isUtf8 } from 'node:buffer'
import { type ChildProcess, spawn } from 'node:child_process'
import { CandyError, printable } from '@candy/sdk'
import type { Deadline } from '../chain/deadline.js'
import { lfFromCrlf } from '../message/line-ends.js'
import { NamelessFile } from '../message/nameless-file.js'
import type { HandOverResult, NextHop, OutgoingMessage } from './next-hop.js'

/** Bytes of sendmail's output that are kept for the log. */
const OUTPUT_LIMIT = 4096

/** `command` is the path of sendmail; `spool` is the directory for the file that it reads. */
export function sendmailNextHop(command: string, spool: string): NextHop {
  return {
    handOver: async (message, deadline) => {
      assertUtf8(message)
      const file = await NamelessFile.create(spool)
      try {
        for await (const chunk of lfFromCrlf(message.content.open())) await file.append(chunk)
        await message.assertUpstream()
        deadline.throwIfAborted()
        return await submit(command, message, file.descriptor, deadline)
      } finally {
        await file.close()
      }
    },
  }
}

/** Node.js gives a process no argument that is not UTF-8. */
function assertUtf8({ addresses: { sender, recipients } }: OutgoingMessage): void {
  const damaged = [sender, ...recipients].find((address) => !isUtf8(address))
  if (damaged === undefined) return
  const text = JSON.stringify(Buffer.from(damaged).toString())
  throw new CandyError(
    'NEXT_HOP',
    `the address ${text} is not UTF-8, and candy cannot give it to sendmail(1); over SMTP it can (pipe.reinject)`,
  )
}

function submit(
  command: string,
  { envelope }: OutgoingMessage,
  descriptor: number,
  deadline: Deadline,
): Promise<HandOverResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, ['-G', '-i', '-f', envelope.sender, '--', ...envelope.recipients], {
      stdio: [descriptor, 'pipe', 'pipe'],
    })
    const output = collectOutput(child)
    // Its cleanup(8) removes what was not submitted completely.
    const abort = (): void => void child.kill('SIGTERM')
    deadline.onAbort(abort)
    child.once('error', (error) => reject(new CandyError('NEXT_HOP', `${command}: ${error.message}`, { cause: error })))
    child.once('close', (status, signalName) => {
      deadline.offAbort(abort)
      if (status === 0) resolve({ delivered: true })
      else reject(new CandyError('NEXT_HOP', `${command} ended with ${signalName ?? `status ${status}`}: ${output()}`))
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
