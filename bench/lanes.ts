/** The ways that are compared. Each has a Postfix of its own; those that are not measured stand still. */
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startCandy } from '../test/kit/candy.js'
import { runCommand } from '../test/kit/command.js'
import { editFiles } from '../test/kit/enabled.js'
import { startHandover } from '../test/kit/handover.js'
import { type RelayOptions, startRelay } from '../test/kit/relay.js'
import { freePort } from '../test/kit/scratch.js'
import { writeScript } from '../test/kit/script.js'
import { pipeTransport } from '../test/kit/services.js'
import { startTestBed } from '../test/kit/test-bed.js'
import { AFTER_FLOOR, BEFORE_FLOOR } from './floor.js'
import { AFTER_LIMIT, BEFORE_LIMIT, bare, type Daemons, type Lane, main, NO_FILTER, SHELL, type Track } from './lane.js'
import { AFTER_QUEUE_RIVALS, afterQueue, MILTER } from './rivals.js'

type Filters = (daemons: Daemons) => Readonly<Record<string, string>>

/** What stands in filters.d, by what a lane's name says of it. */
const FILTERS: Readonly<Record<string, Filters>> = {
  '': () => ({}),
  ', clamd': ({ clamd }) => ({ '50-clamav.toml': dropIn('clamav', clamd.socket) }),
  ', clamd and spamd': ({ clamd, spamd }) => ({
    '50-clamav.toml': dropIn('clamav', clamd.socket),
    '60-spamassassin.toml': dropIn('spamassassin', spamd.socket),
  }),
}

/** One lane for each. */
function withEach(make: (suffix: string, filters: Filters) => Lane): readonly Lane[] {
  return Object.entries(FILTERS).map(([suffix, filters]) => make(suffix, filters))
}

/** Each beside what it is compared with. */
export const LANES: readonly Lane[] = [
  { name: NO_FILTER, kind: 'limit', against: NO_FILTER, start: async () => bare(await startTestBed({ main })) },
  ...withEach((suffix, filters) => relayLane(`milter: candy${suffix}`, NO_FILTER, filters, { mode: 'milter' })),
  MILTER,
  { name: BEFORE_LIMIT, kind: 'limit', against: BEFORE_LIMIT, start: startBeforeLimit },
  BEFORE_FLOOR,
  ...withEach((suffix, filters) =>
    relayLane(`smtp-before: candy${suffix}`, BEFORE_LIMIT, filters, { mode: 'smtp-before' }),
  ),
  { name: AFTER_LIMIT, kind: 'limit', against: AFTER_LIMIT, start: startAfterLimit },
  AFTER_FLOOR,
  ...withEach((suffix, filters) => relayLane(`smtp: candy${suffix}`, AFTER_LIMIT, filters, {})),
  relayLane('smtp over TCP: candy', AFTER_LIMIT, () => ({}), { tcp: true }),
  ...AFTER_QUEUE_RIVALS,
  { name: SHELL, kind: 'rival', against: SHELL, start: startShellScript },
  ...withEach((suffix, filters) => handoverLane(`pipe: candy${suffix}`, filters)),
  pipeLane('pipe: candy, no service', 'candy-in'),
  pipeLane('pipe: candy, no service, back by sendmail', 'sendmail'),
]

function dropIn(name: string, socket: string): string {
  return `filter = "@candy/filter-${name}"\n[options]\naddresses = ["${socket}"]\n`
}

function relayLane(name: string, against: string, filters: Filters, options: RelayOptions): Lane {
  const start = async (daemons: Daemons): Promise<Track> => {
    const testBed = await startRelay({ ...options, main, filters: filters(daemons) })
    const after = options.mode === undefined || options.mode === 'smtp'
    return { testBed, filters: [testBed.pid()], ...(after && { transport: 'candy-lmtp' }), stop: testBed.stop }
  }
  return { name, kind: 'candy', against, start }
}

/** Node.js is started for each message. */
function pipeLane(name: string, reinject: 'sendmail' | 'candy-in'): Lane {
  const start = async (): Promise<Track> => bare(await startCandy({ reinject, main }))
  return { name, kind: 'candy', against: SHELL, start }
}

function handoverLane(name: string, filters: Filters): Lane {
  const start = async (daemons: Daemons): Promise<Track> => {
    const testBed = await startHandover({ main, filters: filters(daemons) })
    return { testBed, filters: [testBed.pid()], transport: 'candy', stop: testBed.stop }
  }
  return { name, kind: 'candy', against: SHELL, start }
}

/** What no filter after the queue can beat. Postfix's smtp client knows no UNIX sockets, so the second smtpd has a port. */
async function startAfterLimit(): Promise<Track> {
  const port = await freePort()
  return bare(await startTestBed({ ...afterQueue(port, port), main }))
}

/** What `candy enable` writes, but for where smtpd(8) connects: straight to the service that takes mail back from candy. */
async function startBeforeLimit(): Promise<Track> {
  const edit = (master: string): string => master.replaceAll('unix:candy/proxy', 'unix:public/candy-in-before')
  return bare(
    await startTestBed({
      prepare: ({ configDirectory }) => editFiles(configDirectory, { mode: 'smtp-before', edit }),
      main,
    }),
  )
}

/** The simple content filter of Postfix's FILTER_README, doing nothing: one temporary file, then sendmail. */
async function startShellScript(): Promise<Track> {
  const testBed = await startTestBed(async (directory) => {
    const spool = join(directory, 'spool')
    await mkdir(spool, { mode: 0o700 })
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => runCommand('id', [flag, 'candy'])))
    await chown(spool, Number(uid), Number(gid))
    const script = await writeScript(
      directory,
      'filter',
      `trap 'rm -f in.$$' 0 1 2 3 15
cd ${spool} || exit 75
cat > in.$$ || exit 75
/usr/sbin/sendmail -G -i "$@" < in.$$
exit $?`,
    )
    return {
      services: [pipeTransport([script, '-f', `\${sender}`, '--', `\${recipient}`])],
      attach: { contentFilter: 'filter:dummy' },
      main,
    }
  })
  return bare(testBed)
}
