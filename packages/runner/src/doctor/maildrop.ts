/**
 * Mail from sendmail(1) that lies in the directory maildrop. pickup(8) takes it from there at once, unless it does not run, or
 * cleanup(8) refuses the message for now: above all because a milter of non_smtpd_milters does not answer.
 */
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { counted } from '../log/counting.js'
import { localTime } from '../os/local-time.js'
import { parameterOf } from '../postfix/instance.js'
import { readValue } from '../postfix/main-cf.js'
import { MILTER_WORD, miltersIn, namesMilter } from '../postfix/milter-list.js'
import { type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

const LIST = 'non_smtpd_milters'

/** Milliseconds after which a message in maildrop is late. */
const LATE = 10_000

export async function examineMaildrop({
  waitingMail,
  instance,
  mode,
  view,
  postfix,
}: Host): Promise<readonly Observation[]> {
  const { entries } = await waitingMail()
  const late = entries.filter(({ queue, arrival }) => queue === 'maildrop' && Date.now() - arrival.getTime() > LATE)
  if (late.length === 0) return [well('no mail from sendmail(1) waits to be picked up')]
  const milters = miltersIn(parameterOf(instance, LIST))
  const states = await Promise.all(
    milters.map(async (milter) => ({ milter, up: await accepts(milter, instance.queueDirectory) })),
  )
  const down = states.filter(({ up }) => !up).map(({ milter }) => milter)
  const what = `${counted(late.length, 'message')} from sendmail(1) in maildrop, since ${localTime(late[0]?.arrival ?? 0)}`
  if (mode === 'milter' && Object.values((await view()).answering).includes(false)) {
    return [
      urgent(
        `${what}; candy serve does not answer`,
        'cleanup(8) defers all mail from sendmail(1) until it does. See what is said of the sockets; the command then has pickup(8) try again.',
        [postfix('postkick', 'public', 'pickup', 'W')],
      ),
    ]
  }
  if (down.length === 0) {
    return [
      urgent(
        what,
        'cleanup(8) defers them, or pickup(8) does not run; the mail log says why. The command has pickup(8) try again.',
        [postfix('postkick', 'public', 'pickup', 'W')],
      ),
    ]
  }
  const own = namesMilter(instance.mainText, readValue(instance.mainText, LIST) ?? '') ? [MILTER_WORD] : []
  const rest = [...own, ...milters.filter((milter) => !down.includes(milter))].join(', ')
  return [
    urgent(
      `${what}; ${down.join(', ')} of ${LIST} does not answer`,
      'cleanup(8) defers all mail from sendmail(1) until the milter answers: start it. If it is gone for good, these commands take it out; after a reload pickup(8) tries again at once.',
      [postfix('postconf', '-e', `${LIST}=${rest}`), postfix('postfix', 'reload')],
    ),
  ]
}

/** Milliseconds that a milter may take to accept a connection. */
const TIMEOUT = 5_000

/** Whether a milter accepts a connection. An address of another form counts as one that does (postconf(5), smtpd_milters). */
function accepts(milter: string, queueDirectory: string): Promise<boolean> {
  const [, type, rest = ''] = /^\{?\s*(inet|unix|local):([^\s,}]+)/.exec(milter) ?? []
  if (type === undefined) return Promise.resolve(true)
  const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(rest) ?? []
  const where = type === 'inet' ? { host, port: Number(port) } : { path: resolve(queueDirectory, rest) }
  return new Promise((settle) => {
    const socket = connect({ ...where, timeout: TIMEOUT })
    const end = (accepted: boolean): void => {
      socket.destroy()
      settle(accepted)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
