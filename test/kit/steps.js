/**
 * Preloaded into a command (NODE_OPTIONS=--import): numbers the steps by which it changes anything, and kills it before one of
 * them, as a power cut or the out-of-memory killer would. CANDY_STEPS is a file that gets the name of every step; CANDY_KILL_AT
 * is the name of the step that is never done.
 */
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'

const { CANDY_STEPS, CANDY_KILL_AT } = process.env
// Programs that the command runs are not meant.
for (const name of ['NODE_OPTIONS', 'CANDY_STEPS', 'CANDY_KILL_AT']) delete process.env[name]

const { appendFileSync, lstatSync } = fs
const kill = process.kill.bind(process)
const counts = new Map()
let isInside = false

function step(name) {
  const count = (counts.get(name) ?? 0) + 1
  counts.set(name, count)
  const numbered = `${name} (${count})`
  if (CANDY_STEPS !== undefined) appendFileSync(CANDY_STEPS, `${numbered}\n`)
  if (numbered === CANDY_KILL_AT) kill(process.pid, 'SIGKILL')
}

/** Replaces a function by one that is a step where `nameOf` its arguments gives a name. */
function watch(module, functionName, nameOf) {
  const original = module[functionName]
  module[functionName] = (...args) => {
    // What Node.js calls to do a step is none of its own.
    if (isInside) return original(...args)
    const name = nameOf(...args)
    if (name !== undefined) step(name)
    isInside = true
    try {
      return original(...args)
    } finally {
      isInside = false
    }
  }
}

function isThere(path) {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

for (const name of ['rmSync', 'unlinkSync', 'rmdirSync']) {
  watch(fs, name, (path) => (isThere(path) ? `remove ${basename(path)}` : undefined))
}
watch(fs, 'renameSync', (_, path) => `rename to ${basename(path)}`)
watch(fs, 'linkSync', (_, path) => `link ${basename(path)}`)
watch(fs, 'mkdirSync', (path) => `make ${basename(path)}`)
watch(fs, 'fchownSync', () => 'change an owner')

/** Commands that change something; the others only ask. */
const CHANGING = /^(?:postfix reload|postsuper|postkick|setfacl|useradd|userdel)/

function nameOfCommand(file, args) {
  const words = Array.isArray(args) ? args : []
  const start = words[0] === '-c' ? 2 : 0
  const line = [basename(String(file)), ...words.slice(start, start + 1)].join(' ')
  return CHANGING.test(line) ? line : undefined
}

for (const name of ['spawn', 'spawnSync', 'execFileSync']) watch(childProcess, name, nameOfCommand)
watch(process, 'kill', (_, signal) => (signal === 0 ? undefined : `send ${signal}`))
syncBuiltinESMExports()
