/** What pipe(8) runs in other lanes than candy's: the shell script that everybody knows, and the least that a program of Node.js can do. */
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../test/kit/command.js'
import { writeScript } from '../test/kit/script.js'
import { pipeTransport } from '../test/kit/services.js'
import { startTestBed } from '../test/kit/test-bed.js'
import { bare, type Lane, main, SHELL, type Track } from './lane.js'

/** The simple content filter of Postfix's FILTER_README, doing nothing: one temporary file, then sendmail. */
export const SHELL_SCRIPT: Lane = {
  name: SHELL,
  kind: 'rival',
  against: SHELL,
  start: () =>
    startCommand(async (directory) => {
      const spool = join(directory, 'spool')
      await mkdir(spool, { mode: 0o700 })
      const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => runCommand('id', [flag, 'candy'])))
      await chown(spool, Number(uid), Number(gid))
      return [
        await writeScript(
          directory,
          'filter',
          `trap 'rm -f in.$$' 0 1 2 3 15
cd ${spool} || exit 75
cat > in.$$ || exit 75
/usr/sbin/sendmail -G -i "$@" < in.$$
exit $?`,
        ),
      ]
    }),
}

/** What no filter that is started in Node.js for each message can beat: it reads the message, runs sendmail, and has loaded nothing. */
export const PIPE_FLOOR: Lane = {
  name: 'pipe: Node.js that only runs sendmail',
  kind: 'limit',
  against: SHELL,
  start: () => startCommand(async () => [process.execPath, join(process.cwd(), 'bench/floor-programs/sendmail.cjs')]),
}

/** `prepare` makes what the command needs in a directory, and returns the command; sender and recipient follow it. */
async function startCommand(prepare: (directory: string) => Promise<readonly string[]>): Promise<Track> {
  const testBed = await startTestBed(async (directory) => ({
    services: [pipeTransport([...(await prepare(directory)), '-f', `\${sender}`, '--', `\${recipient}`])],
    attach: { contentFilter: 'filter:dummy' },
    main,
  }))
  return bare(testBed)
}
