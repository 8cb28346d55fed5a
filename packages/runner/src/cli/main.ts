/** The command `candy`: argv in, text or JSON out. Each command is a file of its own; nothing is decided here. */
import { Command, CommanderError } from 'commander'
import { addAdd } from './add.js'
import { addCheck } from './check.js'
import { addDisable } from './disable.js'
import { addEnable, addMode } from './enable.js'
import { EX_NOINPUT, EX_OK, EX_SOFTWARE, EX_USAGE } from './exit-status.js'
import { Failure } from './failure.js'
import { addList } from './list.js'
import { addRemove } from './remove.js'
import { addServe } from './serve.js'

export async function main(argv: readonly string[]): Promise<void> {
  const candy = new Command('candy')
    .description('Mail filters for Postfix: whatever lies in filters.d judges the mail.')
    .option('-c, --config <dir>', "Postfix's configuration directory (default: what Postfix says, or MAIL_CONFIG)")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
  addCheck(candy)
  addList(candy)
  addEnable(candy)
  addMode(candy)
  addDisable(candy)
  addAdd(candy)
  addRemove(candy)
  addServe(candy)
  candy
    .command('pipe')
    .description('what pipe(8) runs: judge the message on standard input, hand it on (see docs/pipe.md)')
    .usage('-f SENDER [--id ID] [--client-address ADDRESS] -- RECIPIENT...')
  for (const command of candy.commands) command.exitOverride()
  try {
    assertSomewhere()
    await candy.parseAsync([...argv])
  } catch (error) {
    process.exitCode = explain(error)
  }
}

/** From a directory that is gone no other program can be started, and no name in it means anything. */
function assertSomewhere(): void {
  try {
    process.cwd()
  } catch {
    throw new Failure(EX_NOINPUT, 'the working directory is gone: change to another one (cd /), then try again')
  }
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EX_OK : EX_USAGE
  if (error instanceof Failure) {
    console.error(error.message)
    return error.status
  }
  console.error(error)
  return EX_SOFTWARE
}
