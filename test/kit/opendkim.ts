/** A real opendkim(8) as a milter of a private Postfix: one that signs, or one that verifies, with a key of its own and no DNS. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.js'
import { freePort } from './scratch.js'

export interface OpenDkim extends AsyncDisposable {
  /** As `smtpd_milters` names it. */
  readonly address: string
}

/** The key that signers sign with, and verifiers know. */
export interface DkimKey {
  readonly privateKey: string
  /** What the DNS would have. */
  readonly record: string
}

export function makeKey(): DkimKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const record = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  return {
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    record: `v=DKIM1; k=rsa; p=${record}`,
  }
}

/** Signatures are for example.com, and allow no change of any byte (simple/simple, RFC 6376 §3.4). */
export async function startOpenDkim(directory: string, does: 'sign' | 'verify', key: DkimKey): Promise<OpenDkim> {
  const home = join(directory, `opendkim-${does}`)
  await mkdir(home)
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(home, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const port = await freePort()
  const common = [
    'UserID root',
    'RequireSafeKeys no',
    'Background no',
    'Syslog no',
    `Socket inet:${port}@127.0.0.1`,
    `PidFile ${home}/pid`,
  ]
  const lines =
    does === 'sign'
      ? [
          'Mode s',
          'Domain example.com',
          'Selector s',
          `KeyFile ${await write('key.pem', key.privateKey)}`,
          'Canonicalization simple/simple',
          'InternalHosts 127.0.0.1',
        ]
      : [
          'Mode v',
          'InternalHosts 192.0.2.1',
          'AlwaysAddARHeader yes',
          'AuthservID verifier.example',
          `TestPublicKeys ${await write('keys', `s._domainkey.example.com ${key.record}\n`)}`,
        ]
  const conf = await write('opendkim.conf', `${[...common, ...lines].join('\n')}\n`)
  const daemon: Daemon = await startDaemon({
    command: '/usr/sbin/opendkim',
    args: ['-f', '-x', conf],
    ready: () => accepts(port),
  })
  return { address: `inet:127.0.0.1:${port}`, [Symbol.asyncDispose]: () => daemon.stop() }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
