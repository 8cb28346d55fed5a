/** What postconf(1) reads of what enabling writes is what candy means by it: each service, option and parameter. */
import { execFileSync, spawnSync } from 'node:child_process'
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { editsToEnable } from '../../src/postfix/enable-edits.js'
import { readInstance } from '../../src/postfix/instance.js'
import { mainParameters } from '../../src/postfix/main-parameters.js'
import { MODE_NAMES, type Mode } from '../../src/postfix/mode.js'
import { candyServices } from '../../src/postfix/services.js'
import { configuration } from '../cli/configuration.js'
import { readShape, SHAPES } from './shapes.js'

const PIPE = '/usr/lib/candy/bin/candy-pipe'

function lines(directory: string, ...args: readonly string[]): readonly string[] {
  return execFileSync('postconf', ['-c', directory, ...args], { encoding: 'latin1' }).split('\n')
}

/** Postfix's programs wait until main.cf is older than a second. */
function cool(directory: string): void {
  utimesSync(join(directory, 'main.cf'), 0, 0)
}

/** What postconf warns of: parameters that nothing uses among them. */
function warnings(directory: string): string {
  return ['-n', '-M', '-P'].map((flag) => spawnSync('postconf', ['-c', directory, flag]).stderr.toString()).join('')
}

const CASES = SHAPES.flatMap((shape) => MODE_NAMES.map((mode): [string, Mode] => [shape, mode])).filter(
  ([shape, mode]) => shape !== 'odd' || mode === 'pipe' || mode === 'smtp',
)

test.each(CASES)('%s, %s', async (shape, mode) => {
  const directory = configuration({
    master: readShape(`${shape}.master.cf`),
    main: shape === 'services' ? 'mua_client_restrictions = permit_sasl_authenticated, reject\n' : '',
  })
  const warned = warnings(directory)
  const instance = { ...(await readInstance(directory)), submits: true }
  const plan = editsToEnable(
    instance,
    { mode, submission: false, pickup: true, named: [], reinjectsByPickup: false, candyPipe: PIPE },
    undefined,
  )
  expect(plan.refusals).toEqual([])
  writeFileSync(join(directory, 'master.cf'), plan.after.master, 'latin1')
  writeFileSync(join(directory, 'main.cf'), plan.after.main, 'latin1')
  cool(directory)

  const options = lines(directory, '-P')
  const services = lines(directory, '-M')
  for (const { service, type, command, options: own, args = [] } of candyServices(instance, {
    mode,
    candyPipe: PIPE,
  })) {
    for (const { name, value } of own) {
      expect(options).toContain(`${service}/${type}/${name} = ${value}`.trimEnd().replace(/=$/, '= ').trimEnd())
    }
    const entry = services.find((line) => line.startsWith(`${service} `))?.split(/\s+/) ?? []
    expect([entry[7], ...entry.slice(entry.length - args.length)]).toEqual([command, ...args])
  }
  for (const { service, type, name, value } of plan.attached) {
    expect(options).toContain(`${service}/${type}/${name} = ${value}`)
  }
  const parameters = lines(directory, '-n')
  for (const { name, value } of mainParameters) expect(parameters).toContain(`${name} = ${value}`)
  expect(warnings(directory)).toBe(warned)
})
