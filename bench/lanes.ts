/** The ways that are compared, in groups. Each has a Postfix of its own; those of a group that are not measured stand still. */
import { startCandy } from '../test/kit/candy.js'
import { editFiles } from '../test/kit/enabled.js'
import { startHandover } from '../test/kit/handover.js'
import { type RelayOptions, startRelay } from '../test/kit/relay.js'
import { freePort } from '../test/kit/scratch.js'
import { startTestBed } from '../test/kit/test-bed.js'
import { AFTER_FLOOR, BEFORE_FLOOR, HANDOVER_FLOOR, MILTER_CLAMD_FLOOR, MILTER_FLOOR } from './floor.js'
import { AFTER_LIMIT, BEFORE_LIMIT, bare, type Daemons, type Lane, main, NO_FILTER, SHELL, type Track } from './lane.js'
import { PIPE_FLOOR, SHELL_SCRIPT } from './pipe-commands.js'
import { afterQueue, CLAMAV_MILTER, CLAMSMTP, PERL_RIVALS } from './rivals.js'

type Filters = (daemons: Daemons) => Readonly<Record<string, string>>

/** What stands in filters.d, by what a lane's name says of it. */
const FILTERS = {
  '': () => ({}),
  ', clamd': ({ clamd }) => ({ '50-clamav.toml': dropIn('clamav', clamd.socket) }),
  ', clamd and spamd': ({ clamd, spamd }) => ({
    '50-clamav.toml': dropIn('clamav', clamd.socket),
    '60-spamassassin.toml': dropIn('spamassassin', spamd.socket),
  }),
} as const satisfies Readonly<Record<string, Filters>>

type Suffix = keyof typeof FILTERS

const noFilter: Lane = {
  name: NO_FILTER,
  kind: 'limit',
  against: NO_FILTER,
  start: async () => bare(await startTestBed({ main })),
}
const afterLimit: Lane = { name: AFTER_LIMIT, kind: 'limit', against: AFTER_LIMIT, start: startAfterLimit }

/**
 * Lanes that are compared with each other, and so measured in turns. Only those of one group run at the same time: beside twenty
 * others a lane finds no cache warm when its turn comes, which costs more the more processes it has.
 */
export interface Group {
  readonly name: string
  readonly lanes: readonly Lane[]
}

/** In every group is Postfix without a filter. */
export const GROUPS: readonly Group[] = [
  {
    name: 'milter',
    lanes: [noFilter, MILTER_FLOOR, milterLane(''), MILTER_CLAMD_FLOOR, milterLane(', clamd'), CLAMAV_MILTER],
  },
  {
    name: 'before the queue',
    lanes: [
      noFilter,
      { name: BEFORE_LIMIT, kind: 'limit', against: BEFORE_LIMIT, start: startBeforeLimit },
      BEFORE_FLOOR,
      beforeLane(''),
    ],
  },
  { name: 'after the queue', lanes: [noFilter, afterLimit, AFTER_FLOOR, afterLane(''), tcpLane()] },
  {
    name: 'with clamd',
    lanes: [noFilter, afterLimit, AFTER_FLOOR, afterLane(', clamd'), CLAMSMTP, beforeLane(', clamd')],
  },
  {
    name: 'pipe',
    lanes: [
      noFilter,
      SHELL_SCRIPT,
      HANDOVER_FLOOR,
      handoverLane(''),
      handoverLane(', clamd'),
      PIPE_FLOOR,
      pipeLane('pipe: candy, no service', 'candy-in'),
      pipeLane('pipe: candy, no service, back by sendmail', 'sendmail'),
    ],
  },
  {
    name: 'with SpamAssassin',
    lanes: [
      noFilter,
      milterLane(', clamd and spamd'),
      beforeLane(', clamd and spamd'),
      afterLane(', clamd and spamd'),
      handoverLane(', clamd and spamd'),
      ...PERL_RIVALS,
    ],
  },
]

/** Each once. */
export const LANES: readonly Lane[] = [
  ...new Map(GROUPS.flatMap(({ lanes }) => lanes.map((lane) => [lane.name, lane] as const))).values(),
]

function dropIn(name: string, socket: string): string {
  return `filter = "@candy/filter-${name}"\n[options]\naddresses = ["${socket}"]\n`
}

function milterLane(suffix: Suffix): Lane {
  return relayLane(`milter: candy${suffix}`, NO_FILTER, FILTERS[suffix], { mode: 'milter' })
}

function beforeLane(suffix: Suffix): Lane {
  return relayLane(`smtp-before: candy${suffix}`, BEFORE_LIMIT, FILTERS[suffix], { mode: 'smtp-before' })
}

function afterLane(suffix: Suffix): Lane {
  return relayLane(`smtp: candy${suffix}`, AFTER_LIMIT, FILTERS[suffix], {})
}

function tcpLane(): Lane {
  return relayLane('smtp over TCP: candy', AFTER_LIMIT, FILTERS[''], { tcp: true })
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

function handoverLane(suffix: Suffix): Lane {
  const start = async (daemons: Daemons): Promise<Track> => {
    const testBed = await startHandover({ main, filters: FILTERS[suffix](daemons) })
    return { testBed, filters: [testBed.pid()], transport: 'candy', stop: testBed.stop }
  }
  return { name: `pipe: candy${suffix}`, kind: 'candy', against: SHELL, start }
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
