import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { reloadAfter } from '../../src/cli/reload.js'
import { listenForCommands } from '../../src/service/control.js'
import { serviceFiles } from '../../src/service/state-directory.js'
import { memoryLog, scratch } from '../support.js'

/** A state directory whose service answers so. */
async function serviceThat(reload: () => Promise<object>): Promise<string> {
  const state = scratch()
  const { control } = serviceFiles(state)
  mkdirSync(dirname(control), { recursive: true })
  const listening = await listenForCommands(control, { reload }, memoryLog)
  onTestFinished(() => listening.close())
  return state
}

test.each(['pipe', 'smtp'] as const)('in mode %s a change is in force once the service has taken it', async (mode) => {
  const answer = { version: 1, reloaded: true, problems: [] }
  const state = await serviceThat(async () => answer)
  expect(await reloadAfter({ state, mode })).toEqual({ inForce: true, answer })
})

test('in mode pipe a change is not in force when the service that takes the messages refuses it', async () => {
  const answer = { version: 1, reloaded: false, problems: ['10-x.toml:1:1: no'] }
  const state = await serviceThat(async () => answer)
  expect(await reloadAfter({ state, mode: 'pipe' })).toEqual({ inForce: false, answer })
})

test.each([
  ['pipe', true, 0],
  ['smtp', false, 1],
] as const)('without a service, a change is in force in mode pipe alone: %s', async (mode, inForce, lines) => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => said.mockRestore())
  expect(await reloadAfter({ state: scratch(), mode })).toEqual({ inForce })
  expect(said).toHaveBeenCalledTimes(lines)
})

test('a service that fails while it reloads is named, also in mode pipe', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => said.mockRestore())
  const state = await serviceThat(async () => {
    throw new Error('the service is stopping')
  })
  expect(await reloadAfter({ state, mode: 'pipe' })).toEqual({ inForce: false })
  expect(said).toHaveBeenCalledWith(expect.stringContaining('not in force yet: '))
})
