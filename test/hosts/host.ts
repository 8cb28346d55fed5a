/** A mail host as Debian sets it up, in a machine of its own, with the product installed and not yet set up. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SIGNATURES, signature } from '../kit/clamd.js'
import { makeScratch } from '../kit/scratch.js'
import { until } from '../kit/waiting.js'
import { boot, type Machine } from './machine.js'
import type { Release } from './releases.js'
import { inTree, layOver } from './tree.js'
import { asUnavailable } from './unavailable.js'

/** An account that receives mail on this host. */
const ACCOUNT = 'bob'

export interface Host extends Machine {
  /** Hands a message to Postfix on port 25, or to sendmail(1). Lines end in LF; it may not begin with a dot. */
  send(way: 'smtp' | 'sendmail', subject: string, body?: string): Promise<void>
  /** Waits until a message with this subject has been delivered, and gives it as it lies in the mailbox. */
  delivered(subject: string): Promise<string>
  /** The bodies and headers of messages in the quarantine. */
  quarantined(): Promise<readonly string[]>
  /** Waits until nothing is in Postfix's queue. */
  untilEmpty(): Promise<void>
  /** Reads a file of the host. */
  read(path: string): Promise<string>
}

/**
 * Boots a copy of a base, and then has the product brought there: `install` gets the directory of its files. Throws Unavailable where it does not boot, which is the machine's
 * fault: there is nothing of the product in it yet.
 */
export async function startHost(
  base: string,
  release: Release,
  install: (tree: string) => Promise<void>,
): Promise<Host> {
  const { suite, name } = release
  const scratch = await makeScratch(`host-${suite}`)
  const undo: (() => PromiseLike<void>)[] = [() => scratch.remove()]
  const stop = async (): Promise<void> => {
    for (const one of undo.toReversed()) await one()
  }
  try {
    const { machine, path } = await asUnavailable('no container of it boots here', async () => {
      const tree = await layOver(base, scratch.path)
      undo.push(() => tree[Symbol.asyncDispose]())
      await prepare(tree.path)
      return { machine: await boot(tree.path, name), path: tree.path }
    })
    undo.push(() => machine[Symbol.asyncDispose]())
    await install(path)
    return hostOn(machine, path, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

/** An account with mail, and a clamd that knows test signatures instead of ClamAV's millions, which take a download and a gigabyte. */
async function prepare(tree: string): Promise<void> {
  const signatures = Object.entries(SIGNATURES).map(signature).join('')
  await writeFile(join(tree, 'var/lib/clamav/test.ndb'), signatures)
  const unit = join(tree, 'etc/systemd/system/clamav-daemon.service.d')
  await mkdir(unit, { recursive: true })
  // It starts only where freshclam(1) has brought ClamAV's own.
  await writeFile(join(unit, 'signatures.conf'), '[Unit]\nConditionPathExistsGlob=\n')
  const script = `useradd --create-home ${ACCOUNT}
    systemctl enable clamav-daemon.service
    systemctl mask clamav-freshclam.service clamav-freshclam-once.service`
  const { status, stderr } = await inTree(tree, ['sh', '-ec', script])
  if (status !== 0) throw new Error(`the host cannot be prepared:\n${stderr}`)
}

function hostOn(machine: Machine, tree: string, stop: () => Promise<void>): Host {
  const { type } = machine
  const mailbox = join(tree, 'var/mail', ACCOUNT)
  const read = (path: string): Promise<string> => readFile(join(tree, path), 'latin1')
  const explain = async (): Promise<string> => type(['journalctl', '--no-pager', '--lines=80', '--boot'])
  return {
    ...machine,
    read,
    send: async (way, subject, body = 'at noon?') => {
      const message = `From: alice@example.com\nTo: ${ACCOUNT}@mail.example.test\nSubject: ${subject}\n\n${body}\n`
      if (way === 'sendmail') {
        await type(['sendmail', '-f', 'alice@example.com', ACCOUNT], { input: message })
        return
      }
      const to = ['-f', 'alice@example.com', '-t', ACCOUNT, '127.0.0.1:25']
      // A file for each: a test may send two at once.
      const line = 'file=$(mktemp) && cat >"$file" && smtp-source -F "$file" "$@" && rm "$file"'
      await type(['sh', '-c', line, 'sh', ...to], { input: message })
    },
    delivered: (subject) =>
      until(
        `"${subject}" in the mailbox`,
        async () => {
          const text = await readFile(mailbox, 'latin1').catch(() => '')
          return text.split(/^(?=From )/m).find((message) => message.includes(`\nSubject: ${subject}\n`))
        },
        { milliseconds: 60_000, explain },
      ),
    quarantined: async () => {
      const printed = await type([
        'sh',
        '-c',
        // A draft, whose name begins with a dot, may disappear meanwhile.
        'for file in /var/lib/candy/*/quarantine/*/message.eml; do [ ! -e "$file" ] || { cat "$file" && printf "\\0"; }; done',
      ])
      return printed.split('\0').filter((message) => message !== '')
    },
    untilEmpty: () =>
      until('an empty queue', async () => (await type(['postqueue', '-p'])).includes('queue is empty'), {
        milliseconds: 60_000,
        explain: async () => `${await type(['postqueue', '-p'])}\n${await explain()}`,
      }).then(() => {}),
    [Symbol.asyncDispose]: stop,
  }
}
