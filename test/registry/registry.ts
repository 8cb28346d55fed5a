/**
 * A registry of npm packages for one test: verdaccio on a port of 127.0.0.1, empty, with one account that may publish. It
 * knows the scopes of the dry release and asks nobody else; all other packages come from the registry that npm uses here.
 * It is installed beside this file, apart from the workspaces (test/kit/tools.ts).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../kit/command.js'
import { startDaemon } from '../kit/daemon.js'
import { freePort } from '../kit/scratch.js'

const HOME = import.meta.dirname

/** A directory to put first in PATH: npm is Debian's 9.2.0 there. */
export const DEBIAN_NPM: string = join(HOME, 'node_modules/.bin')

/** The scopes that are published here: ours, and that of an author whom nobody knows. */
const SCOPES: readonly string[] = ['@candy', '@you']

export interface Registry extends AsyncDisposable {
  /** npmrc(5) of somebody who may install, and of somebody who may publish as well. */
  readonly reader: string
  readonly publisher: string
  readonly url: string
}

/** Starts it in an empty directory. */
export async function startRegistry(directory: string): Promise<Registry> {
  await mkdir(directory, { recursive: true })
  const configuration = join(directory, 'config.json')
  await writeFile(configuration, JSON.stringify(settings(directory)))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const daemon = await startDaemon({
    command: process.execPath,
    args: [
      join(HOME, 'node_modules/verdaccio/bin/verdaccio'),
      '--config',
      configuration,
      '--listen',
      `127.0.0.1:${port}`,
    ],
    ready: async () => (await fetch(`${url}-/ping`)).ok,
  })
  try {
    const reader = [...(await network()), ...SCOPES.map((scope) => `${scope}:registry=${url}`), ''].join('\n')
    const publisher = `${reader}//127.0.0.1:${port}/:_authToken=${await signUp(url)}\n`
    return { url, reader, publisher, [Symbol.asyncDispose]: daemon.stop }
  } catch (error) {
    await daemon.stop()
    throw error
  }
}

function settings(directory: string): object {
  const access = { access: '$all', publish: '$authenticated' }
  return {
    storage: join(directory, 'storage'),
    auth: { htpasswd: { file: join(directory, 'htpasswd') } },
    // Otherwise every request pays for the hash of the password.
    security: { api: { legacy: false, jwt: { sign: { expiresIn: '1d' } } } },
    packages: Object.fromEntries(SCOPES.map((scope) => [`${scope}/*`, access])),
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
  }
}

/** How npm reaches the registry that it uses here: lines of npmrc(5). */
async function network(): Promise<readonly string[]> {
  const printed = await runCommand('npm', ['config', 'get', 'registry', 'cafile', 'https-proxy', 'proxy', 'noproxy'])
  return printed
    .toString()
    .trim()
    .split('\n')
    .filter((line) => !/=(null)?$/.test(line))
}

/** As `npm login` does it. Gives the account's token. */
async function signUp(url: string): Promise<string> {
  const answer = await fetch(`${url}-/user/org.couchdb.user:release`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'release', password: crypto.randomUUID() }),
  })
  const { token } = (await answer.json()) as { readonly token?: string }
  if (token === undefined) throw new Error(`no account: ${answer.status}`)
  return token
}
