/** Runs a command to its end and keeps what it printed as bytes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface CommandResult {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null
  readonly stdout: Buffer
  readonly stderr: Buffer
}

export interface CommandOptions {
  readonly input?: Uint8Array | string
  readonly env?: Readonly<Record<string, string>>
}

/** Never throws for a status; throws when the command cannot be started. */
export async function tryCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, [...args], { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A command that ends without reading its input is judged by its status.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
}

/** As `tryCommand`, and throws with what was printed when the status is not 0. Returns standard output. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Buffer> {
  const { status, stdout, stderr } = await tryCommand(command, args, options)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: status ${status}\n${stdout}${stderr}`)
  return stdout
}
