/**
 * Preloaded into a process (--import): numbers the steps by which it changes files or sends bytes, with node:fs/promises and
 * node:net, and kills it before one of them, as a power cut or the out-of-memory killer would. CANDY_STEPS is a file that gets the name of
 * every step; CANDY_KILL_AT is the number of the step that is never done, counted from 1.
 */
import fs, { promises } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'

const { CANDY_STEPS, CANDY_KILL_AT } = process.env
const { appendFileSync } = fs
const kill = process.kill.bind(process)
let count = 0

function step(name) {
  count += 1
  if (CANDY_STEPS !== undefined) appendFileSync(CANDY_STEPS, `${name}\n`)
  if (String(count) === CANDY_KILL_AT) kill(process.pid, 'SIGKILL')
}

/** Replaces a method by one that is a step where `isStep` its arguments. */
function watch(object, method, isStep = () => true) {
  const original = object[method]
  object[method] = function (...args) {
    if (isStep(...args)) step(method)
    return original.apply(this, args)
  }
}

const probe = await promises.open('/dev/null')
const FileHandle = Object.getPrototypeOf(probe)
await probe.close()

for (const method of ['link', 'unlink', 'rename', 'rm', 'mkdir']) watch(promises, method)
watch(promises, 'open', (_, flags) => typeof flags === 'string' && flags.startsWith('w'))
watch(promises, 'writeFile')
watch(FileHandle, 'sync')
for (const method of ['write', 'end']) watch(Socket.prototype, method)
syncBuiltinESMExports()
