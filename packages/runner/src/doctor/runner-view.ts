/**
 * What the account candy finds out by itself, in a process that has only its rights: these are the directories, sockets and files
 * that candy owns or has to use. It loads no filter, and says what it saw; what that means, and what to type, root decides, since
 * whatever runs as candy could have changed the answer.
 */
import { Ownership } from '../config/ownership.js'
import { readSettings } from '../config/settings.js'
import { unusableDirectories } from './directories.js'
import { askInForce, type GenerationView } from './generation.js'
import { type LogView, tryLog } from './log.js'
import { lookAtReinjection, type ReinjectionView } from './reinjection.js'
import { answeringSockets } from './sockets.js'

export interface RunnerView {
  /** What keeps candy from using directories, by path. */
  readonly unusable: Readonly<Record<string, string>>
  /** Whether candy serve answers, by the path of its socket. */
  readonly answering: Readonly<Record<string, boolean>>
  readonly reinjection: readonly ReinjectionView[]
  readonly generation: GenerationView
  readonly log: LogView
}

/** What root tells the process. */
export interface LookRequest {
  readonly queueDirectory: string
  /** For the message that is begun and never ended (reinjection.ts). */
  readonly recipients: readonly string[]
}

export async function lookAsCandy(
  configDirectory: string,
  { queueDirectory, recipients }: LookRequest,
): Promise<RunnerView> {
  const { state, mode, log } = readSettings(configDirectory, new Ownership(), [])
  const [answering, reinjection, generation] = await Promise.all([
    mode === 'pipe' ? {} : answeringSockets(queueDirectory),
    lookAtReinjection(queueDirectory, mode, recipients),
    askInForce(state),
  ])
  return { unusable: unusableDirectories(state), answering, reinjection, generation, log: tryLog(log.to) }
}
