/** A site whose commands are killed: what they do step by step, what comes after, and what must hold in the end. */
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect } from 'vitest'
import { deliver } from '../kit/client.js'
import { SEED } from '../kit/seed.js'
import { soaking } from '../kit/soak.js'
import { type Files, type Site, startSite } from './site.js'

const PRELOAD = fileURLToPath(new URL('../kit/steps.js', import.meta.url))
const MARK = '#!/bin/sh\n# candy: rewrites\necho "X-Judged: yes"; cat\n'

export class Killing {
  readonly site: Site
  /** Postfix's files as they were. */
  readonly before: Files
  #sent = 0

  static async start(): Promise<Killing> {
    const site = await startSite()
    await site.postfix.run('postfix', ['check'])
    await site.writeFilter('50-mark', MARK)
    const before = await site.files()
    site.supervise()
    return new Killing(site, before)
  }

  private constructor(site: Site, before: Files) {
    this.site = site
    this.before = before
  }

  /** Runs the test on a site of its own. At its end all mail must have arrived once, and Postfix's files must be what they were. */
  static async on(act: (killing: Killing) => Promise<void>): Promise<void> {
    const killing = await Killing.start()
    await using site = killing.site
    await act(killing)
    await site.postfix.flush()
    await site.postfix.waitUntilEmpty()
    const subjects = site.sink.messages.map(({ bytes }) =>
      Number(/^Subject: (\d+)/m.exec(bytes.toString('latin1'))?.[1]),
    )
    expect(subjects.toSorted((a, b) => a - b)).toEqual(Array.from({ length: killing.#sent }, (_, index) => index))
    expect(await site.files()).toEqual(killing.before)
  }

  run(argv: readonly string[]): ReturnType<Site['candy']> {
    return this.site.candy(this.#lineOf(argv))
  }

  /** The steps of a command, in order. */
  async stepsOf(argv: readonly string[]): Promise<readonly string[]> {
    const path = join(this.site.directory, 'steps')
    await rm(path, { force: true })
    await this.site.candyIn(`NODE_OPTIONS=--import=${PRELOAD} CANDY_STEPS=${path} exec "$@"`, this.#lineOf(argv))
    return (await readFile(path, 'utf8')).trimEnd().split('\n')
  }

  /** Kills a command at a step, sends mail, and runs the next command. Returns what that printed. */
  async killThen(step: string, argv: readonly string[], next: readonly string[]): Promise<string> {
    const killed = `NODE_OPTIONS=--import=${PRELOAD} CANDY_KILL_AT='${step}' "$@"; [ $? = 137 ]`
    await this.site.candyIn(killed, this.#lineOf(argv))
    const isNoted = existsSync(join(this.site.state, 'pending.json'))
    await this.#send()
    const { stderr } = await this.run(next)
    expect(stderr.includes('an earlier command was cut short'), `${step}: ${stderr}`).toBe(isNoted)
    expect(await this.#leavings(), step).toEqual([])
    expect(await this.isAttached(), step).toBe(next[0] === 'enable')
    await this.#send()
    return stderr
  }

  async isAttached(): Promise<boolean> {
    return /^\s+-o (?:content_filter=candy|cleanup_service_name=candy-cleanup-milter)/m.test(
      (await this.site.files()).master,
    )
  }

  /** Checks that no command has left anything behind. */
  async #leavings(): Promise<readonly string[]> {
    const { master, main } = await this.site.files()
    const { configDirectory, queueDirectory } = this.site.postfix
    const names = await Promise.all(
      [configDirectory, this.site.state, join(queueDirectory, 'candy')].map((path) =>
        readdir(path, { recursive: true }).catch(() => []),
      ),
    )
    return [
      ...(`${master}${main}`.match(/^.*(?:candy-proof|soft_bounce).*$/gm) ?? []),
      ...names.flat().filter((name) => /\.tmp$|^candy\.lock$|^pending\.json$|^proof$/.test(name)),
    ]
  }

  async #send(): Promise<void> {
    await deliver(this.site.postfix.port, {
      sender: 'a@example.com',
      recipients: ['b@example.net'],
      bytes: `Subject: ${this.#sent}\r\n\r\nx\r\n`,
    })
    this.#sent += 1
  }

  #lineOf(argv: readonly string[]): readonly string[] {
    return [...argv, '--yes', ...(argv[0] === 'enable' ? ['--state', this.site.state] : [])]
  }
}

/** How many steps are drawn beside those around the turn. */
const DRAWN = 3

/**
 * All steps where tests may take long. Else the one after which a successor changes its mind and the next, and some that the seed
 * draws, each of another kind (`link`, `setfacl -m`); in their order.
 */
export function choose(steps: readonly string[], turn: string): readonly string[] {
  const at = steps.indexOf(turn)
  expect(at, `${turn} in ${steps.join(', ')}`).toBeGreaterThan(0)
  if (soaking) return steps
  const around = steps.slice(at, at + 2)
  const others = steps.filter((step) => !around.map(kindOf).includes(kindOf(step)))
  const [shuffled = []] = fc.sample(fc.shuffledSubarray(others, { minLength: others.length }), {
    seed: SEED,
    numRuns: 1,
  })
  const kinds = new Map(shuffled.map((step) => [kindOf(step), step]))
  const chosen = new Set([...around, ...[...kinds.values()].slice(0, DRAWN)])
  return steps.filter((step) => chosen.has(step))
}

/** The kind of a step, without the name of the file and without its number: `rename to`, `postfix reload`. */
function kindOf(step = ''): string {
  return /^(?:link|make|remove|rename to|send)\b|^.*(?= \()/.exec(step)?.[0] ?? step
}
