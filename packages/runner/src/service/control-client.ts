/** The other end of the control socket: asks the service for one thing, and waits for the answer. */
import { connect } from 'node:net'
import { type ControlError, type ControlRequest, LINE_LIMIT } from './control-message.js'

/** Why there is no answer. `ABSENT`: nobody listens there. `FORBIDDEN`: whoever asks may not. `FAILED`: anything else. */
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

/** `wait`: milliseconds until the answer. Throws ControlFailure. */
export async function ask<Answer extends object>(
  path: string,
  command: ControlRequest['command'],
  wait: number,
): Promise<Answer> {
  const request: ControlRequest = { version: 1, command }
  const line = await exchange(path, `${JSON.stringify(request)}\n`, wait)
  let answer: (Answer & Partial<ControlError>) | undefined
  try {
    answer = JSON.parse(line) as Answer & Partial<ControlError>
  } catch {
    // Told below.
  }
  if (answer === undefined) throw new ControlFailure('FAILED', 'candy serve ended before it answered')
  if (answer.error !== undefined) throw new ControlFailure('FAILED', `candy serve: ${answer.error}`)
  return answer
}

function exchange(path: string, line: string, wait: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(path, () => socket.write(line))
    const timer = setTimeout(() => {
      reject(new ControlFailure('FAILED', `candy serve has not answered within ${wait / 1000} s`))
      socket.destroy()
    }, wait)
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
