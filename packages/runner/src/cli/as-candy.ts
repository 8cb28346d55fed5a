/**
 * What `candy doctor` has other processes find out, which have only the rights of the account candy: what candy can reach, what the
 * filters say, and what is in the quarantine.
 */
import { execa } from 'execa'
import { Ownership } from '../config/ownership.js'
import { readSettings } from '../config/settings.js'
import type { AsCandy } from '../doctor/host.js'
import { type KeptMail, takeFromQuarantine } from '../doctor/kept-mail.js'
import { type LookRequest, lookAsCandy, type RunnerView } from '../doctor/runner-view.js'
import type { Judged, SendingAsCandy } from '../doctor/sending.js'
import { EX_CONFIG, EX_OK, EX_SOFTWARE, EX_TEMPFAIL, EX_UNAVAILABLE, Failure } from './failure.js'
import { checkFilters } from './filter-check.js'
import { commandForFilters } from './privileges.js'

/** Milliseconds that such a process may take. */
const TIMEOUT = 130_000

/** What the process is asked, as the value of its option `--as-candy`: `look=` with JSON, `take=x@candy-proof.invalid`. */
export async function answerAsCandy(configDirectory: string, question: string): Promise<object> {
  const [, verb, object = ''] = /^(look|take)=(.*)$/s.exec(question) ?? []
  if (verb === 'look') return lookAsCandy(configDirectory, JSON.parse(object) as LookRequest)
  const { state } = readSettings(configDirectory, new Ownership(), [])
  return { kept: await takeFromQuarantine(`${state}/quarantine`, object) }
}

export function asCandy(configDirectory: string): AsCandy & SendingAsCandy {
  const ask = async <Answer>(question: string, options: Options): Promise<Answer> => {
    const { stdout } = await runAsCandy(configDirectory, ['doctor', '--as-candy', question], options)
    return JSON.parse(stdout) as Answer
  }
  return {
    filters: () => checkFilters(configDirectory),
    view: (request, groups) => ask<RunnerView>(`look=${JSON.stringify(request)}`, { groups }),
    check: async (message, recipient) => {
      const words = ['check', '--json', '--from', '<>', '--to', recipient]
      const statuses = [EX_OK, EX_UNAVAILABLE, EX_TEMPFAIL]
      const { stdout } = await runAsCandy(configDirectory, words, { input: message, statuses })
      return JSON.parse(stdout) as Judged
    },
    take: async (recipient, signal) => {
      const { kept } = await ask<{ readonly kept?: KeptMail }>(`take=${recipient}`, { signal })
      return kept
    },
  }
}

interface Options {
  readonly groups?: readonly string[]
  readonly input?: string
  readonly signal?: AbortSignal
  /** The exit statuses with which it has answered. */
  readonly statuses?: readonly number[]
}

/** Runs candy as the account candy. Throws Failure when it does not answer. */
async function runAsCandy(
  configDirectory: string,
  words: readonly string[],
  { groups = [], input = '', signal, statuses = [EX_OK] }: Options,
): Promise<{ readonly stdout: string }> {
  const [command, ...args] = await commandForFilters(['-c', configDirectory, ...words], groups)
  const { exitCode, stdout, stderr } = await execa(command, args, {
    cwd: '/',
    reject: false,
    input,
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
    ...(signal !== undefined && { cancelSignal: signal }),
  })
  if (exitCode !== undefined && statuses.includes(exitCode)) return { stdout }
  const status = exitCode === EX_CONFIG ? EX_CONFIG : EX_SOFTWARE
  throw new Failure(status, `candy ${words[0]} as the account candy: ${stderr || stdout || 'no answer'}`)
}
