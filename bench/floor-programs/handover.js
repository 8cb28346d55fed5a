/**
 * Takes messages from candy-handover (packages/handover/README.md) on the UNIX socket that it is given first, sends each to the SMTP
 * service that it is given second, over connections that it uses again, and does nothing else. What does not go as it should ends the
 * connection, and Postfix tries again.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'

const [path, nextHop] = process.argv.slice(2)

const ARGUMENT = 0x41
const END = Buffer.from([0x45, 0, 0, 0, 0])

/** Connections on which a message may begin. */
const idle = []

// Postfix has an account of its own.
process.umask(0)

createServer((socket) => {
  const chunks = []
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    if (!END.equals(chunk.subarray(-END.length))) return
    submit(Buffer.concat(chunks)).then(
      () => socket.end('0 2.0.0 sent\n'),
      () => socket.destroy(),
    )
  })
  socket.on('error', () => socket.destroy())
}).listen({ path, backlog: 511 })

async function submit(frames) {
  const { args, content } = read(frames)
  const sender = args.find((word) => word.startsWith('--sender=')).slice('--sender='.length)
  const recipients = args.slice(args.indexOf('--') + 1)
  const next = idle.pop() ?? (await open())
  const commands = [`MAIL FROM:<${sender}>`, ...recipients.map((address) => `RCPT TO:<${address}>`), 'DATA']
  next.socket.write(commands.map((line) => `${line}\r\n`).join(''))
  for (const _ of commands.slice(1)) await next.expect('250')
  await next.expect('354')
  next.socket.write(`${content.replace(/^\./gm, '..').replaceAll('\n', '\r\n')}.\r\n`, 'latin1')
  await next.expect('250')
  idle.push(next)
}

function read(frames) {
  const args = []
  const pieces = []
  for (let at = 0; at < frames.length; ) {
    const start = at + 5
    const end = start + frames.readUInt32BE(at + 1)
    const text = frames.latin1Slice(start, end)
    if (frames[at] === ARGUMENT) args.push(text)
    else pieces.push(text)
    at = end
  }
  return { args, content: pieces.join('') }
}

async function open() {
  const socket = connect(nextHop)
  await once(socket, 'connect')
  socket.on('error', () => socket.destroy())
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const expect = async (code) => {
    for (;;) {
      const { value = '' } = await lines.next()
      if (value.startsWith(`${code}-`)) continue
      if (value.startsWith(code)) return
      socket.destroy()
      throw new Error(value)
    }
  }
  await expect('220')
  socket.write('EHLO localhost\r\n')
  await expect('250')
  return { socket, expect }
}
