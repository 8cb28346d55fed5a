/**
 * Does what a Containerfile says (containerfile(5)) in a copy of a Debian system, without a program for containers: each RUN in
 * chroot(1) with processes of its own, and the command in systemd-nspawn(1), which boots nothing and gives it a network of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CommandResult } from '../kit/command.js'
import { until } from '../kit/waiting.js'
import { cutOff, firstProcess, inside } from './machine.js'
import { inTree } from './tree.js'

interface Instruction {
  readonly name: string
  readonly words: string
}

export interface Container extends AsyncDisposable {
  /** Runs a command in it as root. */
  run(command: readonly string[], input?: string): Promise<CommandResult>
  /** All that its processes have printed. */
  output(): string
  /** Sends SIGTERM to its first process, and gives the exit status. */
  stop(): Promise<number | null>
}

async function readInstructions(path: string): Promise<readonly Instruction[]> {
  const text = (await readFile(path, 'utf8')).replace(/^#.*\n/gm, '').replaceAll('\\\n', '')
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, name = '', words = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
      return { name, words }
    })
}

/** Builds in the tree, which stands for the image of FROM. `context` has the files to copy. Throws with what a step printed that fails. */
export async function build(containerfile: string, context: string, tree: string): Promise<readonly string[]> {
  let command: readonly string[] = []
  for (const { name, words } of await readInstructions(containerfile)) {
    if (name === 'RUN') {
      const apart = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
      const { status, stdout, stderr } = await inTree(tree, [...apart, 'sh', '-c', words])
      if (status !== 0) throw new Error(`RUN ${words}: status ${status}\n${stdout}${stderr}`)
    } else if (name === 'COPY') {
      const [target = '', ...sources] = words.split(' ').toReversed()
      for (const source of sources) await cp(join(context, source), join(tree, target, basename(source)))
    } else if (name === 'CMD') command = JSON.parse(words) as readonly string[]
    else if (!['FROM', 'VOLUME', 'EXPOSE'].includes(name)) throw new Error(`${containerfile}: ${name}`)
  }
  return command
}

/** Starts the command of the image. What it prints is written to a file, since /dev/stdout cannot be opened where it is a socket. */
export async function start(tree: string, command: readonly string[], printed: string): Promise<Container> {
  const options = ['--quiet', '--private-network', '--register=no', '--keep-unit', '--console=pipe']
  const file = openSync(printed, 'a')
  const nspawn: ChildProcess = spawn('systemd-nspawn', [...options, `--directory=${tree}`, '--', ...command], {
    stdio: ['ignore', file, file],
  })
  const ended = once(nspawn, 'exit')
  closeSync(file)
  const output = (): string => readFileSync(printed, 'utf8')
  const explain = async (): Promise<string> => output()
  const init = await until('its first process', async () => firstProcess(nspawn), { milliseconds: 30_000, explain })
  return {
    run: (words, input = '') => inside(init, words, input),
    output,
    stop: async () => {
      process.kill(init, 'SIGTERM')
      const [status] = await ended
      return status as number | null
    },
    [Symbol.asyncDispose]: async () => {
      cutOff(nspawn)
      if (nspawn.exitCode === null) await ended
    },
  }
}
