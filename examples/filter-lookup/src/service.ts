/**
 * The client of the reputation service: one GET for one message, each over a connection of its own (RFC 9110, RFC 9112).
 * A connection that is kept may be closed just as it is used again, and mail would be deferred for it.
 *
 * It knows no filter. Whatever is not a whole and clear answer is an error: another status than 200, an answer cut short, one
 * that is too long, one that says nothing we know. Nobody may take a service that is broken for one that says "good".
 */
import { Agent, type IncomingMessage, request } from 'node:http'
import { CandyError } from '@candy/sdk'
import { z } from 'zod'

/** What the service says about a sender. */
export interface Answer {
  readonly reputation: 'good' | 'unknown' | 'suspect' | 'bad'
  readonly reason: string
}

/** Members that we do not know are no concern of ours. */
const answer: z.ZodType<Answer> = z.object({
  reputation: z.enum(['good', 'unknown', 'suspect', 'bad']),
  reason: z.string().default(''),
})

/** An answer is a line; whoever sends more has something else in mind. */
const ANSWER_LIMIT = 16 * 1024

export interface Service {
  /**
   * Asks about what the parameters name. Throws the signal's reason once it has aborted, else `SCANNER_UNREACHABLE` when
   * nobody answers and `SCANNER_PROTOCOL` for an answer that is none.
   */
  ask(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>
  /** Ends all connections. */
  close(): void
}

export function openService(url: string): Service {
  const agent = new Agent()
  return {
    async ask(parameters, signal) {
      const target = new URL(url)
      for (const [name, value] of Object.entries(parameters)) target.searchParams.append(name, value)
      try {
        const response = await send(target, agent, signal)
        const text = await read(response)
        if (response.statusCode !== 200) throw nonsense(`status ${response.statusCode}`)
        return understand(text)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        throw error
      }
    },
    close: () => agent.destroy(),
  }
}

async function send(target: URL, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    request(target, { agent, signal, headers: { accept: 'application/json' } }, resolve)
      .on('error', (cause: NodeJS.ErrnoException) => {
        // HPE_: what came is no HTTP (Node.js, "Errors").
        if (cause.code?.startsWith('HPE_')) reject(nonsense(cause.message, cause))
        else reject(new CandyError('SCANNER_UNREACHABLE', `the service: ${cause.message}`, { cause }))
      })
      .end()
  })
}

/** The whole answer, or an error. */
async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > ANSWER_LIMIT) break
      chunks.push(chunk)
    }
  } catch (cause) {
    // The connection ended before `Content-Length` bytes, or before the last chunk.
    throw nonsense('cut short', cause)
  }
  if (size > ANSWER_LIMIT) throw nonsense(`more than ${ANSWER_LIMIT} bytes`)
  // Without either field the end of the connection ends the answer (RFC 9112 section 6.3), and a cut looks like an end.
  if (response.headers['content-length'] === undefined && response.headers['transfer-encoding'] === undefined) {
    throw nonsense('neither Content-Length nor Transfer-Encoding')
  }
  return Buffer.concat(chunks).toString()
}

function understand(text: string): Answer {
  try {
    return answer.parse(JSON.parse(text))
  } catch (cause) {
    throw nonsense('not the JSON it should be', cause)
  }
}

function nonsense(what: string, cause?: unknown): CandyError {
  return new CandyError('SCANNER_PROTOCOL', `the service's answer: ${what}`, { cause })
}
