/** Runs the command with the process's arguments, streams and working directory, and sets its exit status. */
import { command } from './command.js'

export async function main(): Promise<void> {
  const { argv, stdin: input, stdout: output, stderr: error } = process
  process.exitCode = await command(argv.slice(2), { directory: process.cwd(), input, output, error })
}
