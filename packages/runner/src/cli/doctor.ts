/** `candy doctor`: looks at everything that mail through candy depends on, and says for each fault what to type. */
import { type Command, Option } from 'commander'
import { examineHost } from '../doctor/doctor.js'
import { type Finding, unknown } from '../doctor/finding.js'
import { answerAsCandy, asCandy } from './as-candy.js'
import { EX_OK, EX_USAGE, Failure } from './failure.js'
import { printFindings, printForNagios, stateOf, statusOf } from './findings.js'
import { addHelp } from './help-text.js'
import { changeInstance, findConfigDirectory } from './postfix-instance.js'
import { stopSignal } from './stop-signal.js'

interface DoctorOptions {
  readonly config?: string
  readonly send?: true
  readonly quiet?: true
  readonly json?: true
  readonly nagios?: true
  /** Only in a process that runs as candy: what it is asked. */
  readonly asCandy?: string
}

export function addDoctor(candy: Command): void {
  const command = candy
    .command('doctor')
    .summary('look for faults, and say for each what to type')
    .description('look at all that mail through candy depends on, and say for each fault what to type')
    .option('--send', 'send a clean message, EICAR and GTUBE too, and follow each to its end; nobody receives them')
    .option('--quiet', 'print only what is not well, and so nothing while all is, as cron(8) needs it')
    .option('--json', 'print JSON')
    .option('--nagios', 'print one line, and exit, as a plug-in of Nagios does')
    .addOption(new Option('--as-candy <question>').hideHelp())
    .action(async (_, command: Command) => doctor(command.optsWithGlobals<DoctorOptions>()))
  addHelp(command, {
    notes: [
      'It changes nothing, and must be run as root. With --send, main.cf has a route for the test messages meanwhile.',
      'With --nagios the status is 0 OK, 1 WARNING, 2 CRITICAL (mail waits, is lost or passes unfiltered), 3 UNKNOWN.',
    ],
    examples: [
      ['candy doctor', 'when mail does not arrive, or after a change'],
      ['candy doctor --send', 'prove that a virus and spam are caught'],
    ],
    exits: {
      0: 'all is well',
      1: 'something is ailing',
      2: 'something cannot be told',
      3: 'candy is not enabled, and nothing else is ailing',
      64: 'the command line is wrong',
    },
  })
}

async function doctor({ config, send, quiet, json, nagios, asCandy: question }: DoctorOptions): Promise<void> {
  if (json && nagios) throw new Failure(EX_USAGE, '--json and --nagios: say one of them')
  const configDirectory = await findConfigDirectory(config)
  if (question !== undefined) return end(`${JSON.stringify(await answerAsCandy(configDirectory, question))}\n`, EX_OK)
  const findings = process.geteuid?.() === 0 ? await examine(configDirectory, send === true) : [NOT_ROOT]
  const state = stateOf(findings)
  const status = statusOf(findings)
  if (nagios) {
    const answer = printForNagios(findings)
    return end(`${answer.line}\n`, answer.status)
  }
  if (json) return end(`${JSON.stringify({ version: 1, state, findings })}\n`, status)
  return end(quiet && state === 'well' ? '' : printFindings(findings, { quiet: quiet === true }), status)
}

const NOT_ROOT: Finding = {
  check: 'rights',
  ...unknown('this is not run as root', "Only root sees all of Postfix's queue and what candy keeps.", [
    'sudo candy doctor',
  ]),
}

/** Only the route of test messages changes Postfix's files, so only `--send` keeps other commands out. */
async function examine(configDirectory: string, send: boolean): Promise<readonly Finding[]> {
  const others = asCandy(configDirectory)
  if (!send) return examineHost(configDirectory, others)
  return changeInstance('candy doctor --send', configDirectory, () =>
    examineHost(configDirectory, others, { asCandy: others, signal: stopSignal() }),
  )
}

/** Prints the answer, and ends the process: a subject that had no time may still be at work. */
function end(text: string, status: number): void {
  process.stdout.write(text, () => process.exit(status))
}
