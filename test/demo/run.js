#!/usr/bin/env node
/**
 * `npm run demo`: from a fresh clone to a table of the outcomes for five messages. It installs what is missing, builds, and
 * runs demo.ts. Node.js 20 runs no TypeScript, so demo.ts and the parts of the test bed that it uses are bundled into
 * one file first; the bundler is a development dependency anyhow.
 *
 * Needs root on Debian or Ubuntu, as test/install does. Ends with 0 only when every message had the expected outcome.
 * `npm run demo -- --picture FILE` draws what it has printed, too, as the picture in README.md.
 */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = resolve(import.meta.dirname, '../..')
const BUNDLE = join(ROOT, 'node_modules/.cache/candy-demo.js')

/** Milliseconds between signs of life of a step that takes long. */
const SIGN_OF_LIFE = 10_000

// Debian's plain `su` leaves these out, and the daemons are there.
process.env.PATH += ':/usr/local/sbin:/usr/sbin:/sbin'

const begun = performance.now()
const printed = []
let interrupted = false
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    if (!interrupted) say(`${name}: ends as soon as nothing is left half done`)
    interrupted = true
    process.emit('interruption')
  })
}

const status = await run().catch((error) => {
  if (!interrupted) console.error(`\n${error instanceof Error ? error.message : error}`)
  return interrupted ? 130 : 1
})
process.exit(status)

async function run() {
  const { picture } = parseArgs({ options: { picture: { type: 'string' } } }).values
  say('What starts here ends with the demo. What stays: installed packages, and the system account "candy".')
  await step('Looking for Postfix, ClamAV and SpamAssassin; installing what is missing', () =>
    command('test/install', []),
  )
  await step('Looking whether the account "candy" can run Node.js', checkNode)
  if (!isFresh(join(ROOT, 'node_modules/.package-lock.json'), join(ROOT, 'package-lock.json'))) {
    await step('Installing Node.js packages', () => command('npm', ['ci']))
  }
  await step('Building', () => command('npm', ['run', 'build']))
  const { demo, drawTerminal } = await step('Preparing the demo', bundle)
  const status = await demo({ step, say, print, interruption })
  if (picture !== undefined) writeFileSync(picture, drawTerminal('npm run demo', printed))
  return status
}

/** Seconds since the start stand in front of every line. */
function say(text) {
  print(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${text}`)
}

function print(text) {
  printed.push(...text.split('\n'))
  console.log(text)
}

/** Does one thing and says so; while it takes long, says that too. An interruption waits for the end of the step. */
async function step(what, action) {
  say(`${what} ...`)
  const timer = setInterval(() => say('  ... still at it'), SIGN_OF_LIFE)
  try {
    const result = await action()
    if (interrupted) throw new Error('interrupted')
    return result
  } finally {
    clearInterval(timer)
  }
}

/** Settles, with a rejection, when somebody wants the demo to end. */
function interruption() {
  return new Promise((_, reject) => process.once('interruption', () => reject(new Error('interrupted'))))
}

/** In a session of its own: Ctrl-C does not reach it, so no package is left half installed. Its output shows if it fails. */
function command(name, args) {
  return new Promise((done, fail) => {
    const child = spawn(name, args, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    child.once('error', fail)
    child.once('close', (status) =>
      status === 0 ? done() : fail(new Error(`${output.trimEnd()}\n\n${name} ${args.join(' ')} failed`)),
    )
  })
}

/** pipe(8) starts commands with a path of its own; a Node.js below somebody's home is of no use there. */
async function checkNode() {
  const path = '/usr/bin:/bin:/usr/local/bin'
  const test = 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
  try {
    await command('setpriv', [
      ...['--reuid=candy', '--regid=candy', '--clear-groups', '--reset-env'],
      ...['env', `PATH=${path}`, 'node', '-e', test],
    ])
  } catch {
    throw new Error(`the account "candy" finds no Node.js 20.19 or later in ${path}: install one there, for all users`)
  }
}

function isFresh(file, source) {
  const [made, wanted] = [file, source].map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs)
  return made !== undefined && wanted !== undefined && made >= wanted
}

async function bundle() {
  const { build } = await import('rolldown')
  await build({
    input: fileURLToPath(import.meta.resolve('./demo.ts')),
    platform: 'node',
    logLevel: 'warn',
    transform: { target: 'node20' },
    plugins: [{ name: 'own-directory', load: withItsDirectory }],
    output: { file: BUNDLE, format: 'esm' },
  })
  try {
    return await import(pathToFileURL(BUNDLE).href)
  } finally {
    rmSync(BUNDLE)
  }
}

/** A module in the bundle still finds the files that lie beside its source. */
function withItsDirectory(id) {
  if (!id.endsWith('.ts')) return null
  return readFileSync(id, 'utf8').replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
}
