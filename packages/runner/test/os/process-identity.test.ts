import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { runCommand } from '../../../../test/kit/command.js'
import { whereProcHides } from '../../../../test/kit/namespace.js'
import { isDead, ownIdentity } from '../../src/os/process-identity.js'

test('this process is not dead, and an earlier one with its number is', async () => {
  const own = await ownIdentity()
  expect(await isDead(own)).toBe(false)
  expect(await isDead({ ...own, started: '1' })).toBe(true)
})

test('of a process of another namespace nothing is known', async () => {
  expect(await isDead({ ...(await ownIdentity()), started: '1', namespace: '1' })).toBe(false)
})

test('a process that has ended is dead', async () => {
  const child = spawn('true')
  await once(child, 'exit')
  expect(await isDead({ ...(await ownIdentity()), pid: child.pid ?? 0 })).toBe(true)
})

test('where /proc hides the processes of other accounts, those are not taken for dead', async () => {
  const child = spawn('true')
  await once(child, 'exit')
  const { namespace } = await ownIdentity()
  const asked = [process.pid, child.pid].map((pid) => ({ pid, started: '1', namespace }))
  const module = new URL('../../dist/os/process-identity.js', import.meta.url).href
  // It becomes an ordinary account only when it has read the module, which that account may not be able to.
  const script = `const { isDead } = await import('${module}')
    process.setgroups([])
    process.setgid(65534)
    process.setuid(65534)
    console.log(JSON.stringify(await Promise.all(${JSON.stringify(asked)}.map(isDead))))`
  const [command, ...args] = whereProcHides([process.execPath, '--input-type=module', '-e', script])
  expect(JSON.parse((await runCommand(command, args)).toString())).toEqual([false, true])
})
