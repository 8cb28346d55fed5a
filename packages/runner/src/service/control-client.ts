/** The client's end of the control socket: sends the service one command, and waits for the answer. */
import { connect } from 'node:net'
import { type ControlError, type ControlRequest, LINE_LIMIT } from './control-message.js'

/** Why there is no answer. `ABSENT`: no process listens on the socket. `FORBIDDEN`: this user may not connect. `FAILED`: anything else. */
export class ControlFailure extends Error {
  readonly code: 'ABSENT' | 'FORBIDDEN' | 'FAILED'

  constructor(code: ControlFailure['code'], message: string) {
    super(message)
    this.code = code
  }
}

const CODES: Readonly<Record<string, ControlFailure['code']>> = {
  ENOENT: 'ABSENT',
  ECONNREFUSED: 'ABSENT',
  EACCES: 'FORBIDDEN',
}

/** Sends a command and returns the answer. Throws ControlFailure, also when no answer comes within `timeout` milliseconds. */
export async function ask<Answer extends object>(
  path: string,
  command: ControlRequest['command'],
  timeout: number,
): Promise<Answer> {
  const request: ControlRequest = { version: 1, command }
  const line = await exchange(path, `${JSON.stringify(request)}\n`, timeout)
  let answer: (Answer & Partial<ControlError>) | undefined
  try {
    answer = JSON.parse(line) as Answer & Partial<ControlError>
  } catch {
    // The answer is cut off; `answer` stays undefined, and that is reported next.
  }
  if (answer === undefined) throw new ControlFailure('FAILED', 'candy serve ended before it answered')
  if (answer.error !== undefined) throw new ControlFailure('FAILED', `candy serve: ${answer.error}`)
  return answer
}

function exchange(path: string, line: string, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(path, () => socket.write(line))
    const timer = setTimeout(() => {
      reject(new ControlFailure('FAILED', `candy serve has not answered within ${timeout / 1000} s`))
      socket.destroy()
    }, timeout)
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > LINE_LIMIT) socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ControlFailure(CODES[error.code ?? ''] ?? 'FAILED', error.message))
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(text)
    })
  })
}
