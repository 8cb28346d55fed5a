/** The ways that are compared. Each has a Postfix of its own; those that are not measured stand still. */
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startCandy } from '../test/ground/candy.js'
import { runCommand } from '../test/ground/command.js'
import { type Ground, startGround } from '../test/ground/ground.js'
import { pipeTransport } from '../test/ground/services.js'

/** The simple content filter of Postfix's FILTER_README, doing nothing: one temporary file, then sendmail. */
const SHELL_SCRIPT = `#!/bin/sh
trap 'rm -f in.$$' 0 1 2 3 15
cd SPOOL || exit 75
cat > in.$$ || exit 75
/usr/sbin/sendmail -G -i "$@" < in.$$
exit $?
`

export const LANES: Readonly<Record<string, () => Promise<Ground>>> = {
  'no filter': () => startGround(),
  "FILTER_README's shell script": startShellScript,
  'candy, pipe mode, sendmail': () => startCandy(),
  'candy, pipe mode, candy-in': () => startCandy({ reinject: 'candy-in' }),
}

/** What all others are compared with, beside the first. */
export const PIPE_BASE = "FILTER_README's shell script"

function startShellScript(): Promise<Ground> {
  return startGround(async (directory) => {
    const spool = join(directory, 'spool')
    await mkdir(spool, { mode: 0o700 })
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => runCommand('id', [flag, 'candy'])))
    await chown(spool, Number(uid), Number(gid))
    const script = join(directory, 'filter')
    await writeFile(script, SHELL_SCRIPT.replace('SPOOL', spool), { mode: 0o755 })
    return {
      services: [pipeTransport({ argv: [script, '-f', `\${sender}`, '--', `\${recipient}`] })],
      attach: { contentFilter: 'candy:dummy' },
    }
  })
}
