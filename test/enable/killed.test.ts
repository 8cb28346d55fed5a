/**
 * A command that is killed before any of its steps: the next one says what it has found, undoes it or brings it to its end, and
 * no mail is lost, doubled or left behind. `candy disable` gives Postfix's files back byte for byte.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { soaking } from '../kit/soak.js'
import { choose, Killing } from './killing.js'

const ENABLE = ['enable', '--mode', 'pipe']
const DISABLE = ['disable']
const PURGE = ['disable', '--purge']

/** Until this step a command that is killed is undone. After it mail goes to candy, and the command is completed. */
const GIVEN = 'rename to master.cf (2)'
/** After this step nothing is left to do. */
const NOTED = 'remove pending.json (1)'

const LONG = { timeout: 3_600_000 }

// Each test has a site of its own. They run at the same time, since they mostly wait.
test.concurrent('enabling', LONG, () =>
  Killing.on(async (killing) => {
    const steps = await killing.stepsOf(ENABLE)
    await killing.run(PURGE)
    for (const [index, step] of choose(steps, GIVEN).entries()) {
      // Before candy.toml is written, `candy disable` does not know where the state directory is.
      const next = index % 2 === 0 && step !== 'link candy.toml (1)' ? PURGE : ENABLE
      const stderr = await killing.killThen(step, ENABLE, next)
      expect(stderr.includes('brought to its end'), step).toBe(isBetween(steps, step))
      if (await killing.isAttached()) await killing.run(PURGE)
      expect(await killing.site.files(), step).toEqual(killing.before)
    }
  }),
)

/** Whether mail goes to candy already while the record of the change is still there. */
function isBetween(steps: readonly string[], step: string): boolean {
  return steps.indexOf(step) > steps.indexOf(GIVEN) && steps.indexOf(step) <= steps.indexOf(NOTED)
}

test.concurrent('disabling', LONG, () =>
  Killing.on(async (killing) => {
    await killing.run(ENABLE)
    const steps = await killing.stepsOf(DISABLE)
    for (const [index, step] of choose(steps, 'remove journal.json (1)').entries()) {
      if (!(await killing.isAttached())) await killing.run(ENABLE)
      await killing.killThen(step, DISABLE, index % 2 === 0 ? DISABLE : ENABLE)
      if (index % 2 === 0) expect(await killing.site.files(), step).toEqual(killing.before)
    }
    await killing.run(DISABLE)
  }),
)

/** How a receiving service gives its mail to candy in each mode. */
const ATTACHED = {
  pipe: '-o content_filter=candy:dummy\n',
  smtp: '-o content_filter=candy-lmtp:unix:candy/lmtp\n',
  milter: '-o candy_milter={ unix:candy/milter, ',
}

test.concurrent.each(soaking ? (['smtp', 'milter'] as const) : (['milter'] as const))(
  'switching to mode %s and back, from which candy is left in the old one or in the new one, and in none between',
  LONG,
  (second) =>
    Killing.on(async (killing) => {
      const { site } = killing
      await killing.run(ENABLE)
      const steps = await killing.stepsOf(['mode', second])
      let mode: keyof typeof ATTACHED = second
      for (const step of choose(steps, GIVEN)) {
        const other: keyof typeof ATTACHED = mode === 'pipe' ? second : 'pipe'
        const stderr = await killing.killThen(step, ['mode', other], ['enable'])
        expect(stderr.includes('brought to its end'), step).toBe(isBetween(steps, step))
        if (steps.indexOf(step) > steps.indexOf(GIVEN)) mode = other
        const { stdout } = await site.candy(['enable', '--dry-run', '--json'])
        expect(JSON.parse(stdout), step).toMatchObject({ nothingToDo: true, mode })
        const { master } = await site.files()
        for (const [name, option] of Object.entries(ATTACHED))
          expect(receivingPart(master).includes(option), `${step}: ${name}`).toBe(name === mode)
        const toml = await readFile(join(site.postfix.configDirectory, 'candy.toml'), 'utf8')
        expect(toml, step).toContain(`mode = "${mode}"`)
      }
      await killing.run(DISABLE)
    }),
)

/** master.cf without candy's own services, which are the same in every mode. */
function receivingPart(master: string): string {
  return master.slice(0, master.indexOf('\ncandy '))
}

test.concurrent(
  'a change of what is filtered is undone when it is killed before it is written, although mail was filtered before',
  LONG,
  () =>
    Killing.on(async (killing) => {
      await killing.run(ENABLE)
      const stderr = await killing.killThen('rename to main.cf (1)', ['enable', '--no-pickup'], ['enable'])
      expect(stderr).toContain('what it had begun is undone')
      const { stdout } = await killing.site.candy(['enable', '--dry-run', '--json'])
      expect(JSON.parse(stdout)).toMatchObject({ nothingToDo: true, pickup: true })
      await killing.run(DISABLE)
    }),
)
