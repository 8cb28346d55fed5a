/**
 * The control socket: how a command of candy speaks to the service. A UNIX socket in a directory that only candy and root
 * may enter (unix(7): connecting takes the right to enter and to write). See control-message.ts for what is said.
 */
import { lstatSync, unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../log/log.js'
import { type ControlError, LINE_LIMIT } from './control-message.js'

/** Milliseconds that somebody who has connected may be silent. */
const IDLE = 10_000

export interface Control {
  close(): void
}

/** What there is to be asked for; whatever it gives is said as JSON. */
export type Commands = Readonly<Record<string, () => Promise<object>>>

/** Listens; a socket that an earlier service left behind is taken over. Throws what the kernel says. */
export async function listenForCommands(path: string, commands: Commands, log: () => Log): Promise<Control> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) unlinkSync(path)
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(IDLE, () => socket.destroy())
    void answer(socket, commands)
  })
  const before = process.umask(0o177)
  try {
    await listen(server, path)
  } finally {
    process.umask(before)
  }
  server.on('error', (error) => log().write('error', 'the control socket failed', { error: error.message }))
  server.unref()
  return {
    close: () => {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

async function answer(socket: Socket, commands: Commands): Promise<void> {
  const line = await readLine(socket)
  if (line === undefined) return
  // However long the command takes.
  socket.setTimeout(0)
  const said = await carryOut(line, commands).catch(
    (error: Error): ControlError => ({ version: 1, error: error.message }),
  )
  socket.end(`${JSON.stringify(said)}\n`)
}

async function carryOut(line: string, commands: Commands): Promise<object> {
  let command: unknown
  try {
    command = (JSON.parse(line) as { readonly command?: unknown }).command
  } catch {
    throw new Error('this is no JSON')
  }
  const known = typeof command === 'string' && Object.hasOwn(commands, command) ? commands[command] : undefined
  if (known === undefined) {
    throw new Error(`there is no command ${JSON.stringify(command)} (there are: ${Object.keys(commands).join(', ')})`)
  }
  return known()
}

/** The first line; nothing when the connection ends before, or the line is too long. */
function readLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end !== -1) resolve(text.slice(0, end))
      else if (text.length > LINE_LIMIT) socket.destroy()
    })
    socket.once('close', () => resolve(undefined))
  })
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
