/**
 * What `candy pipe --help` says. The command itself is in pipe.ts and reads its arguments without commander (pipe/arguments.ts): it starts
 * for every message, and must answer a wrong command line with a status that makes Postfix try again.
 */
import type { Command } from 'commander'
import { addHelp } from './help-text.js'

export function addPipe(candy: Command): void {
  const command = candy
    .command('pipe')
    .summary('judge the message that pipe(8) hands over')
    .description('what pipe(8) runs in mode pipe: judge the message on standard input, and hand it on')
    .argument('<recipient...>', 'the envelope recipients, behind --')
    .option('-f, --sender <address>', 'the envelope sender; empty is the null sender')
    .option('--id <id>', "Postfix's queue id")
    .option('--client-address <address>', 'the address of the client; the other options of the client need this one')
    .option('--client-name <name>', 'the name of the client')
    .option('--client-helo <name>', 'what the client has said in HELO or EHLO')
    .option('--client-protocol <protocol>', 'SMTP or ESMTP')
    .option('--sasl-username <name>', 'the name under which the client has logged in')
    .option('--own-clients <how>', 'local: treat mail from addresses of this host as mail of this host')
  addHelp(command, {
    notes: [
      'You need not type this: "candy enable --mode pipe" writes it into master.cf, with candy-pipe in front, which makes one of these exit statuses of whatever becomes of the process.',
    ],
    exits: {
      0: 'the next hop or the quarantine has the message, or it was discarded',
      69: 'refused; standard output says why, and Postfix bounces the message',
      75: 'anything else; Postfix tries again',
    },
  })
}
