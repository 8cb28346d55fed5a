/**
 * The control socket, on which commands like `candy reload` reach the running service. It is a UNIX socket in a directory that
 * only root, candy and candy's group may enter: unix(7) requires the right to enter the directory and to write to the socket. The
 * messages are in control-message.ts.
 */
import { lstatSync, unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Log } from '../log/log.js'
import { type ControlError, LINE_LIMIT } from './control-message.js'

/** Milliseconds for which a client that has connected may send nothing. */
const IDLE_TIMEOUT = 10_000

export interface Control {
  close(): void
}

/** The commands by name. The object that a command returns is sent to the client as JSON. */
export type Commands = Readonly<Record<string, () => Promise<object>>>

/** Listens on the path, after it has removed a socket that an earlier service left behind. Throws the error of the system call. */
export async function listenForCommands(path: string, commands: Commands, log: () => Log): Promise<Control> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) unlinkSync(path)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(IDLE_TIMEOUT, () => socket.destroy())
    void answerCommand(socket, commands)
  })
  const previousMask = process.umask(0o117)
  try {
    await listen(server, path)
  } finally {
    process.umask(previousMask)
  }
  server.on('error', (error) => log().write('error', 'the control socket failed', { error: error.message }))
  server.unref()
  return {
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function answerCommand(socket: Socket, commands: Commands): Promise<void> {
  const line = await readLine(socket)
  if (line === undefined) return
  // The command may take longer than the idle timeout: a reload waits until the filters are loaded.
  socket.setTimeout(0)
  const answer = await carryOut(line, commands).catch(
    (error: Error): ControlError => ({ version: 1, error: error.message }),
  )
  socket.end(`${JSON.stringify(answer)}\n`)
}

async function carryOut(line: string, commands: Commands): Promise<object> {
  let command: unknown
  try {
    command = (JSON.parse(line) as { readonly command?: unknown }).command
  } catch {
    throw new Error('this is no JSON')
  }
  const run = typeof command === 'string' && Object.hasOwn(commands, command) ? commands[command] : undefined
  if (run === undefined) {
    throw new Error(`there is no command ${JSON.stringify(command)} (there are: ${Object.keys(commands).join(', ')})`)
  }
  return run()
}

/** Reads the first line; undefined when the connection ends before it is whole, or when it is too long. */
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
