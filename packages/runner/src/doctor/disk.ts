/** Whether there is room on the disks: for the queue, and for what candy spools and keeps. */
import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { counted } from '../log/counting.js'
import { parameterOf } from '../postfix/instance.js'
import { sizeLimitOf } from '../postfix/size-limit.js'
import { commandLine } from './command-line.js'
import { type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

/** How many of the largest messages must fit; and the size that counts as the largest where there is no limit. */
const MESSAGES = 10
const DEFAULT_SIZE = 10_240_000

/** How many files may still be made. A message needs several. */
const FILES = 1_000

export async function examineDisk({ instance, toml, candy }: Host): Promise<readonly Observation[]> {
  const needed = MESSAGES * (sizeLimitOf(parameterOf(instance, 'message_size_limit')) ?? DEFAULT_SIZE)
  const [spool, quarantine] = [join(toml.state, 'spool'), join(toml.state, 'quarantine')]
  const found: Observation[] = []
  const seen = new Set<number>()
  for (const path of [instance.queueDirectory, toml.state, spool, quarantine]) {
    const dev = await deviceOf(path)
    if (dev === undefined || seen.has(dev)) continue
    seen.add(dev)
    const { bsize, bavail, files, ffree } = await statfs(path)
    const bytes = bsize * bavail
    const short = [
      ...(bytes < needed ? [`${megabytes(bytes)} are free, and ${MESSAGES} messages take ${megabytes(needed)}`] : []),
      // Some file systems make files as they are needed, and count none.
      ...(files > 0 && ffree < FILES ? [`only ${counted(ffree, 'more file')} can be made`] : []),
    ]
    if (short.length === 0) continue
    found.push(
      urgent(
        `the disk of ${path} is almost full: ${short.join('; ')}`,
        'Postfix and candy refuse or defer all mail when nothing is left. The first command shows what takes the room; the second deletes what the quarantine need not keep any longer.',
        [`${commandLine('du', '-xah', path)} | sort -h | tail`, candy('quarantine', 'expire')],
      ),
    )
  }
  return found.length > 0 ? found : [well('there is room on the disks of the queue and of the state directory')]
}

/** The number of the device that a directory is on; undefined where there is none, which is a finding of the directories. */
async function deviceOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).dev
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_000_000)} MB`
}
