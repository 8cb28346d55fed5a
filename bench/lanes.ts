/** The ways that are compared. Each has a Postfix of its own; those that are not measured stand still. */
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startCandy } from '../test/ground/candy.js'
import { runCommand } from '../test/ground/command.js'
import { type Ground, startGround } from '../test/ground/ground.js'
import { startRelay } from '../test/ground/relay.js'
import { freePort } from '../test/ground/scratch.js'
import { pipeTransport, reinjection } from '../test/ground/services.js'

/** The simple content filter of Postfix's FILTER_README, doing nothing: one temporary file, then sendmail. */
const SHELL_SCRIPT = `#!/bin/sh
trap 'rm -f in.$$' 0 1 2 3 15
cd SPOOL || exit 75
cat > in.$$ || exit 75
/usr/sbin/sendmail -G -i "$@" < in.$$
exit $?
`

/** How to start a lane, and which other lane is the most it could reach. */
export interface Start {
  readonly start: () => Promise<Ground>
  readonly against: string
}

export const NO_FILTER = 'no filter'
const AFTER_LIMIT = "after-queue limit: Postfix's smtp client into a second smtpd"
const BEFORE_LIMIT = 'before-queue limit: smtpd_proxy_filter into a second smtpd'
const SHELL = "pipe: FILTER_README's shell script"

export const LANES: Readonly<Record<string, Start>> = {
  [NO_FILTER]: { start: () => startGround(), against: NO_FILTER },
  [AFTER_LIMIT]: { start: startAfterLimit, against: AFTER_LIMIT },
  'after-queue: candy': { start: () => startRelay({ queue: 'after' }), against: AFTER_LIMIT },
  [BEFORE_LIMIT]: { start: startBeforeLimit, against: BEFORE_LIMIT },
  'before-queue: candy': { start: () => startRelay({ queue: 'before' }), against: BEFORE_LIMIT },
  [SHELL]: { start: startShellScript, against: SHELL },
  'pipe: candy, back by sendmail': { start: () => startCandy(), against: SHELL },
  'pipe: candy, back by candy-in': { start: () => startCandy({ reinject: 'candy-in' }), against: SHELL },
}

/** What no filter after the queue can beat. Postfix's smtp client knows no UNIX sockets, so the second smtpd has a port. */
async function startAfterLimit(): Promise<Ground> {
  const port = await freePort()
  const { master, main } = reinjection()
  const transport = `scan unix - - n - 10 smtp\n  -o smtp_send_xforward_command=yes\n  -o smtp_dns_support_level=disabled\n`
  return startGround({
    services: [{ master: `${master.replace('candy-in unix n -', `127.0.0.1:${port} inet n -`)}${transport}`, main }],
    attach: {
      contentFilter: `scan:[127.0.0.1]:${port}`,
      options: { receive_override_options: 'no_address_mappings' },
    },
  })
}

function startBeforeLimit(): Promise<Ground> {
  return startGround({ services: [reinjection()], attach: { proxyFilter: 'unix:public/candy-in' } })
}

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
