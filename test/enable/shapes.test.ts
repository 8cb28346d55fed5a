/** Enabling, switching both ways and disabling under load, on sites of many shapes; see life-cycle.ts for what must hold. */
import { expect, test } from 'vitest'
import { MODE_NAMES } from '../../packages/runner/src/postfix/mode.js'
import { soaking } from '../kit/soak.js'
import { type LifeCycle, MAIN, runLifeCycle } from './life-cycle.js'
import { masterOf } from './shapes.js'
import { type Files, type Site, startSite } from './site.js'

/** The number of messages: more on one shape of site than on the others unless CANDY_SOAK is set. */
const MANY = soaking ? 2_000 : 800
const FEW = soaking ? MANY : 300

/** Sequences of modes that together have every switch from one mode to another. */
const LIFE_CYCLES: Readonly<Record<string, Omit<LifeCycle, 'messages'>>> = {
  debian: { modes: ['milter', 'smtp', 'milter', 'smtp-before'], sendmail: true },
  upstream: { modes: ['smtp-before', 'smtp', 'smtp-before', 'pipe', 'milter', 'pipe'] },
  odd: { modes: ['pipe', 'smtp', 'pipe'], edit: editByHand },
  submission: { modes: ['smtp', 'pipe', 'smtp'], enable: ['--submission'] },
  postscreen: { modes: ['smtp-before', 'milter', 'smtp-before'] },
  multi: { modes: ['pipe', 'milter', 'smtp', 'milter', 'smtp-before', 'pipe', 'smtp-before'] },
}

test('every switch from one mode to another is in one of the life cycles', () => {
  const switches = Object.values(LIFE_CYCLES).flatMap(({ modes }) =>
    modes.slice(1).map((mode, at) => `${modes[at]} to ${mode}`),
  )
  const all = MODE_NAMES.flatMap((from) => MODE_NAMES.filter((to) => to !== from).map((to) => `${from} to ${to}`))
  expect([...new Set(switches)].toSorted()).toEqual(all.toSorted())
})

/** Lines of the site's own between candy's, and beside them. */
async function editByHand(site: Site, before: Files): Promise<Files> {
  const { master } = await site.files()
  expect(master).toContain('candy-in')
  const edit = (text: string): string => text.replace(/^relay {5}unix.*$/m, '$&\n# relayed\n  -o smtp_helo_timeout=5s')
  await site.writeMaster(edit(master))
  await site.postfix.set({ smtpd_banner: 'edited' })
  await site.postfix.reload()
  return { master: edit(before.master), main: `${before.main}smtpd_banner = edited\n` }
}

/** A life cycle takes a minute, so the short version has only two shapes of site: the largest and the most unusual one. */
const SHORT = ['debian', 'odd']

/** In the short version both shapes run at the same time, since they mostly wait. */
const some = soaking ? test : test.concurrent

some.each(Object.entries(LIFE_CYCLES).filter(([shape]) => soaking || SHORT.includes(shape)))(
  '%s',
  async (shape, lifeCycle) => {
    const secondary = shape === 'multi'
    await using site = await startSite({ main: MAIN, stock: (port) => masterOf(shape, port), secondary })
    await runLifeCycle(site, { ...lifeCycle, messages: shape === 'debian' ? MANY : FEW })
  },
  3_600_000,
)
