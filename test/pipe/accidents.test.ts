/**
 * Every accident that we could think of, in pipe mode, through a real Postfix: the mail must wait in the queue, must not
 * bounce, must not pass unscanned, and must arrive, once and whole, when the cause is gone.
 */
import { execFileSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Accident, absent, dropIn, filterThat, fullDisk, nothing, script, survive } from '../kit/accident.js'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { Pool } from '../kit/pool.js'
import { type Fault, type Stage, startSink } from '../kit/sink.js'

/** Seconds, as `candy enable` writes them after --limit. */
const PIPE_LIMIT = '950'

type Victim = CandyTestBed & { pid(): number }

async function startVictim(): Promise<Victim> {
  const testBed = await startCandy({
    reinject: 'sendmail',
    // An accident that candy-pipe itself has to end would take a quarter of an hour.
    argv: (written) => written.map((word) => (word === PIPE_LIMIT ? '4' : word)),
    pipe: ['deadline = "3s"'],
  })
  // Every process of candy's is born into the mounts of Postfix.
  return { ...testBed, pid: () => testBed.postfix.pid }
}

let victims: Pool<Victim>
beforeAll(async () => {
  victims = new Pool(await Promise.all([startVictim(), startVictim()]))
})
afterAll(() => Promise.all(victims.all.map((victim) => victim.stop())))

function settings(line: string): Accident {
  return (victim) => victim.change(/^\[pipe\]$/m, `[pipe]\n${line}`)
}

/** Another next hop than sendmail(1). */
function wayBack(value: string): Accident {
  return (victim) => victim.change(/^reinject = .*$/m, `reinject = ${value}`)
}

/** A next hop that does what it should not. */
function nextHop(at: Stage, answer: Fault): Accident {
  return async (victim) => {
    const path = join(victim.directory, `${at}-${Date.now()}.sock`)
    const sink = await startSink({ path })
    await chmod(path, 0o666)
    sink.fail({ at, answer })
    const mend = await wayBack(`"unix:${path}"`)(victim)
    return async () => {
      expect(sink.count).toBe(0)
      await mend()
      await sink.stop()
    }
  }
}

function sendmail(text: string): Accident {
  return async (victim) => {
    const path = join(victim.directory, 'sendmail')
    await writeFile(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    await chmod(path, 0o755)
    return settings(`sendmail = "${path}"`)(victim)
  }
}

/** Sends a signal to a process of candy while a filter judges; `program` is what runs its file, `file` one of candy's. */
function signal(name: NodeJS.Signals, program: string, file: string): Accident {
  return async (victim) => {
    const mend = await script('cat >/dev/null; sleep 2')(victim)
    const kill = async (): Promise<void> => {
      for (let tries = 0; tries < 100; tries++) {
        await sleep(50)
        try {
          execFileSync('pkill', [`-${name.slice(3)}`, '-f', `${program}${victim.directory}/.*/${file}`])
          return
        } catch {
          // not there yet
        }
      }
    }
    const killed = kill()
    return async () => {
      await killed
      await mend()
    }
  }
}

const ACCIDENTS: Readonly<Record<string, Accident<Victim>>> = {
  'a filter throws': filterThat("throw new Error('broken')"),
  'a filter throws where nobody catches': filterThat(
    "setTimeout(() => { throw new Error('broken') }); await new Promise(() => {})",
  ),
  'a filter never answers': filterThat('await new Promise(() => {})'),
  'a filter never answers and nothing else keeps the process alive': filterThat(
    'process.stdin.unref?.(); await new Promise((r) => setTimeout(r, 1e6).unref())',
  ),
  'a filter runs in an endless loop': filterThat('for (;;);'),
  'a filter ends the process with 0': filterThat('process.exit(0)'),
  'a filter ends the process with 0 by force': filterThat('process.reallyExit(0)'),
  'a filter ends the process with 69': filterThat('process.exit(69)'),
  'a filter kills the process': filterThat("process.kill(process.pid, 'SIGKILL')"),
  'a filter aborts the process': filterThat('process.abort()'),
  'a filter eats all memory': filterThat('const all = []; for (;;) all.push(new Array(1e6).fill({}))'),
  'a filter writes what pipe(8) takes for a bounce': filterThat(
    "process.stdout.write('5.1.1 no such user'); console.error('5.1.1 no'); throw new Error('x')",
  ),
  'a filter writes past the runner to standard output': filterThat(
    "(await import('node:fs')).writeSync(1, '5.1.1 no such user'); process.exit(75)",
  ),
  'a filter returns nonsense': filterThat("return { action: 'discard' }"),
  'a filter never finishes loading': filterThat('', 'await new Promise(() => {})'),
  'a filter imports what is not there': filterThat('', "import 'not-installed'"),
  'a filter has a syntax error': filterThat('', 'const = 1'),
  'a script fails': script('exit 1'),
  'a script says 75': script('cat >/dev/null; echo later; exit 75'),
  'a script has no interpreter': async (victim) => {
    await victim.writeFilter('50-test', '#!/nowhere/sh\n')
    return () => victim.removeFilter('50-test')
  },
  'a package is not installed': dropIn('filter = "@candy/filter-nowhere"\n'),
  'a drop-in has an unknown key': dropIn('filter = "@candy/filter-clamav"\ntimeuot = "1s"\n'),
  'a drop-in is no TOML': dropIn('filter = \n'),
  'candy.toml has an unknown key': settings('nonsense = 1'),
  'candy.toml is no TOML': settings('= ='),
  'filters.d cannot be read': async ({ filters }) => {
    await chmod(filters, 0o700)
    return () => chmod(filters, 0o755)
  },
  'filters.d is not there': absent(({ filters }) => filters),
  'the spool is not there': absent(({ state }) => join(state, 'spool')),
  'the runner is not there': absent(({ installation }) =>
    join(installation.directory, 'node_modules/@candy/runner/dist/pipe.cjs'),
  ),
  'the launcher is not there': absent(({ installation }) =>
    join(installation.directory, 'node_modules/@candy/runner/bin/candy.cjs'),
  ),
  'candy-pipe is not there': absent(({ state }) => join(state, 'bin/candy-pipe')),
  'clamd is down': dropIn(
    'filter = "@candy/filter-clamav"\n[options]\naddresses = ["/nowhere/clamd.sock"]\nwait = "1s"\n',
  ),
  'spamd is down': dropIn(
    'filter = "@candy/filter-spamassassin"\n[options]\naddresses = ["127.0.0.1:1"]\nwait = "1s"\n',
  ),
  'sendmail is not there': settings('sendmail = "/nowhere/sendmail"'),
  'sendmail fails': sendmail('cat >/dev/null; echo 5.1.1 broken; exit 1'),
  'sendmail refuses for good': sendmail('cat >/dev/null; exit 69'),
  'sendmail is killed': sendmail('kill -9 $$'),
  'sendmail hangs': sendmail('exec sleep 60'),
  'the next hop is not there': wayBack('"unix:/nowhere/candy-in"'),
  'the next hop refuses everyone at the greeting': nextHop('connect', '554 5.7.1 go away'),
  'the next hop refuses everyone at MAIL': nextHop('mail', '550 5.7.1 go away'),
  'the next hop refuses everyone at RCPT': nextHop('rcpt', '550 5.1.1 no such user'),
  'the next hop is busy at RCPT': nextHop('rcpt', '451 4.3.0 busy'),
  'the next hop refuses everyone at DATA': nextHop('data', '554 5.5.1 no valid recipients'),
  'the next hop refuses after the data': nextHop('dot', '554 5.7.1 milter says no'),
  'the next hop has no room': nextHop('dot', '452 4.3.1 insufficient storage'),
  'the next hop hangs up in the middle': nextHop('dot', 'close'),
  'the next hop never answers': nextHop('dot', 'stall'),
  'the disk is full for the spool': fullDisk('spool', nothing),
  'the disk is full for the quarantine': fullDisk('quarantine', script('cat >/dev/null; exit 69')),
  'SIGTERM to the runner': signal('SIGTERM', '', 'candy.cjs pipe'),
  'SIGKILL to the runner': signal('SIGKILL', 'node ', 'candy.cjs pipe'),
  'SIGKILL to candy-pipe': signal('SIGKILL', 'sh ', 'candy-pipe'),
}

test.concurrent.each(Object.entries(ACCIDENTS))('%s', (name, accident) =>
  victims.use((victim) => survive(victim, name, accident, async () => {})),
)
