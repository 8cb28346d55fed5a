/**
 * The least that a program can do to have clamd scan something: INSTREAM in sessions that are used again (IDSESSION, clamd(8)). What
 * is written goes to clamd at once. Sessions are kept for as short a while as candy keeps them, since clamd ends them after another. A
 * connection that fails ends the program.
 */
import { connect } from 'node:net'

const END = Buffer.alloc(4)
const NUL = 0

/** Milliseconds for which a session is kept for the next scan. */
const KEPT = 2_000

/** Returns a function that begins a scan at the clamd of this UNIX socket. */
export function clamdSessions(path) {
  const idle = []
  return () => {
    const session = take(idle) ?? open(path)
    session.write('zINSTREAM\0')
    return {
      write: (bytes) => {
        const length = Buffer.allocUnsafe(4)
        length.writeUInt32BE(bytes.length)
        session.write(length)
        session.write(bytes)
      },
      /** Ends it; `answered` is told whether clamd found nothing. */
      end: (answered) => {
        session.answered = (text) => {
          session.since = performance.now()
          idle.push(session)
          answered(text.endsWith(': OK'))
        }
        session.write(END)
      },
    }
  }
}

/** The session that was used last; those before it have waited for longer. */
function take(idle) {
  const session = idle.pop()
  if (session === undefined || performance.now() - session.since < KEPT) return session
  for (const { close } of [session, ...idle.splice(0)]) close()
  return undefined
}

function open(path) {
  const socket = connect(path)
  const session = {
    write: (bytes) => writeTogether(socket, bytes),
    close: () => socket.destroy(),
    answered: undefined,
    since: 0,
  }
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes.latin1Slice()
    if (bytes.at(-1) !== NUL) return
    const answer = text.slice(0, -1)
    text = ''
    const { answered } = session
    session.answered = undefined
    answered?.(answer)
  })
  session.write('zIDSESSION\0')
  return session
}

/** What is written in one turn of the event loop goes out in one call. */
function writeTogether(socket, bytes) {
  if (socket.writableCorked === 0) {
    socket.cork()
    process.nextTick(() => socket.uncork())
  }
  socket.write(bytes)
}
